import { extname } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { addRuntimeOptions, integerOption } from './console.ts';
import { asked } from './doors.ts';

/** `heed inspect`: where the model looks. */
export function registerInspect(program: Command): void {
  const command = program
    .command('inspect')
    .argument('<model>', 'a run directory, or a bundle (heed export)')
    .description(
      'draw attention: source across, target down, darker for more; of speech over time, with the spectrogram',
    )
    .option('--text <text>', 'the source')
    .option('--audio <file.wav>', 'the sound, for a model of speech')
    .option(
      '--target <text>',
      "a target to align with it (default: the model's own translation or transcript)",
    )
    .option('--beam <n>', 'hypotheses kept at each step (default: as in the recipe)', integerOption('--beam'))
    .option('--out <file.svg>', 'a file to write; - draws in the terminal', '-');
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed inspect runs/multi30k-de-en --text "Ein Hund rennt durch den Schnee." --out map.svg' +
        '\n  heed inspect runs/an4-ctc --audio recording.wav --out heard.svg',
    )
    .action((model: string, options: { out: string }, self: Command) => {
      checkFormat(options.out);
      return asked('inspect', self, model, options);
    });
}

function checkFormat(path: string): void {
  if (path === '-' || extname(path).toLowerCase() === '.svg') return;
  throw new UsageError(
    `--out ${path}`,
    'a file ending in .svg, or - for the terminal',
    'These are the formats there are for now.',
  );
}
