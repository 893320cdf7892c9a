import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { message, records, text } from '../formats/tfeventsReader.ts';
import { heedIn, workFolder, writeTiny } from './heed.ts';

const folder = workFolder();
const heed = heedIn(folder);

/** Name, and scalars in order, of an event file; every record's two masked CRC-32C are checked on the way. */
async function readEvents(name: string) {
  expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\.[^.].*\.\d+$/); // what TensorBoard looks for
  const [version, ...events] = records(await readFile(join(folder, 'runs/tiny', name))).map(message);
  expect(text(version.get(3))).toBe('brain.Event:2');
  let before = version.get(1) as number;
  return events.map((event) => {
    const wallTime = event.get(1) as number;
    expect(wallTime).toBeGreaterThanOrEqual(before);
    expect(Math.abs(wallTime - Date.now() / 1000)).toBeLessThan(600);
    before = wallTime;
    const value = message(message(event.get(5) as Uint8Array).get(1) as Uint8Array);
    return { step: event.get(2), tag: text(value.get(1)), value: value.get(2) };
  });
}

it('a run and its resumption write event files that TensorBoard can read, with the figures of metrics.jsonl', async () => {
  await writeTiny(heed);
  await heed.good(['train', 'tiny.yaml', '--threads', '1']);
  await heed.good(['train', 'tiny.yaml', '--threads', '1', '--resume', '--set', 'training.maxSteps=50']);
  const names = (await readdir(join(folder, 'runs/tiny'))).filter((name) => name.includes('tfevents')).sort();
  expect(names.length).toBe(2);
  const scalars = (await Promise.all(names.map(readEvents))).flat();

  const lines = (await heed.read('runs/tiny/metrics.jsonl')).trimEnd().split('\n');
  const expected = lines
    .map((line) => JSON.parse(line))
    .flatMap(({ type, step, loss, gradientNorm, learningRate, metrics }) =>
      Object.entries(
        type === 'step'
          ? { 'train/loss': loss, 'train/gradientNorm': gradientNorm, 'train/learningRate': learningRate }
          : Object.fromEntries(Object.entries(metrics).map(([name, x]) => [`validation/${name}`, x])),
      ).map(([tag, value]) => ({ step, tag, value: Math.fround(value as number) })),
    );
  expect(scalars).toEqual(expected);
  expect(scalars.filter(({ tag }) => tag === 'validation/bleu').map(({ step }) => step)).toEqual([
    20, 40, 50,
  ]);
});
