import { join } from 'node:path';
import type { Command } from 'commander';
import { log } from './console.ts';
import { REPORT, writeReport } from './report/listener.ts';
import { readRun } from './runDirectory.ts';

/** `heed report`: a run as one page. */
export function registerReport(program: Command): void {
  program
    .command('report')
    .argument('<run>', 'a run directory, also of a run that is not finished')
    .description(
      'write a run as one HTML file: curves, samples with their maps, metric by length, worst examples, unknown words, recipe, versions',
    )
    .option('--out <file.html>', `the file (default: ${REPORT} in the run directory)`)
    .addHelpText('after', '\nExample:\n  heed report runs/multi30k-de-en --out multi30k.html')
    .action(async (directory: string, { out: path = join(directory, REPORT) }: { out?: string }) => {
      const run = await readRun(directory);
      await writeReport({ directory, content: run, recipeText: run.recipeText }, path);
      log(`report: ${path}`);
    });
}
