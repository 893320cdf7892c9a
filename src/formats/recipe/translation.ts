import * as z from 'zod';
import { checkDecoding, checkObjective, checkValidation, checkVocabularies } from './checks.ts';
import { data } from './data.ts';
import { decoding } from './decoding.ts';
import { seed } from './fields.ts';
import { model } from './model.ts';
import { text } from './text.ts';
import { stoppedByLoss, training } from './training.ts';

/** Pairs of text, from one to the other. */
export const translation = z
  .strictObject({
    task: z.literal('translation').describe('pairs of text'),
    seed: seed(),
    data,
    source: text.prefault({}),
    target: text.prefault({}),
    joint: z
      .boolean()
      .optional()
      .describe('one vocabulary of both sides, which must be described alike; default false'),
    model: model.prefault({ type: 'rnnsearch' }),
    training: training(['bleu', 'exactMatch']).prefault({}),
    decoding: decoding.prefault({}),
    evaluation: z
      .strictObject({
        tokenize: z
          .enum(['13a', 'intl', 'zh', 'char', 'none'])
          .default('13a')
          .describe("how BLEU cuts text, sacreBLEU's names; none for text that is tokenised already"),
      })
      .prefault({}),
  })
  .superRefine(checkObjective)
  .superRefine(checkVocabularies)
  .superRefine(checkValidation)
  .superRefine(checkDecoding)
  .transform(stoppedByLoss);
