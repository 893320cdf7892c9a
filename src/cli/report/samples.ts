import type { CaptionedSvg, ReportSection } from '../../plots/index.ts';
import type { Sample } from '../../training/index.ts';
import type { TaskReport } from '../door.ts';
import type { History } from './history.ts';

/** Outputs of one example that are told, over all validations. */
const MAX_OUTPUTS = 10;

/** What the model made of the same examples while it was trained; with maps at the first, a middle and the last validation. */
export function sampleSections({ validations }: History, task: TaskReport = {}): ReportSection[] {
  const stages = validations.flatMap(({ step, samples = [] }) =>
    samples.length > 0 ? [{ step, samples }] : [],
  );
  if (stages.length === 0) return [];
  const last = stages[stages.length - 1];
  const sections = last.samples.map((sample, k): ReportSection => {
    const { source, references } = sample;
    const seen = stages.flatMap(({ step, samples }) => {
      const found = samples.find((other) => other.source === source);
      return found ? [{ step, sample: found }] : [];
    });
    const figures = spread(seen, 3).map((one) =>
      figureOf(`step ${one.step}`, one.sample, task, `sample-${k + 1}-${one.step}`),
    );
    const drawn = figures.flatMap(({ figure }) => figure ?? []);
    const picture = drawn.length === 0 ? task.picture?.(sample) : undefined;
    return {
      heading: source,
      depth: 3,
      ...noteOf(figures),
      table: {
        columns: ['step', 'output'],
        rows: [
          ...spread(seen, MAX_OUTPUTS).map((one) => [one.step, told(one.sample, task)]),
          ...(task.told ? [] : [['right', references.join(' · ')]]),
        ],
      },
      ...(picture && { picture }),
      figures: drawn,
    };
  });
  const {
    samplesNote: note = 'The same examples of the validation data at every validation, decoded greedily.',
  } = task;
  return [{ heading: 'Samples during training', note }, ...sections];
}

/** Examples of the test that are shown, with their maps. */
export function testSampleSections(samples: readonly Sample[], task: TaskReport = {}): ReportSection[] {
  const figures = samples.flatMap((sample, k) =>
    sample.shown ? [figureOf(`${sample.source} → ${told(sample, task)}`, sample, task, `test-${k + 1}`)] : [],
  );
  const drawn = figures.flatMap(({ figure }) => figure ?? []);
  const note = noteOf(figures);
  if (drawn.length === 0 && !note.note) return [];
  return [{ heading: 'Maps of test examples', ...note, figures: drawn }];
}

interface Drawn {
  readonly figure?: CaptionedSvg;
  /** why there is none, though there should be */
  readonly failed?: string;
}

/** What is kept of one example may be damaged, or of another version: that is no reason to have no report. */
function figureOf(caption: string, sample: Sample, { draw }: TaskReport, id: string): Drawn {
  try {
    const svg = draw?.(sample, id);
    return svg === undefined ? {} : { figure: { svg, caption } };
  } catch (error) {
    return {
      failed: `${caption}: no map, for what was kept of it cannot be drawn (${(error as Error).message})`,
    };
  }
}

function noteOf(figures: readonly Drawn[]): { note?: string } {
  const failed = figures.flatMap((one) => one.failed ?? []);
  return failed.length > 0 ? { note: failed.join(' ') } : {};
}

const told = (sample: Sample, task: TaskReport): string => (task.told ?? outputOf)(sample);

/** The output, marked where it is right. */
export const outputOf = ({ output, references }: Sample): string =>
  `${output || '(nothing)'}${references.includes(output) ? ' ✓' : ''}`;

/** At most so many, the first and the last among them, the others evenly between. */
export function spread<Item>(items: readonly Item[], most: number): Item[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}
