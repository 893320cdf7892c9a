/** A task for models that read frames: each label is a pattern over some frames, with noise everywhere and gaps. */
import { type TrainingLoss, TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import type { Backend } from '../../src/runtime/index.ts';
import { adam, constant, train } from '../../src/training/index.ts';
import type { Frames } from './frames.ts';

export interface Utterance {
  readonly frames: Frames;
  readonly labels: readonly number[];
}

/** Draws utterances of 2 to 5 labels. */
export function utterances(options: {
  readonly seed: number;
  readonly labels: number;
  readonly width: number;
  /** a label may follow itself, after a gap */
  readonly repeats: boolean;
}): (count: number) => Utterance[] {
  const { labels, width, repeats } = options;
  const random = new Random(options.seed);
  const normal = (deviation: number) => Array.from({ length: width }, () => deviation * random.normal());
  const patterns = Array.from({ length: labels }, () => normal(1));
  const one = (): Utterance => {
    const frames: number[][] = [];
    const said: number[] = [];
    const gap = (least: number) => {
      for (let n = least + random.integer(3); n > 0; n--) frames.push(normal(0.2));
    };
    for (let n = 2 + random.integer(4); n > 0; n--) {
      const before = said[said.length - 1];
      let label = random.integer(labels);
      while (!repeats && label === before) label = random.integer(labels);
      gap(label === before ? 1 : 0);
      for (let k = 2 + random.integer(4); k > 0; k--) {
        const noise = normal(0.2);
        frames.push(patterns[label].map((x, i) => x + noise[i]));
      }
      said.push(label);
    }
    gap(0);
    return { frames, labels: said };
  };
  return (count) => Array.from({ length: count }, one);
}

/** Trains with Adam on batches that are drawn anew each time. */
export async function trainOn<Batch>(
  loss: TrainingLoss<Batch>,
  backend: Backend,
  batch: () => Batch,
  options: { readonly steps: number; readonly learningRate: number },
): Promise<TrainingProgram<Batch>> {
  const program = await TrainingProgram.compile(loss, backend, { seed: 1 });
  const events = train({
    program,
    optimizer: adam(program.parameters.length),
    batches: () => Array.from({ length: options.steps }, batch),
    learningRate: constant(options.learningRate),
    clipNorm: 1,
    maxSteps: options.steps,
    seed: 1,
  });
  for await (const _ of events);
  return program;
}
