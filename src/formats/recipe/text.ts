import * as z from 'zod';
import { count, file, share } from './fields.ts';

export const text = z
  .strictObject({
    tokens: z
      .enum(['word', 'character', 'space', 'bpe'])
      .default('word')
      .describe(
        'what a token is; space: the text is tokenised already, split it at white space; bpe: parts of words, learnt ' +
          'from the training text, by which any text can be written (Sennrich et al. 2016)',
      ),
    lowercase: z.boolean().default(false).describe('whether text is lower-cased first'),
    minFrequency: count()
      .default(1)
      .describe(
        'tokens seen less often in training become the unknown token; bpe: characters and pairs, at least 2',
      ),
    maxSize: count()
      .min(5)
      .default(30_000)
      .describe('largest vocabulary, its four special tokens included; bpe: and the 256 bytes'),
    dropout: share()
      .optional()
      .describe('bpe: share of merges left out at random in training (Provilkov et al. 2020); default 0'),
    vectors: file()
      .optional()
      .describe(
        'word vectors that the embeddings begin with: a text file in the form of word2vec or GloVe, .gz is unpacked',
      ),
  })
  .superRefine(({ tokens, dropout, vectors }, { addIssue }) => {
    const refuse = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message });
    if (dropout !== undefined && tokens !== 'bpe') {
      refuse('dropout', 'tokens: bpe, which alone has merges to drop');
    }
    if (vectors !== undefined && tokens === 'bpe')
      refuse('vectors', 'tokens that are words, not parts of them');
  });
