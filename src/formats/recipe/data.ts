import * as z from 'zod';
import { count, file } from './fields.ts';

export const pairs = z.union([
  z.strictObject({
    tsv: file().describe('a file of lines `source TAB target`; .gz is unpacked'),
    separator: z.string().min(1).optional().describe('what stands between source and target, default a tab'),
  }),
  z.strictObject({
    source: file().describe('a file with one source text a line; .gz is unpacked'),
    target: file().describe('a file with as many lines, the translations'),
  }),
  z.strictObject({
    generated: z.enum(['dates']).describe('embedded data: dates as they are written in many locales'),
    count: count().describe('number of pairs'),
  }),
]);

export const data = z.strictObject({
  train: pairs,
  validation: pairs
    .optional()
    .describe('measured while training, for early stopping and the best checkpoint'),
  test: pairs.optional().describe('measured at the end'),
  maxLength: count()
    .default(50)
    .describe('training pairs with more tokens than this on either side are left out'),
});
