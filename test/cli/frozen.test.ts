import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { heedIn, workFolder } from './heed.ts';

const run = fileURLToPath(new URL('../fixtures/frozen-run', import.meta.url));
const heed = heedIn(workFolder());
const parse = (lines: string) =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** The model was saved by the first version; its words include one longer than any it learnt, and an unknown letter. */
it.each([[[]], [['--device', 'wasm']]])(
  'a run saved long ago still loads and predicts the same %j',
  async (device) => {
    const frozen = parse(await readFile(`${run}/predictions.jsonl`, 'utf8'));
    const texts = frozen.filter((_, i) => i % 2 === 0).map(({ source }) => source);
    const args = ['predict', run, ...texts, '--n-best', '2', '--json', '--threads', '1', ...device];
    const predictions = parse((await heed.good(args)).stdout);
    const close = (expected: number) => expect.closeTo(expected, 3);
    expect(predictions).toEqual(
      // Two translations of each line; what was frozen does not tell which.
      frozen.map(({ score, logProb, attention, ...exact }, i) => ({
        line: Math.floor(i / 2) + 1,
        ...exact,
        score: close(score),
        logProb: close(logProb),
        attention: attention.map((row: number[]) => row.map(close)),
      })),
    );
    expect(frozen.filter((_, i) => i % 2 === 0).map(({ translation }) => translation)).toContain('dcba');
  },
);
