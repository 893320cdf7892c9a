import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alignCharacters,
  alignEdits,
  alignWords,
  cer,
  type EditCounts,
  per,
  wer,
} from '../../src/metrics/index.ts';

const tokens = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 });
const errors = ({ substitutions, deletions, insertions }: EditCounts) =>
  substitutions + deletions + insertions;

/** Every alignment there is; fewest edits, and most hits with as few. */
function bestOfAll(reference: string[], hypothesis: string[]): [number, number] {
  if (reference.length === 0 || hypothesis.length === 0) return [reference.length + hypothesis.length, 0];
  const [[r, ...restR], [h, ...restH]] = [reference, hypothesis];
  const [edits, hits] = bestOfAll(restR, restH);
  const all: [number, number][] = [r === h ? [edits, hits + 1] : [edits + 1, hits]];
  for (const [x, y] of [bestOfAll(restR, hypothesis), bestOfAll(reference, restH)]) all.push([x + 1, y]);
  return all.sort(([a, b], [c, d]) => a - c || d - b)[0];
}

describe('edits', () => {
  it('are the fewest, and with the most hits of those', () => {
    fc.assert(
      fc.property(tokens, tokens, (reference, hypothesis) => {
        const found = alignEdits(reference, hypothesis);
        const [edits, hits] = bestOfAll(reference, hypothesis);
        expect([errors(found), found.hits]).toEqual([edits, hits]);
      }),
      { numRuns: 300 },
    );
  });
  it('in order they read as the reference on one side and the hypothesis on the other', () => {
    fc.assert(
      fc.property(tokens, tokens, (reference, hypothesis) => {
        const { operations } = alignEdits(reference, hypothesis);
        expect(operations.map((o) => o.reference).filter((t) => t !== null)).toEqual(reference);
        expect(operations.map((o) => o.hypothesis).filter((t) => t !== null)).toEqual(hypothesis);
        for (const o of operations) {
          if (o.kind === 'deletion') expect(o.hypothesis).toBeNull();
          else if (o.kind === 'insertion') expect(o.reference).toBeNull();
          else expect(o.kind).toBe(o.reference === o.hypothesis ? 'hit' : 'substitution');
        }
      }),
    );
  });
  it('of a sentence, for showing', () => {
    expect(alignWords('the cat sits on mat', ['the cat sat on the mat']).operations).toEqual([
      { kind: 'hit', reference: 'the', hypothesis: 'the' },
      { kind: 'hit', reference: 'cat', hypothesis: 'cat' },
      { kind: 'substitution', reference: 'sat', hypothesis: 'sits' },
      { kind: 'hit', reference: 'on', hypothesis: 'on' },
      { kind: 'deletion', reference: 'the', hypothesis: null },
      { kind: 'hit', reference: 'mat', hypothesis: 'mat' },
    ]);
    expect(alignCharacters(' kitten', ['sitting '])).toMatchObject({
      hits: 4,
      substitutions: 2,
      deletions: 1,
      insertions: 0,
    });
  });
});

describe('error rates', () => {
  it('sum over sentences before they divide', () => {
    const result = wer(['the cat sits on mat', 'a b'], [['the cat sat on the mat', 'a b c d']]);
    expect(result).toEqual({
      score: 40,
      hits: 6,
      substitutions: 1,
      deletions: 3,
      insertions: 0,
      referenceLength: 10,
      signature: 'nrefs:1|case:mixed|tok:none',
    });
    expect(cer(['kitten'], [['sitting']]).score).toBeCloseTo(300 / 7, 12);
    expect(cer(['a𝔘b'], [['a𝔘c']])).toMatchObject({ hits: 2, substitutions: 1, referenceLength: 3 });
    expect(cer([' a b '], [['a b']])).toMatchObject({ score: 0, referenceLength: 3 });
    expect(wer(['a\u3000B'], [['A b']], { lowercase: true })).toMatchObject({ score: 0 });
  });
  it('are those of the alignment', () => {
    fc.assert(
      fc.property(tokens, tokens, (reference, hypothesis) => {
        const [r, h] = [reference.join(' '), hypothesis.join(' ')];
        const { operations: _, ...counts } = alignWords(h, [r]);
        expect(wer([h], [[r]])).toMatchObject(counts);
        const { operations: __, ...ofCharacters } = alignCharacters(h, [r]);
        expect(cer([h], [[r]])).toMatchObject(ofCharacters);
      }),
    );
  });
  it('PER: max of the lengths less the words in common, whatever their order', () => {
    fc.assert(
      fc.property(tokens, tokens, (reference, hypothesis) => {
        const left = [...reference];
        const common = hypothesis.filter((t) => left.includes(t) && left.splice(left.indexOf(t), 1)).length;
        const found = per([hypothesis.join(' ')], [[reference.join(' ')]]);
        expect(errors(found)).toBe(Math.max(reference.length, hypothesis.length) - common);
        expect(errors(found)).toBeLessThanOrEqual(errors(alignEdits(reference, hypothesis)));
        expect(found.hits).toBe(common);
      }),
    );
    expect(per(['c b a d'], [['a b c']])).toMatchObject({ hits: 3, insertions: 1 });
    expect(per(['c b a d'], [['a b c']]).score).toBeCloseTo(100 / 3, 12);
  });
  it('the nearest of several references counts, by its own length', () => {
    // One edit in four words is nearer than one in two.
    expect(wer(['a b c d'], [['a b c x'], ['a b']])).toMatchObject({ substitutions: 1, referenceLength: 4 });
    expect(wer(['a'], [['x y z'], ['a']])).toMatchObject({ score: 0, referenceLength: 1 });
    expect(alignWords('a', ['x y z', 'a']).operations).toHaveLength(1);
  });
  it('empty sides', () => {
    expect(wer(['a b'], [['']])).toMatchObject({ score: 100, insertions: 2, referenceLength: 0 });
    expect(wer([''], [['a b']])).toMatchObject({ score: 100, deletions: 2 });
    expect(wer([''], [['']])).toMatchObject({ score: 0 });
    expect(wer(['a'], [[''], ['a']])).toMatchObject({ score: 0, hits: 1 });
  });
});
