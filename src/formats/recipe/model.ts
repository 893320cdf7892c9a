import * as z from 'zod';
import { count } from './fields.ts';

/** The sizes of Bahdanau et al. 2015 (appendix A.2.3), and smaller ones for small corpora. */
const sizes = {
  paper: {
    embedding: 620,
    hidden: 1000,
    attention: 1000,
    readout: 500,
    dropout: 0,
    initialization: 'paper' as const,
  },
  small: {
    embedding: 256,
    hidden: 512,
    attention: 512,
    readout: 256,
    dropout: 0.3,
    initialization: 'glorot' as const,
  },
};

const preset = z
  .enum(['small', 'paper'])
  .default('small')
  .describe(
    'where what is not given comes from: small 256/512/512/256, dropout 0.3, glorot; paper 620/1000/1000/500, dropout 0, paper',
  );
const commonSizes = {
  preset,
  embedding: count().optional().describe('E, size of word embeddings'),
  hidden: count().optional().describe('H, size of each recurrent state'),
  readout: count()
    .optional()
    .describe('width of the maxout layer before the softmax; it takes the larger of 2 × this'),
  dropout: z.number().min(0).lt(1).optional().describe('share of values dropped in training'),
  initialization: z
    .enum(['paper', 'glorot'])
    .optional()
    .describe('paper: appendix B.1, for wide layers; glorot: by the size of each layer'),
};

export const model = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('rnnsearch').describe('bidirectional encoder, attention (Bahdanau et al. 2015)'),
      ...commonSizes,
      attention: count().optional().describe('A, size of the alignment model'),
    })
    .transform(({ preset, ...given }) => ({ ...sizes[preset], ...given })),
  z
    .strictObject({
      type: z.literal('rnnenc').describe('one vector for the whole source, no attention (Cho et al. 2014)'),
      ...commonSizes,
    })
    .transform(({ preset, ...given }) => {
      const { attention: _, ...defaults } = sizes[preset];
      return { ...defaults, ...given };
    }),
]);
