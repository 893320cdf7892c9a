import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sizes } from '../../data/algorithms.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import type { Backend } from '../../runtime/index.ts';
import { type BitScores, evaluateBits, optimalBits } from '../../tasks/algorithmsEvaluation.ts';
import { sequenceSamples } from '../../tasks/algorithmsSamples.ts';
import { testSeed } from '../../tasks/algorithmsTraining.ts';
import { log } from '../console.ts';
import type { TrainingFacts } from '../door.ts';
import { examplesFile, jsonLines } from '../report/history.ts';
import { versions } from '../versions.ts';
import { type OpenedAlgorithm, openAlgorithm } from './open.ts';
import { sizesShown } from './sizes.ts';

/** What a model makes of test sequences of one size. */
export interface SizeScores {
  readonly sizes: Sizes;
  readonly sequences: number;
  /** cost of a sequence, a mean */
  readonly bits: number;
  /** percent of the bits */
  readonly bitErrors: number;
  /** share of the sequences without a wrong bit, 0 to 1 */
  readonly perfect: number;
  /** mean nats of a bit */
  readonly loss: number;
  /** what the best predictor costs on the same sequences; dynamicNgrams only */
  readonly optimalBits?: number;
}

export interface AlgorithmEvaluation {
  /** of the first of the tests */
  readonly metrics: Pick<BitScores, 'bits' | 'bitErrors' | 'perfect'>;
  readonly tests: readonly SizeScores[];
  /** at which the model was saved */
  readonly steps: readonly number[];
  readonly parameters: number;
}

/** Measures a model on test sequences: those of the recipe, or of other sizes or in another number. */
export async function evaluateSizes(
  { recipe, task, weights, step }: OpenedAlgorithm,
  backend: Backend,
  asked: { readonly sizes?: readonly Sizes[]; readonly sequences?: number } = {},
): Promise<AlgorithmEvaluation> {
  const { sizes: all = recipe.data.test.sizes, sequences = recipe.data.test.sequences } = asked;
  const tests: SizeScores[] = [];
  for (const sizes of all) {
    const request = { seed: testSeed(recipe), sequences, sizes };
    const scores = await evaluateBits(task, weights, backend, request);
    const optimal = optimalBits(task, request);
    tests.push({
      sizes,
      sequences,
      ...scores,
      bitErrors: 100 * scores.bitErrors,
      ...(optimal !== undefined && { optimalBits: optimal }),
    });
  }
  const [{ bits, bitErrors, perfect }] = tests;
  return { metrics: { bits, bitErrors, perfect }, tests, steps: [step], parameters: weights.layout.size };
}

/** Leaves results.json and test.jsonl in the run directory, and says the figures. */
export async function writeAlgorithmResults(
  directory: string,
  backend: Backend,
  training: TrainingFacts,
): Promise<void> {
  const opened = await openAlgorithm(directory);
  const evaluation = await evaluateSizes(opened, backend);
  const { recipe: asked, task, weights } = opened;
  // The last size, the furthest from what was trained: does it still find its way?
  const sizes = [{ ...task.algorithm.largest, ...evaluation.tests[evaluation.tests.length - 1].sizes }];
  const request = { seed: testSeed(asked), sizes, whole: true };
  const samples = await sequenceSamples(task, weights, backend, request);
  const recipe = await readFile(join(directory, 'recipe.yaml'), 'utf8');
  const results = { ...evaluation, ...training, versions: versions(), recipe };
  await writeFileAtomic(join(directory, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFileAtomic(join(directory, examplesFile('test')), jsonLines(samples));
  log('test:');
  for (const line of scoresTable(evaluation.tests)) log(line);
}

/** One line a size. */
export function scoresTable(tests: readonly SizeScores[]): string[] {
  const rows = tests.map(({ sizes, bits, bitErrors, perfect, sequences, optimalBits }) => [
    sizesShown(sizes),
    `${bitsShown(bits)} bits a sequence${optimalBits === undefined ? '' : ` (optimal ${bitsShown(optimalBits)})`}`,
    `${bitErrors.toFixed(2)} % of the bits wrong`,
    `${(100 * perfect).toFixed(1)} % of ${sequences} sequences right`,
  ]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

/** Small costs are what it is about: three digits that count. */
export const bitsShown = (bits: number): string => (bits >= 100 ? bits.toFixed(1) : bits.toPrecision(3));
