/** How often the report of a run that is being trained is written: it must not cost what training does. */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reportFile } from '../../src/cli/report/listener.ts';
import { parseRecipe } from '../../src/formats/index.ts';
import { contentOf } from '../../src/tasks/content.ts';
import type { Sample, TrainingEvent } from '../../src/training/index.ts';
import { workFolder } from './heed.ts';

const folder = workFolder();
const recipeText = `task: algorithm
data: { train: { type: copy, width: 2, lengths: [1, 2] } }
model: { type: ntm, controller: feedForward, hidden: 4, locations: 4, width: 2 }
training: { batch: { sentences: 4 }, maxSteps: 100 }
`;

it('is a small share of the time, and at the end everything is there', async () => {
  const directory = join(folder, 'run');
  await mkdir(directory);
  const content = contentOf(parseRecipe(recipeText, 'recipe'), {});
  let time = 0;
  const samples = (step: number): Sample[] => [{ source: 'length 1', references: ['10'], output: `${step}` }];
  // Looking at the clock is what takes time: what is written takes 40 ms from one look to the next.
  let isWriting = false;
  const listener = await reportFile({ directory, content, recipeText }, false, () => {
    if (isWriting) time += 40;
    return time;
  });
  const written: number[] = [];
  const say = async (event: TrainingEvent) => {
    const path = join(directory, 'report.html');
    const { ino } = await stat(path);
    isWriting = true;
    await listener.handle(event);
    isWriting = false;
    // Each is another file, put in the place of the one before.
    if ((await stat(path)).ino !== ino) written.push(event.step);
  };
  for (let step = 1; step <= 100; step++) {
    time += 100; // of training
    const seen = { metrics: { loss: 1, bits: 2, bitErrors: 3 }, samples: samples(step) };
    await say({ type: 'validation', step, epochs: 0, improved: false, best: null, ...seen });
  }
  expect(written[0]).toBe(1);
  expect(written.length).toBeGreaterThanOrEqual(3);
  expect((40 * written.length) / time).toBeLessThan(0.025);
  await say({ type: 'done', reason: 'steps', step: 100, best: null });
  expect(written.at(-1)).toBe(100);
  expect(await readFile(join(directory, 'validation.jsonl'), 'utf8')).toBe(
    `${JSON.stringify(samples(100)[0])}\n`,
  );
  expect(await readFile(join(directory, 'report.html'), 'utf8')).toContain('finished after step 100');
});
