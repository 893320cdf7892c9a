import { curveSvg, type ReportSection } from '../../plots/index.ts';
import type { RunContent } from '../../tasks/content.ts';
import type { TaskReport } from '../door.ts';
import type { History } from './history.ts';
import { metricGroups, metricName, metricUnit } from './metrics.ts';

type Point = readonly [x: number, y: number];

/** More points than this are not to be told apart. */
const MAX_POINTS = 400;

/** At most so many points, each the mean of those that it stands for. */
export function thinned(points: readonly Point[], most = MAX_POINTS): Point[] {
  const together = Math.ceil(points.length / most);
  if (together <= 1) return [...points];
  return Array.from({ length: Math.ceil(points.length / together) }, (_, i) => {
    const part = points.slice(i * together, (i + 1) * together);
    // From the first of them on: the mean of equal ones is that, to the bit.
    const mean = (axis: 0 | 1) =>
      part[0][axis] + part.reduce((sum, point) => sum + point[axis] - part[0][axis], 0) / part.length;
    return [mean(0), mean(1)];
  });
}

/** Loss and metrics, and how the optimizer went about it. */
export function curveSections(
  { steps, validations }: History,
  content: RunContent,
  { lossUnit = 'nats a token', ofSteps: costOf }: Pick<TaskReport, 'lossUnit' | 'ofSteps'> = {},
): ReportSection[] {
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
  const cost = costOf?.(content);
  /** of training and validation, logarithmic where that can be */
  const both = (title: string, yLabel: string, training: Point[], validation: Point[]) =>
    curve(
      title,
      yLabel,
      [
        { name: 'training', points: training },
        { name: 'validation', points: validation },
      ],
      [...training, ...validation].every(([, y]) => y > 0),
    );
  return [
    {
      heading: 'Loss and metrics',
      curves: [
        both('Loss', lossUnit, losses, ofValidations('loss')),
        ...metricGroups(names).map(({ title, metrics }) => {
          const [{ metric }] = metrics;
          return metric === cost?.metric
            ? both(metricName(metric), metricUnit(metric), ofSteps(cost.value), ofValidations(metric))
            : curve(
                title,
                metricUnit(metric),
                metrics.map((each) => ({ name: each.series, points: ofValidations(each.metric) })),
              );
        }),
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
