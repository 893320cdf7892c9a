import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeedError } from '../../errors.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import type { RunContent } from '../../tasks/content.ts';
import { log } from '../console.ts';
import { taskReportOf } from '../doors.ts';
import type { Listener } from '../progress.ts';
import { ENDED, examplesFile, jsonLines, noHistory, readExamples, readHistory, remember } from './history.ts';
import { type Results, runReport } from './runReport.ts';

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
 */
export async function writeReport(
  run: Told,
  path = join(run.directory, REPORT),
  known?: Pick<Parameters<typeof runReport>[0], 'history' | 'examples'>,
): Promise<void> {
  const { directory, content } = run;
  const { history, examples } = known ?? {
    history: await readHistory(directory),
    examples: await readExamples(directory),
  };
  const results = await readResults(directory);
  const reported = { ...run, history, ...(examples && { examples }), ...(results && { results }) };
  await writeFileAtomic(path, runReport(reported, taskReportOf(content.task)));
}

async function readResults(directory: string): Promise<Results | undefined> {
  const text = await readFile(join(directory, 'results.json'), 'utf8').catch(() => '');
  return text === '' ? undefined : (JSON.parse(text) as Results);
}

/** Keeps the report of a run that is being trained: at its beginning, after each validation, and at its end. */
export async function reportFile(run: Told, resumed: boolean): Promise<Listener> {
  const { directory } = run;
  const history = resumed ? await readHistory(directory) : noHistory();
  let examples = resumed ? await readExamples(directory) : undefined;
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
