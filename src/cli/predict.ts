import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { addRuntimeOptions } from './console.ts';
import { asked } from './doors.ts';
import { addDecodingOptions } from './translation/decodingFlags.ts';

/** `heed predict`: what a model makes of texts, sounds or whatever it reads. */
export function registerPredict(program: Command): void {
  const command = program
    .command('predict')
    .argument('<model>', 'a run directory, or a bundle (heed export)')
    .argument('[input...]', 'texts to translate, or WAV files to recognise')
    .description('translate texts, score given translations, or recognise speech')
    .option(
      '--input <file>',
      'read texts, or the paths of WAV files, from a file, one a line (- for standard input)',
    )
    .option(
      '--json-input',
      'texts are JSON objects: {"text": …, "constraints": […], "avoid": […], "prefix": …}, with phrases of their own',
    )
    .option(
      '--target <file>',
      'translate nothing: write for these translations of the texts (or transcripts of the sounds), one a line, the natural log-probability, summed over tokens and end; unknown words are scored as unknown',
    )
    .option('--output <file>', 'write to a file (default: standard output)', '-')
    .option('--attention <file>', 'write attention as JSON lines; - draws it')
    .option(
      '--alignment <file>',
      'write alignments as source-target pairs, 0-0 1-2, a line a translation; positions count the tokens of the model from 0; - shows them',
    )
    .option('--json', 'one JSON object a translation, with its line of the input from 1');
  addDecodingOptions(addRuntimeOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  heed predict runs/multi30k-de-en "Ein Hund rennt durch den Schnee." --attention -' +
        '\n  heed predict runs/an4-ctc recording.wav --json',
    )
    .action((model: string, inputs: readonly string[], options: { input?: string }, self: Command) => {
      checkAsked(inputs, options.input);
      return asked('predict', self, model, inputs, options);
    });
}

/** Texts or files, from one place. */
function checkAsked(inputs: readonly string[], input: string | undefined): void {
  if (input !== undefined && inputs.length > 0) {
    throw new UsageError('arguments and --input', 'one of them', 'Leave one out.');
  }
  if (input === undefined && inputs.length === 0) {
    throw new UsageError(
      'nothing to predict',
      'texts or WAV files as arguments, or --input FILE',
      'Use --input - for standard input.',
    );
  }
}
