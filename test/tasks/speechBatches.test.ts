/** Batches of sounds: all of them once an epoch, padded, masked and played at a speed by seed and epoch alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frames } from '../../src/data/audio/index.ts';
import { BOS, EOS } from '../../src/data/vocabulary.ts';
import { parseRecipe, type SpeechRecipe } from '../../src/formats/index.ts';
import type { FrameBatch } from '../../src/programs/frameLoss.ts';
import { Random } from '../../src/random.ts';
import {
  frameBatch,
  padFrames,
  readyExamples,
  spokenBatches,
  spokenPairBatch,
} from '../../src/tasks/speechBatches.ts';
import type { SpeechExample } from '../../src/tasks/speechExamples.ts';

const WIDTH = 3;
const recipeOf = (rest = '', features = 'stack: 1'): SpeechRecipe =>
  parseRecipe(
    `task: speech
seed: 5
data: { train: { manifest: x } }
features: { coefficients: ${WIDTH}, ${features} }
model: { type: ctc }
${rest}`,
    'r.yaml',
  ) as SpeechRecipe;
const AUGMENT =
  'augment: { frequencyMasks: 1, frequencyWidth: 2, timeMasks: 1, timeWidth: 6, timeShare: 0.5 }';

/** Frames whose every number says which example, which speed and which frame it is of. */
const marked = (example: number, speed: number, count: number): Frames => ({
  data: Float32Array.from(
    { length: count * WIDTH },
    (_, i) => 1 + example * 1000 + speed * 100 + Math.floor(i / WIDTH),
  ),
  shape: [count, WIDTH],
});
/** Each has its own label, so that it is known again. */
function examplesOf(count: number, speeds = 1): SpeechExample[] {
  const random = new Random(count);
  return Array.from({ length: count }, (_, i) => {
    const frames = 6 + random.integer(30);
    return {
      id: `u${i}`,
      text: '',
      labels: Array.from({ length: 1 + random.integer(4) }, () => 10 + i),
      frames: Array.from({ length: speeds }, (_, s) => marked(i, s, frames + 5 * s)),
    };
  });
}

interface Row {
  readonly example: number;
  /** [frames][F] */
  readonly frames: number[][];
}

/** What a batch holds of each example, its padding looked at. */
function rowsOf({ source, sourceMask, labels, labelMask, sizes }: FrameBatch): Row[] {
  const { B, S, L } = sizes;
  const F = source.length / (S * B);
  return Array.from({ length: B }, (_, b) => {
    const frames = Array.from({ length: S }, (_, t) =>
      Array.from(source.subarray((t * B + b) * F, (t * B + b + 1) * F)),
    );
    const real = Array.from({ length: S }, (_, t) => sourceMask[t * B + b]);
    const count = real.reduce((sum, m) => sum + m, 0);
    expect(real).toEqual(real.map((_, t) => (t < count ? 1 : 0)));
    expect(
      frames
        .slice(count)
        .flat()
        .every((x) => x === 0),
    ).toBe(true);
    const said = Array.from({ length: L }, (_, l) => l).filter((l) => labelMask[l * B + b] === 1);
    expect(said).toEqual(said.map((_, i) => i));
    return { example: labels[b] - 10, frames: frames.slice(0, count) };
  });
}

const epochOf = (examples: readonly SpeechExample[], recipe: SpeechRecipe, epoch: number, multiple = 1) => {
  const batches = spokenBatches(examples, recipe, epoch, frameBatch, multiple);
  return Array.from({ length: batches.length }, (_, i) => batches.at(i) as FrameBatch);
};
const byExample = (batches: readonly FrameBatch[]) =>
  batches.flatMap(rowsOf).sort((a, b) => a.example - b.example);

describe('spokenBatches', () => {
  it('plays every utterance once an epoch, within the limits, padded to the multiple', () => {
    fc.assert(
      fc.property(
        fc.record({
          count: fc.integer({ min: 1, max: 30 }),
          speeds: fc.integer({ min: 1, max: 3 }),
          batch: fc.constantFrom('sentences: 4', 'tokens: 100', 'tokens: 60, sentences: 3'),
          stack: fc.integer({ min: 1, max: 3 }),
          multiple: fc.constantFrom(1, 2, 4),
          epoch: fc.integer({ min: 1, max: 9 }),
        }),
        ({ count, speeds, batch, stack, multiple, epoch }) => {
          const examples = examplesOf(count, speeds);
          const recipe = recipeOf(`training: { batch: { ${batch} } }`, `stack: ${stack}`);
          const batches = epochOf(examples, recipe, epoch, multiple);
          const rows = byExample(batches);
          expect(rows.map(({ example }) => example)).toEqual(examples.map((_, i) => i));
          const [, tokens] = /tokens: (\d+)/.exec(batch) ?? [];
          const [, sentences] = /sentences: (\d+)/.exec(batch) ?? [];
          for (const one of batches) {
            const { B, S } = one.sizes;
            const longest = Math.max(...rowsOf(one).map(({ frames }) => frames.length));
            expect(S).toBe(Math.ceil(longest / multiple) * multiple);
            if (sentences) expect(B).toBeLessThanOrEqual(Number(sentences));
            if (tokens) expect(longest * B).toBeLessThanOrEqual(Number(tokens));
          }
          for (const { example, frames } of rows) {
            // The frames of one of its speeds, one after the other; stacked, the last one standing for those after it.
            const { labels, frames: all } = examples[example];
            const speed = Math.floor((frames[0][0] - 1 - 1000 * example) / 100);
            const [total] = all[speed].shape;
            expect(frames.length).toBe(Math.ceil(total / stack));
            expect(frames.map((row) => row.filter((_, i) => i % WIDTH === 0))).toEqual(
              frames.map((_, t) =>
                Array.from(
                  { length: stack },
                  (_, k) => 1 + example * 1000 + speed * 100 + Math.min(t * stack + k, total - 1),
                ),
              ),
            );
            expect(labels.every((label) => label === example + 10)).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are the same for equal seed and epoch, whatever was asked for before, and others otherwise', () => {
    const examples = examplesOf(23, 3);
    const recipe = recipeOf(`${AUGMENT}\ntraining: { batch: { sentences: 4 } }`);
    const third = epochOf(examples, recipe, 3);
    const again = spokenBatches(examples, recipe, 3, frameBatch, 1);
    // From the middle on, as a resumed run does, and each more than once.
    for (const i of [4, 5, 4, 0]) expect(again.at(i)).toEqual(third[i]);
    expect(again.at(again.length)).toBeUndefined();
    expect(epochOf(examples, recipe, 4)).not.toEqual(third);
    expect(epochOf(examples, { ...recipe, seed: 6 }, 3)).not.toEqual(third);
  });

  it('draws speeds anew every epoch, all about as often', () => {
    const examples = examplesOf(30, 3);
    const recipe = recipeOf('training: { batch: { sentences: 8 } }');
    const drawn = Array.from({ length: 20 }, (_, epoch) =>
      byExample(epochOf(examples, recipe, epoch + 1)).map(({ example, frames }) =>
        Math.floor((frames[0][0] - 1 - 1000 * example) / 100),
      ),
    );
    for (const speed of [0, 1, 2]) {
      const times = drawn.flat().filter((s) => s === speed).length;
      expect(times).toBeGreaterThan(150); // of 600: 200, give or take 5 standard deviations of 11.5
      expect(times).toBeLessThan(260);
    }
    for (const [i, speeds] of drawn.entries()) if (i > 0) expect(speeds).not.toEqual(drawn[i - 1]);
  });

  it('masks each utterance in another way every epoch, and never what validation sees', () => {
    const examples = examplesOf(12);
    const recipe = recipeOf(`${AUGMENT}\ntraining: { batch: { sentences: 5 } }`);
    const before = examples.map(({ frames }) => Float32Array.from(frames[0].data));
    const masksOf = (epoch: number) =>
      byExample(epochOf(examples, recipe, epoch)).map(({ example, frames }) => {
        const original = examples[example].frames[0];
        // What is not hidden is as it was; whole bands of at most 2 channels are, and stretches of at most 6 frames.
        const hidden = frames.map((row, t) =>
          row.map((x, c) => {
            if (x !== 0) expect(x).toBe(original.data[t * WIDTH + c]);
            return x === 0;
          }),
        );
        const bands = hidden[0].map((_, c) => hidden.every((row) => row[c]));
        const times = hidden.map((row) => row.every((h) => h));
        for (const [t, row] of hidden.entries()) {
          for (const [c, h] of row.entries()) expect(h).toBe(bands[c] || times[t]);
        }
        expect(bands.filter((b) => b).length).toBeLessThanOrEqual(2);
        expect(times.filter((b) => b).length).toBeLessThanOrEqual(Math.min(6, 0.5 * frames.length));
        return JSON.stringify(hidden);
      });
    const [first, second] = [masksOf(1), masksOf(2)];
    expect(first.filter((mask, i) => mask !== second[i]).length).toBeGreaterThan(8);
    expect(new Set(first).size).toBeGreaterThan(8);
    expect(first.some((mask) => mask.includes('true'))).toBe(true);
    expect(examples.map(({ frames }) => frames[0].data)).toEqual(before);
    const ready = readyExamples(examples, recipe);
    expect(ready.map(({ frames }) => frames.data)).toEqual(before);
    expect(ready.map(({ labels }) => labels)).toEqual(examples.map(({ labels }) => labels));
  });

  it('hides a channel in all its deltas and in all frames stacked', () => {
    const deltas = recipeOf(AUGMENT, 'deltas: 2, stack: 2');
    const wide: SpeechExample = {
      id: 'x',
      text: '',
      labels: [10],
      frames: [{ data: new Float32Array(40 * 9).fill(1), shape: [40, 9] }],
    };
    let bands = 0;
    for (let epoch = 1; epoch <= 20; epoch++) {
      const [{ frames }] = rowsOf(epochOf([wide], deltas, epoch)[0]);
      expect(frames.length).toBe(20);
      // Of neither of whose two frames time is hidden.
      const seen = frames.find((row) =>
        [0, 9].every((k) => row.slice(k, k + 9).some((x) => x !== 0)),
      ) as number[];
      for (let c = 0; c < 3; c++) {
        const group = [0, 3, 6, 9, 12, 15].map((k) => seen[k + c]);
        expect(new Set(group).size).toBe(1);
        if (group[0] === 0) bands++;
      }
    }
    expect(bands).toBeGreaterThan(5);
  });
});

describe('what masks leave', () => {
  const hiddenBy = (normalise: string) => {
    const recipe = recipeOf(AUGMENT, `normalise: ${normalise}`);
    const data = Float32Array.from({ length: 40 * WIDTH }, (_, at) => 5 + (at % WIDTH) + 2 * (at % 2));
    const example: SpeechExample = {
      id: 'x',
      text: '',
      labels: [10],
      frames: [{ data, shape: [40, WIDTH] }],
    };
    const means = Array.from({ length: WIDTH }, (_, c) =>
      data.reduce((sum, x, at) => sum + (at % WIDTH === c ? x / 40 : 0), 0),
    );
    const changed: [value: number, mean: number][] = [];
    for (let epoch = 1; epoch <= 5; epoch++) {
      const [{ frames }] = rowsOf(epochOf([example], recipe, epoch)[0]);
      for (const [t, row] of frames.entries()) {
        for (const [c, x] of row.entries()) if (x !== data[t * WIDTH + c]) changed.push([x, means[c]]);
      }
    }
    return changed;
  };

  it('is the mean: 0 of what was normalised, else that of each column', () => {
    expect(hiddenBy('utterance').length).toBeGreaterThan(20);
    for (const [value] of hiddenBy('utterance')) expect(value).toBe(0);
    for (const [value, mean] of hiddenBy('none')) expect(value).toBeCloseTo(mean, 4);
  });
});

describe('batches', () => {
  const sounds = [marked(0, 0, 5), marked(1, 0, 8), marked(2, 0, 1)];
  const ready = sounds.map((frames, i) => ({ frames, labels: [[7, 8, 9], [5], [6, 6]][i] }));

  it('pads frames time-major, with zeros', () => {
    const { source, sourceMask, sizes } = padFrames(sounds, 4);
    expect(sizes).toEqual({ B: 3, S: 8 });
    for (let t = 0; t < 8; t++) {
      for (const [b, { data, shape }] of sounds.entries()) {
        const real = t < shape[0];
        expect(sourceMask[t * 3 + b]).toBe(real ? 1 : 0);
        for (let c = 0; c < WIDTH; c++) {
          expect(source[(t * 3 + b) * WIDTH + c]).toBe(real ? data[t * WIDTH + c] : 0);
        }
      }
    }
    expect(padFrames([sounds[1]], 3).sizes.S).toBe(9);
    expect(padFrames([{ data: new Float32Array(0), shape: [0, WIDTH] }], 4).sizes.S).toBe(4);
  });

  it('for CTC have the labels as they are', () => {
    const { labels, labelMask, sizes, ...rest } = frameBatch(ready, 2);
    expect(sizes).toEqual({ B: 3, S: 8, L: 3 });
    expect(Array.from(labelMask)).toEqual([1, 1, 1, 1, 0, 1, 1, 0, 0]);
    expect(Array.from(labels).filter((_, i) => labelMask[i] === 1)).toEqual([7, 5, 6, 8, 6, 9]);
    const { sizes: _, ...frames } = padFrames(sounds, 2);
    expect(rest).toEqual(frames);
  });

  it('for a decoder give it BOS and what was said, and ask for that and EOS', () => {
    const { previous, labels, targetMask, sizes } = spokenPairBatch(ready, 2);
    expect(sizes).toEqual({ B: 3, S: 8, T: 4 });
    for (const [b, { labels: said }] of ready.entries()) {
      const column = (data: ArrayLike<number>) => [0, 1, 2, 3].map((t) => data[t * 3 + b]);
      expect(column(targetMask)).toEqual([0, 1, 2, 3].map((t) => (t <= said.length ? 1 : 0)));
      expect(column(previous).slice(0, said.length + 1)).toEqual([BOS, ...said]);
      expect(column(labels).slice(0, said.length + 1)).toEqual([...said, EOS]);
    }
  });
});
