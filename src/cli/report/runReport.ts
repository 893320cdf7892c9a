import { basename, resolve } from 'node:path';
import { type ReportSection, reportHtml } from '../../plots/index.ts';
import type { RunContent } from '../../tasks/content.ts';
import { layoutOf } from '../../tasks/layouts.ts';
import type { Material, Sample } from '../../training/index.ts';
import { duration } from '../console.ts';
import type { TaskReport } from '../door.ts';
import { versions } from '../versions.ts';
import { curveSections } from './curves.ts';
import type { History } from './history.ts';
import { metricsText } from './metrics.ts';
import { sampleSections, testSampleSections } from './samples.ts';
import type { Results } from './stored.ts';

/** All that is known of a run. */
export interface ReportedRun {
  readonly directory: string;
  readonly content: RunContent;
  readonly recipeText: string;
  readonly history: History;
  /** all examples of the test, or of the last validation */
  readonly examples?: { readonly of: 'test' | 'validation'; readonly samples: readonly Sample[] };
  readonly results?: Results;
  /** what of the samples that are shown is the same at every validation */
  readonly material?: Material;
}

/** A run as one page. */
export function runReport(run: ReportedRun, task: TaskReport = {}): string {
  const { directory, content, recipeText, history, results, material = {} } = run;
  const whole = (sample: Sample): Sample =>
    sample.shown && Object.hasOwn(material, sample.source)
      ? { ...sample, shown: { ...material[sample.source], ...sample.shown } }
      : sample;
  const validations = history.validations.map((event) =>
    event.samples ? { ...event, samples: event.samples.map(whole) } : event,
  );
  const examples = run.examples && { ...run.examples, samples: run.examples.samples.map(whole) };
  const ofExamples = examples ? (task.examples?.(examples.samples, content) ?? []) : [];
  const sections: ReportSection[] = [
    ...curveSections(history, content, task),
    ...(results ? (task.results?.(results, content) ?? []) : []),
    ...sampleSections({ ...history, validations }, task),
    ...(examples ? testSampleSections(examples.of === 'test' ? examples.samples : [], task) : []),
    ...ofExamples.map((section) => ({ ...section, heading: `${section.heading} (${examples?.of} data)` })),
    { heading: 'Recipe', text: recipeText },
    { heading: 'Versions', table: { columns: ['', 'version'], rows: Object.entries(versionsOf(run)) } },
  ];
  return reportHtml({ title: `Heed: ${basename(resolve(directory))}`, summary: summaryOf(run), sections });
}

const versionsOf = ({ results }: ReportedRun): Record<string, string> => ({
  ...(results?.versions ?? versions()),
});

/** What the reader wants to know first. */
function summaryOf({ content, history, results }: ReportedRun): [name: string, value: string][] {
  const { recipe, task } = content;
  const type = 'model' in recipe && 'type' in recipe.model ? String(recipe.model.type) : '';
  const best = bestOf(history);
  const test = results?.metrics && metricsText(results.metrics);
  const seconds = results?.trainingSeconds ?? history.seconds;
  const entries: [string, string | undefined][] = [
    ['Task', task],
    ['Model', type || undefined],
    ['Parameters', layoutOf(content).size.toLocaleString('en')],
    ['State', stateOf(history)],
    ['Validation', best && `${metricsText(best.metrics)} (step ${best.step})`],
    ['Test', test && `${test} (checkpoint of step ${results?.steps?.join(', ') ?? '?'})`],
    ['Time', seconds > 0 ? duration(seconds) : undefined],
    ['Computed on', results?.backend],
  ];
  return entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
}

/** The validation that the run goes by: the best one, or the last where none is said to be. */
const bestOf = ({ validations }: History) =>
  validations.findLast(({ improved }) => improved) ?? validations[validations.length - 1];

const REASONS = {
  epochs: 'all epochs done',
  steps: 'all steps done',
  time: 'time was up',
  patience: 'no more improvement',
  aborted: 'interrupted',
} as const;

function stateOf({ steps, done }: History): string {
  const last = steps[steps.length - 1];
  if (done)
    return `${done.reason === 'aborted' ? 'stopped' : 'finished'} after step ${done.step}: ${REASONS[done.reason]}`;
  if (!last) return 'at its beginning';
  return `not finished: step ${last.step}, epoch ${last.epoch}`;
}
