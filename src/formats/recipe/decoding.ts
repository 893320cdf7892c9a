import * as z from 'zod';
import { count } from './fields.ts';

export const decoding = z.strictObject({
  beam: count().default(5).describe('hypotheses kept at each step; 1 is greedy search'),
  lengthPenalty: z.number().min(0).default(1).describe('log-probability is divided by length to this power'),
  maxLength: count().default(100).describe('tokens after which a hypothesis is cut'),
});
