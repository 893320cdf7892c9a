/** `heed bench train --recipe`: the recipe's model, vocabularies, batch and lengths. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { heedIn, workFolder } from './heed.ts';

const { good, run, write } = heedIn(workFolder());
const recipe = (name: string) => fileURLToPath(new URL(`../../recipes/${name}.yaml`, import.meta.url));
const bench = ['bench', 'train', '--threads', '1', '--steps', '2', '--json'];

it('measures the model of the dates recipe on its batches', async () => {
  const found = JSON.parse((await good([...bench, '--recipe', recipe('dates')])).stdout);
  const { batch: B, source: S, target: T, sourceVocabulary, targetVocabulary: V } = found.shape;
  // 1989-11-09 and its end are 11 tokens of 10 digits, a hyphen and four special ones.
  expect({ B, T, V }).toEqual({ B: 64, T: 11, V: 15 });
  expect(S).toBeGreaterThan(T);
  const [E, H, A, R] = [32, 96, 64, 64];
  const decoder = V * E + 3 * H * (E + 3 * H + 1) + 2 * R * (3 * H + E + 1) + V * (R + 1);
  const encoder = sourceVocabulary * E + 2 * 3 * H * (E + H + 1) + H * (H + 1);
  expect(found.parameters).toBe(encoder + decoder + 2 * H * A + H * A + A);
  // All products by hand: encoder, keys; first state; query, energies, contexts, gates, maxout readout, logits.
  const once = S * (6 * H * (E + H) + 2 * H * A) + H * H;
  const step = H * A + S * A + S * 2 * H + 3 * H * (E + 3 * H) + 2 * R * (3 * H + E) + R * V;
  expect(found.gflops * found.secondsPerStep * 1e9).toBeCloseTo(6 * B * (once + T * step), 2);
  expect(found.tokensPerSecond * found.secondsPerStep).toBeCloseTo(B * T, 6);
});

it('measures any model, with what the recipe trains it by', async () => {
  // Every pair is the same, so all batches are alike.
  await write('pairs.tsv', Array.from({ length: 60 }, () => 'a b a\tc d\n').join(''));
  const content = `task: translation
data: { train: { tsv: pairs.tsv } }
source: { tokens: space }
target: { tokens: space }
model: { type: recurrent, cell: lstm, embedding: 8, hidden: 8, readout: 8, attention: { score: additive, coverage: true } }
training:
  optimizer: { type: adadelta }
  batch: { sentences: 20 }
  accumulate: 3
  movingAverage: 0.99
  scheduledSampling: { decay: linear, steps: 10 }
`;
  await write('any.yaml', content);
  const found = JSON.parse((await good([...bench, '--recipe', 'any.yaml'])).stdout);
  expect(found.shape).toEqual({ batch: 20, source: 4, target: 3, sourceVocabulary: 6, targetVocabulary: 6 });
  expect(found.gflops).toBeGreaterThan(0);
  // A step is the three batches of an update.
  expect(found.tokensPerSecond * found.secondsPerStep).toBeCloseTo(3 * 20 * 3, 6);
  const copying = content
    .replace('hidden: 8,', 'hidden: 8, copy: true,')
    .replace('  scheduledSampling: { decay: linear, steps: 10 }\n', '');
  await write('copying.yaml', copying);
  expect(JSON.parse((await good([...bench, '--recipe', 'copying.yaml'])).stdout).gflops).toBeGreaterThan(0);
  const { stdout } = await good([...bench.slice(0, -1), '--recipe', 'any.yaml']);
  expect(stdout).toContain('\nB 20, S 4, T 3, vocabularies 6 and 6\n');
});

it('refuses a recipe whose data are not at hand, none, and sizes beside one', async () => {
  const without = await run([...bench, '--recipe', recipe('cmudict')]);
  expect({ code: without.code, stdout: without.stdout }).toEqual({ code: 1, stdout: '' });
  expect(without.stderr).toMatch(/there is no file cmudict\/.*heed data get cmudict/);
  const none = await run([...bench, '--recipe', 'none.yaml']);
  expect(none).toMatchObject({ code: 2, stdout: '' });
  expect(none.stderr).toContain('--recipe none.yaml, which cannot be read (ENOENT); expected a recipe file');
  const both = await run([...bench, '--recipe', 'any.yaml', '--hidden', '8']);
  expect(both).toMatchObject({ code: 2, stdout: '' });
  expect(both.stderr).toContain("'--recipe <file>' cannot be used with option '--hidden <n>'");
});
