import { curveSvg, type HeadMap, headsSvg, type ReportSection } from '../../plots/index.ts';
import type { AskedSequence } from '../../tasks/algorithmsRecord.ts';
import { type ShownSequence, valuesOf } from '../../tasks/algorithmsSamples.ts';
import type { Sample } from '../../training/index.ts';
import type { TaskReport } from '../door.ts';
import type { Results } from '../report/stored.ts';
import { bitsShown, type SizeScores } from './evaluation.ts';
import { sizesShown } from './sizes.ts';

/** Of runs on generated tasks: cost in bits, what the heads did, bit errors at the sizes of the test. */
export const algorithmReport: TaskReport = {
  lossUnit: 'nats a bit',
  samplesNote: 'The same sequence of each size at every validation, and what the heads did meanwhile.',

  ofSteps({ recipe }) {
    const { batch } = recipe.training;
    if ('tokens' in batch || batch.sentences === undefined) return undefined;
    const { sentences } = batch;
    // A step's tokens are the bits that count.
    return {
      metric: 'bits',
      value: ({ loss, tokens }) => (loss * tokens) / (Math.LN2 * sentences),
    };
  },

  told(sample) {
    const { outputs, targets, mask } = { ...mapOf(sample) };
    if (!outputs || !targets || !mask) return sample.output;
    const counted = mask.filter((m) => m === 1).length * targets.length;
    const wrong = outputs.flatMap((row, o) =>
      row.filter((p, t) => mask[t] === 1 && p > 0.5 !== targets[o][t] > 0.5),
    ).length;
    return wrong === 0 ? `all ${counted} bits right ✓` : `${wrong} of ${counted} bits wrong`;
  },

  draw(sample) {
    const map = mapOf(sample);
    return map && headsSvg({ ...map, title: sample.source });
  },

  results({ tests }: Results): ReportSection[] {
    return Array.isArray(tests) && tests.length > 0 && tests.every(isScores) ? [testSection(tests)] : [];
  },
};

/** What is kept of a sequence with what was asked; undefined where either is not there. */
function mapOf({ shown }: Sample): HeadMap | undefined {
  const { steps, inputs, targets, mask, outputs, heads } = (shown ?? {}) as Partial<
    AskedSequence & ShownSequence
  >;
  if (steps === undefined || !inputs || !targets || !mask || !outputs) return undefined;
  const each = (kind: 'read' | 'write') =>
    heads?.[kind].map(({ weights, vectors }) => ({
      weights: valuesOf(weights, steps),
      vectors: valuesOf(vectors, steps),
    })) ?? [];
  return {
    steps,
    inputs,
    targets,
    mask,
    outputs: valuesOf(outputs, steps),
    ...(heads && { heads: { read: each('read'), write: each('write') } }),
  };
}

const isScores = (test: unknown): test is SizeScores => {
  const { sizes, bits, bitErrors, perfect, sequences } = (test ?? {}) as Partial<SizeScores>;
  const numbers = [bits, bitErrors, perfect, sequences];
  return typeof sizes === 'object' && sizes !== null && numbers.every((n) => typeof n === 'number');
};

/** Cost and bit errors at each size, and as a curve where one size grows. */
function testSection(tests: readonly SizeScores[]): ReportSection {
  const hasOptimal = tests.some(({ optimalBits }) => optimalBits !== undefined);
  const names = [...new Set(tests.flatMap(({ sizes }) => Object.keys(sizes)))];
  const grown = names.length === 1 ? tests.filter(({ sizes }) => names[0] in sizes) : [];
  return {
    heading: 'Test by size',
    ...(grown.length > 2 && {
      curves: [
        curveSvg({
          title: `Bit errors by ${names[0]}`,
          series: [
            { name: 'bit errors', points: grown.map(({ sizes, bitErrors }) => [sizes[names[0]], bitErrors]) },
          ],
          xLabel: names[0],
          yLabel: '% of the bits',
        }),
      ],
    }),
    table: {
      columns: [
        'size',
        'cost in bits a sequence',
        ...(hasOptimal ? ['of the best predictor'] : []),
        'bit errors %',
        'sequences right %',
        'sequences',
      ],
      numbers: hasOptimal ? [1, 2, 3, 4] : [1, 2, 3],
      rows: tests.map(({ sizes, bits, bitErrors, perfect, sequences, optimalBits }) => [
        sizesShown(sizes),
        bitsShown(bits),
        ...(hasOptimal ? [optimalBits === undefined ? '' : bitsShown(optimalBits)] : []),
        bitErrors.toFixed(2),
        (100 * perfect).toFixed(1),
        sequences,
      ]),
    },
  };
}
