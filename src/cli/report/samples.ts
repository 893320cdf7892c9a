import type { ReportSection } from '../../plots/index.ts';
import type { Sample } from '../../training/index.ts';
import type { TaskReport } from '../door.ts';
import type { History } from './history.ts';

/** Outputs of one example that are told, over all validations. */
const MAX_OUTPUTS = 10;

type Draw = NonNullable<TaskReport['draw']>;

/** What the model made of the same examples while it was trained; with maps at the first, a middle and the last validation. */
export function sampleSections({ validations }: History, draw: Draw = () => undefined): ReportSection[] {
  const told = validations.flatMap(({ step, samples = [] }) =>
    samples.length > 0 ? [{ step, samples }] : [],
  );
  if (told.length === 0) return [];
  const last = told[told.length - 1];
  const sections = last.samples.map(({ source, references }): ReportSection => {
    const stages = told.flatMap(({ step, samples }) => {
      const sample = samples.find((other) => other.source === source);
      return sample ? [{ step, sample }] : [];
    });
    return {
      heading: source,
      depth: 3,
      table: {
        columns: ['step', 'output'],
        rows: [
          ...spread(stages, MAX_OUTPUTS).map(({ step, sample }) => [step, outputOf(sample)]),
          ['right', references.join(' · ')],
        ],
      },
      figures: spread(stages, 3).flatMap(({ step, sample }) => figureOf(`step ${step}`, sample, draw)),
    };
  });
  return [
    {
      heading: 'Samples during training',
      note: 'The same examples of the validation data at every validation, decoded greedily.',
    },
    ...sections,
  ];
}

/** Examples of the test that are shown, with their maps. */
export function testSampleSections(
  samples: readonly Sample[],
  draw: Draw = () => undefined,
): ReportSection[] {
  const figures = samples.flatMap((sample) =>
    sample.shown ? figureOf(`${sample.source} → ${outputOf(sample)}`, sample, draw) : [],
  );
  return figures.length > 0 ? [{ heading: 'Maps of test examples', figures }] : [];
}

function figureOf(caption: string, sample: Sample, draw: Draw): { svg: string; caption: string }[] {
  const svg = draw(sample);
  return svg === undefined ? [] : [{ svg, caption }];
}

const outputOf = ({ output, references }: Sample): string =>
  `${output || '(nothing)'}${references.includes(output) ? ' ✓' : ''}`;

/** At most so many, the first and the last among them, the others evenly between. */
export function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}
