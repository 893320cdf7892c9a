import type { Command } from 'commander';
import { addRuntimeOptions, integerOption } from './console.ts';
import { asked } from './doors.ts';
import { addSpeechSearchOptions } from './speech/search.ts';
import { addEnsembleOptions } from './translation/ensemble.ts';

/** `heed evaluate`: how well a model does on test data, by the metrics of its task. */
export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .argument('<model>', 'a run directory, or a bundle (heed export)')
    .description("translate or recognise test data and measure (default: the recipe's test data)")
    .option(
      '--input <file.tsv>',
      'pairs, source TAB reference a line; for speech path TAB text, paths from where the file lies',
    )
    .option('--separator <text>', 'what stands between source and reference (default: a tab)')
    .option('--source <file>', 'sources, one a line')
    .option('--reference <file>', 'references, one a line')
    .option('--beam <n>', 'hypotheses kept at each step (default: as in the recipe)', integerOption('--beam'))
    .option(
      '--hypotheses <file>',
      'write the translations to a file, one a line; with alternatives one for each different source',
    )
    .option('--edits <file>', 'speech: write how reference and transcript differ, word by word; - shows it')
    .option('--json', 'all figures as one JSON object');
  addSpeechSearchOptions(command);
  addEnsembleOptions(command);
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed evaluate runs/multi30k-de-en --source test.de --reference test.en --json' +
        '\n  heed evaluate runs/an4-ctc --input recordings.tsv --edits -',
    )
    .action((model: string, options: object, self: Command) => asked('evaluate', self, model, options));
}
