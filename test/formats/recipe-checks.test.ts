/** Recipes whose parts do not go together are refused before anything is trained. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { parseTranslationRecipe } from '../../src/formats/index.ts';
import { SCORES } from '../../src/nn/attention/attention.ts';
import { CELLS } from '../../src/nn/cells.ts';

const data = 'data: { train: { tsv: a.tsv }, validation: { tsv: b.tsv } }';
const parse = (text: string) => parseTranslationRecipe(`task: translation\n${data}\n${text}`, 'r.yaml');

describe('a recipe', () => {
  it.each([
    ['model: { type: rnnenc }\ndecoding: { replaceUnknown: true }', 'decoding.replaceUnknown is true'],
    ['model: { type: rnnenc }\ndecoding: { coveragePenalty: 0.2 }', 'decoding.coveragePenalty is 0.2'],
    [
      'decoding: { minLength: 20, maxLength: 20 }',
      'decoding.minLength is 20; expected less than maxLength, 20',
    ],
    ['model: { type: rnnsearch, copy: true }\ntraining: { labelSmoothing: 0.1 }', 'training.labelSmoothing'],
    [
      'model: { type: rnnsearch, copy: true }\ntraining: { scheduledSampling: { decay: linear, steps: 9 } }',
      'training.scheduledSampling',
    ],
    ['model: { type: rnnsearch, tie: target, embedding: 8, readout: 4 }', 'readout equal to embedding, 8'],
    ['model: { type: recurrent, coverageLoss: 1 }', 'attention.coverage: true'],
    [
      'model: { type: recurrent, attention: { score: dot, coverage: true } }',
      'model.attention.coverage is true',
    ],
    ['model: { type: recurrent, attention: { score: general, heads: 2 } }', 'multiHead as the score'],
    ['model: { type: recurrent, attention: { score: dot, size: 9 } }', 'none with the score dot'],
    [
      'model: { type: recurrent, attention: { score: multiHead, heads: 5 } }',
      'a number that divides hidden, 512',
    ],
    ['model: { type: recurrent, attention: { window: 3 }, copy: true }', 'no window'],
    [
      'model: { type: recurrent, attention: { score: additive, location: { filters: 2, width: 4 } } }',
      'an odd number',
    ],
    ['model: { type: recurrent, hidden: 7 }', 'an even number'],
    ['model: { type: recurrent, residual: true }', 'two layers or more'],
    ['model: { type: recurrent, encoder: { direction: alternating } }', 'two layers or more to alternate'],
    ['source: { tokens: bpe, vectors: v.txt }', 'tokens that are words'],
  ])('is refused: %s', (text, message) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(message);
  });

  it('may name every score and every cell that there is', () => {
    for (const score of SCORES) {
      const recipe = parse(`model: { type: recurrent, attention: { score: ${score} } }`);
      expect(recipe.model).toMatchObject({ attention: { score, size: 512 }, coverageLoss: 1 });
    }
    for (const cell of Object.keys(CELLS)) {
      expect(parse(`model: { type: recurrent, cell: ${cell} }`).model).toMatchObject({ cell });
    }
    expect(() => parse('model: { type: recurrent, cell: elman }')).toThrow(Object.keys(CELLS).join(', '));
    expect(() => parse('model: { type: recurrent, attention: { score: x } }')).toThrow(SCORES.join(', '));
  });
});
