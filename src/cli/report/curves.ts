import { curveSvg, type ReportSection } from '../../plots/index.ts';
import type { History } from './history.ts';

type Point = readonly [x: number, y: number];

/** More points than this are not to be told apart. */
const MAX_POINTS = 400;

/** At most so many points, each the mean of those that it stands for. */
export function thinned(points: readonly Point[], most = MAX_POINTS): Point[] {
  const together = Math.ceil(points.length / most);
  if (together <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / together) }, (_, i) => {
    const part = points.slice(i * together, (i + 1) * together);
    const mean = (axis: 0 | 1) => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return [mean(0), mean(1)];
  });
}

/** What metrics are called, and in which unit they are; others go by their own name. */
const METRICS: Readonly<Record<string, readonly [name: string, unit: string]>> = {
  bleu: ['BLEU', 'BLEU'],
  chrf: ['chrF', 'chrF'],
  exactMatch: ['Exact match', 'share, 0 to 1'],
  accuracy: ['Accuracy', 'share, 0 to 1'],
  wer: ['Word error rate', '%'],
  cer: ['Character error rate', '%'],
};

export const metricName = (name: string): string => METRICS[name]?.[0] ?? name;

/** Loss and metrics, and how the optimizer went about it. */
export function curveSections({ steps, validations }: History): ReportSection[] {
  if (steps.length === 0 && validations.length === 0) {
    return [{ heading: 'Training', text: 'No step has been done yet.' }];
  }
  const ofSteps = (value: (step: History['steps'][number]) => number) =>
    thinned(steps.map((step) => [step.step, value(step)]));
  const ofValidations = (name: string): Point[] =>
    validations.filter(({ metrics }) => name in metrics).map(({ step, metrics }) => [step, metrics[name]]);
  const losses = ofSteps(({ loss }) => loss);
  const curve = (title: string, yLabel: string, series: { name: string; points: Point[] }[], logY = false) =>
    curveSvg({
      title,
      series: series.filter(({ points }) => points.length > 0),
      xLabel: 'step',
      yLabel,
      logY,
    });
  // Perplexity is the exponential of the loss.
  const names = [...new Set(validations.flatMap(({ metrics }) => Object.keys(metrics)))].filter(
    (name) => !['loss', 'perplexity'].includes(name),
  );
  const positive = [...losses, ...ofValidations('loss')].every(([, y]) => y > 0);
  return [
    {
      heading: 'Loss and metrics',
      curves: [
        curve(
          'Loss',
          'nats a token',
          [
            { name: 'training', points: losses },
            { name: 'validation', points: ofValidations('loss') },
          ],
          positive,
        ),
        ...names.map((name) =>
          curve(`${metricName(name)} of the validation`, METRICS[name]?.[1] ?? name, [
            { name: 'validation', points: ofValidations(name) },
          ]),
        ),
      ],
      ...(validations.length === 0 && { text: 'No validation yet, or none that the recipe asks for.' }),
    },
    {
      heading: 'Optimisation',
      curves: [
        curve('Learning rate', 'learning rate', [
          { name: 'learning rate', points: ofSteps(({ learningRate }) => learningRate) },
        ]),
        curve(
          'Norm of the gradient before clipping',
          'norm',
          [{ name: 'gradient norm', points: ofSteps(({ gradientNorm }) => gradientNorm) }],
          steps.every(({ gradientNorm }) => gradientNorm > 0),
        ),
      ],
    },
  ];
}
