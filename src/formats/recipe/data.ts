import * as z from 'zod';
import { count, file } from './fields.ts';

export const pairs = z.union([
  z.strictObject({
    tsv: file().describe(
      'a file of lines `source TAB target`; .gz is unpacked, ARCHIVE/NAME is a file of a .zip, .tar, .tar.gz or .tar.xz',
    ),
    separator: z.string().min(1).optional().describe('what stands between source and target, default a tab'),
  }),
  z.strictObject({
    source: file().describe('a file with one source text a line; .gz and ARCHIVE/NAME as in tsv'),
    target: file().describe('a file with as many lines, the translations'),
  }),
  z.strictObject({
    generated: z.enum(['dates']).describe('embedded data: dates as they are written in many locales'),
    count: count().describe('number of pairs'),
  }),
]);

const heldOut = z.strictObject({
  heldOut: count().describe(
    'so many distinct sources of the training data, with all their targets, are taken out of it; which ones follows from their texts alone',
  ),
});

const evaluated = z.union([...pairs.options, heldOut]);

export const data = z.strictObject({
  train: pairs,
  validation: evaluated
    .optional()
    .describe('measured while training, for early stopping and the best checkpoint'),
  test: evaluated.optional().describe('measured at the end'),
  alternatives: z
    .boolean()
    .default(false)
    .describe('pairs of validation and test with the same source are alternative answers, any of them right'),
  maxLength: count()
    .default(50)
    .describe('training pairs with more tokens than this on either side are left out'),
});
