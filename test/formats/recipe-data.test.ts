import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { parseTranslationRecipe } from '../../src/formats/index.ts';

const parse = (data: string) => parseTranslationRecipe(`task: translation\ndata: ${data}\n`, 'r.yaml').data;

describe('data of a recipe', () => {
  it('may be held out of the training data', () => {
    expect(
      parse('{ train: { tsv: a.tsv }, validation: { heldOut: 1000 }, test: { heldOut: 2000 } }'),
    ).toMatchObject({ validation: { heldOut: 1000 }, test: { heldOut: 2000 } });
    expect(
      parse('{ train: { tsv: a.tsv }, validation: { tsv: b.tsv }, test: { heldOut: 5 } }'),
    ).toMatchObject({ validation: { tsv: 'b.tsv' }, test: { heldOut: 5 } });
  });

  it('has alternatives only when it says so', () => {
    expect(parse('{ train: { tsv: a.tsv } }').alternatives).toBe(false);
    expect(parse('{ train: { tsv: a.tsv }, test: { tsv: b.tsv }, alternatives: true }').alternatives).toBe(
      true,
    );
  });

  it.each([
    ['{ train: { heldOut: 5 } }', 'data.train is', 'generated and count'],
    ['{ train: { tsv: a }, test: { heldOut: 0 } }', 'data.test.heldOut is 0', 'more than 0'],
    ['{ train: { tsv: a }, test: { heldOut: 2.5 } }', 'data.test.heldOut is 2.5', 'a whole number'],
    ['{ train: { tsv: a }, test: { heldOut: 5, tsv: b } }', 'data.test is {"heldOut":5,"tsv":"b"}'],
    [
      '{ train: { tsv: a }, test: { heldOut: 5, seed: 1 } }',
      'unknown key "seed" in data.test',
      'one of heldOut',
    ],
    ['{ train: { tsv: a }, test: { held: 5 } }', 'data.test is', 'generated and count, or heldOut'],
    ['{ train: { tsv: a }, alternatives: some }', 'data.alternatives is "some"', 'true or false'],
  ])('%s is refused', (data, ...parts) => {
    expect(() => parse(data)).toThrow(UsageError);
    for (const part of ['r.yaml:2:', ...parts]) expect(() => parse(data)).toThrow(part);
  });
});
