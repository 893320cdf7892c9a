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

/** Keeps the report of a run that is being trained: at its beginning, after each validation, and at its end. */
export async function reportFile(run: Told, resumed: boolean): Promise<Listener> {
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
  const write = () => trying(() => writeReport(run, undefined, { history, examples }));
  if (resumed) {
    await trying(async () => {
      history = await readHistory(directory);
      examples = await readExamples(directory);
    });
  }
  await write();
  return {
    async handle(event) {
      remember(history, event);
      if (event.type === 'validation' && event.samples && event.samples.length > 0) {
        examples = { of: 'validation', samples: [...event.samples] };
        const text = jsonLines(event.samples);
        await trying(() => writeFileAtomic(join(directory, examplesFile('validation')), text));
      }
      if (event.type === 'done') {
        await trying(() => writeFileAtomic(join(directory, ENDED), jsonLines([event])));
      }
      if (event.type === 'validation' || event.type === 'done') await write();
    },
    close() {},
  };
}
