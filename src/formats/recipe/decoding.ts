import * as z from 'zod';
import { count } from './fields.ts';

/** What `heed predict` and `heed evaluate` do unless told otherwise; what is not given here is not done. */
export const decoding = z
  .strictObject({
    beam: count().default(5).describe('hypotheses kept at each step; 1 is greedy search'),
    lengthPenalty: z
      .number()
      .min(0)
      .default(1)
      .describe('log-probability is divided by length to this power'),
    lengthPenaltyForm: z
      .enum(['plain', 'gnmt'])
      .optional()
      .describe('the length itself (plain, the default), or as in GNMT (5 + length) / 6, to that power'),
    coveragePenalty: z
      .number()
      .min(0)
      .optional()
      .describe('weight of the coverage penalty of GNMT, for models that attend (default 0: none)'),
    minLength: z
      .int()
      .min(0)
      .optional()
      .describe('fewest tokens of a translation, its end not counted (default 0)'),
    maxLength: count().default(100).describe('tokens after which a hypothesis is cut'),
    noRepeat: count().optional().describe('n: no sequence of n tokens is said twice (default: any may be)'),
    replaceUnknown: z
      .boolean()
      .optional()
      .describe(
        'each <unk> becomes the source token it attends to most, for models that attend (default false)',
      ),
    noUnknown: z
      .boolean()
      .optional()
      .describe('<unk> is never said; the best without it is searched for (default false)'),
  })
  .superRefine(({ replaceUnknown, noUnknown }, { addIssue }) => {
    if (!replaceUnknown || !noUnknown) return;
    const message = 'false where unknown words are replaced (decoding.replaceUnknown)';
    addIssue({ code: 'custom', path: ['noUnknown'], message });
  });
