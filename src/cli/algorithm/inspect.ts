import { headsSvg, headsTerminal } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import { recordSequence } from '../../tasks/algorithmsRecord.ts';
import { testSeed } from '../../tasks/algorithmsTraining.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { type FigureFlags, writeFigures } from '../figure.ts';
import { openAlgorithm } from './open.ts';
import { askedSizes, type SizeFlags, sizesShown } from './sizes.ts';

/** `heed inspect` of a model of a generated task: a sequence, its answer, and where the heads were. */
export async function inspectAlgorithm(
  model: string,
  options: RuntimeFlags & FigureFlags & SizeFlags & { readonly seed?: number },
): Promise<void> {
  const { recipe, task, weights } = await openAlgorithm(model);
  const [asked = {}] = askedSizes(task, options) ?? [];
  // What is not asked for is as large as it was in training.
  const sizes = { ...task.algorithm.largest, ...asked };
  const { seed = testSeed(recipe), out: path } = options;
  const backend = await openRuntime({ ...options, onFallback: log });
  const record = await recordSequence(task, weights, backend, { seed, sizes });
  const title = `${recipe.model.type}, ${recipe.data.train.type}, ${sizesShown(sizes)}`;
  const svg = headsSvg({ ...record, title });
  const text = headsTerminal({ ...record, title, columns: process.stdout.columns });
  await writeFigures(options, [{ svg, caption: title, text }], title);
  if (path === '-') return;
  const wrong = wrongBits(record);
  log(`${path}: ${record.steps} steps, ${wrong} of ${record.targets.length * counted(record)} bits wrong`);
}

type Recorded = Awaited<ReturnType<typeof recordSequence>>;

const counted = ({ mask }: Recorded): number => mask.filter((m) => m === 1).length;

const wrongBits = ({ outputs, targets, mask }: Recorded): number =>
  outputs.flatMap((row, o) => row.filter((p, t) => mask[t] === 1 && p > 0.5 !== targets[o][t] > 0.5)).length;
