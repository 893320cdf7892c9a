import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rougeL } from '../../src/metrics/index.ts';

const oracle = join(process.env.HEED_SHARED ?? '../shared', 'data/metrics/nlg-eval');

it.skipIf(!existsSync(oracle))("nlg-eval's two sentences (skipped without the shared data)", () => {
  const lines = (name: string) => readFileSync(join(oracle, name), 'utf8').trimEnd().split('\n');
  const { score, signature } = rougeL(lines('hyp.txt'), [lines('ref1.txt'), lines('ref2.txt')]);
  expect(Math.abs(score / 100 - 0.522104)).toBeLessThan(5e-7);
  expect(signature).toBe('nrefs:2|case:mixed|tok:none|beta:1.2');
});

it("the sentences of Lin 2004, section 3.1, at the paper's β of 1", () => {
  const reference = ['police killed the gunman'];
  expect(rougeL(['police kill the gunman'], [reference], { beta: 1 }).score).toBeCloseTo(75, 10);
  expect(rougeL(['the gunman kill police'], [reference], { beta: 1 }).score).toBeCloseTo(50, 10);
  expect(rougeL(['the gunman police killed'], [reference], { beta: 1 }).score).toBeCloseTo(50, 10);
});

it('at β = 1 it is 2 LCS / (words of both), LCS being the longest of all common subsequences', () => {
  const subsequences = ([first, ...rest]: string[]): string[] =>
    first === undefined ? [''] : subsequences(rest).flatMap((tail) => [tail, `${first} ${tail}`]);
  const words = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(words, words, (a, b) => {
      const ofB = new Set(subsequences(b));
      const longest = Math.max(
        ...subsequences(a)
          .filter((s) => ofB.has(s))
          .map((s) => s.length / 2),
      );
      const { score } = rougeL([a.join(' ')], [[b.join(' ')]], { beta: 1 });
      expect(score).toBeCloseTo((200 * longest) / (a.length + b.length), 9);
    }),
  );
});

it('is a mean over sentences, 0 where nothing is common or a side is empty', () => {
  expect(rougeL(['a b', 'x', ''], [['a b', 'y', 'z']]).score).toBeCloseTo(100 / 3, 10);
  expect(rougeL(['A'], [['a']]).score).toBe(0);
  expect(rougeL(['A'], [['a']], { lowercase: true }).score).toBe(100);
});
