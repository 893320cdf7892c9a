import { join } from 'node:path';
import { HeedError } from '../../errors.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import type { RunContent } from '../../tasks/content.ts';
import { log } from '../console.ts';
import { taskReportOf } from '../doors.ts';
import type { Listener } from '../progress.ts';
import {
  ENDED,
  examplesFile,
  jsonLines,
  noHistory,
  readExamples,
  readHistory,
  readMaterial,
  remember,
} from './history.ts';
import { type ReportedRun, runReport } from './runReport.ts';
import { isResults, readJson } from './stored.ts';

/** The report of a run directory, in it. */
export const REPORT = 'report.html';

/** Which run is told of. */
export interface Told {
  readonly directory: string;
  readonly content: RunContent;
  readonly recipeText: string;
}

/**
 * Writes the report of a run directory from what stands in it.
 *
 * @param path default: report.html in the directory
 * @throws FormatError for a file of the run that is damaged
 */
export async function writeReport(
  run: Told,
  path = join(run.directory, REPORT),
  known?: Pick<ReportedRun, 'history' | 'examples'>,
): Promise<void> {
  const { directory, content } = run;
  const { history, examples } = known ?? {
    history: await readHistory(directory),
    examples: await readExamples(directory),
  };
  const material = await readMaterial(directory);
  const results = await readJson(join(directory, 'results.json'), isResults, 'the results of the test');
  const reported = {
    ...run,
    history,
    ...(examples && { examples }),
    ...(results && { results }),
    ...(material && { material }),
  };
  await writeFileAtomic(path, runReport(reported, taskReportOf(content.task)));
}

/** Of the time of a run, what its report may take while it goes on. */
const SHARE = 0.02;

/**
 * Keeps the report of a run that is being trained: at its beginning, after validations, and at its end. Where
 * validations come faster than pages are worth writing, some are left out; at the end all is there.
 *
 * @param now in ms, for tests
 */
export async function reportFile(
  run: Told,
  resumed: boolean,
  now: () => number = () => performance.now(),
): Promise<Listener> {
  const { directory } = run;
  let history = noHistory();
  let examples: ReportedRun['examples'];
  let isWritable = true;
  // A report is no reason to stop: what matters, the checkpoint, says itself that a disk is full.
  const trying = async (writing: () => Promise<void>) => {
    try {
      await writing();
      isWritable = true;
    } catch (error) {
      if (!(error instanceof HeedError)) throw error;
      if (isWritable) log(`heed: no report: ${error.arrived}`);
      isWritable = false;
    }
  };
  const writeExamples = async () => {
    if (examples?.of !== 'validation') return;
    await writeFileAtomic(join(directory, examplesFile('validation')), jsonLines(examples.samples));
  };
  const begun = now();
  let spent = 0;
  const write = async () => {
    const from = now();
    await trying(writeExamples);
    await trying(() => writeReport(run, undefined, { history, examples }));
    spent += now() - from;
  };
  if (resumed) {
    await trying(async () => {
      history = await readHistory(directory);
      examples = await readExamples(directory);
    });
  }
  await trying(() => writeReport(run, undefined, { history, examples }));
  return {
    async handle(event) {
      remember(history, event);
      if (event.type === 'validation') {
        if (event.samples && event.samples.length > 0) {
          examples = { of: 'validation', samples: [...event.samples] };
        }
        if (spent <= SHARE * (now() - begun)) await write();
      }
      if (event.type === 'done') {
        await trying(() => writeFileAtomic(join(directory, ENDED), jsonLines([event])));
        await write();
      }
    },
    close() {},
  };
}
