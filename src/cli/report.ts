import { join } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { bundleAt } from './bundleFile.ts';
import { log } from './console.ts';
import { REPORT, writeReport } from './report/listener.ts';
import { readRun } from './runDirectory.ts';

/** `heed report`: a run as one page. */
export function registerReport(program: Command): void {
  program
    .command('report')
    .argument('<run>', 'a run directory, also of a run that is not finished')
    .description(
      'write a run as one HTML file: curves, samples with their maps, results by length, task or size, worst examples, unknown words, recipe, versions',
    )
    .option('--out <file.html>', `the file (default: ${REPORT} in the run directory)`)
    .addHelpText('after', '\nExample:\n  heed report runs/multi30k-de-en --out multi30k.html')
    .action(async (directory: string, { out: path = join(directory, REPORT) }: { out?: string }) => {
      if (await bundleAt(directory)) {
        throw new UsageError(
          `${directory}, a bundle, which holds nothing of the training`,
          'a run directory',
          "Name the one that it was exported from; 'heed evaluate' measures a bundle.",
        );
      }
      const run = await readRun(directory);
      await writeReport({ directory, content: run, recipeText: run.recipeText }, path);
      log(`report: ${path}`);
    });
}
