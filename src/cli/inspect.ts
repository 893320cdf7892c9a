import { extname } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { addSizeOptions } from './algorithm/sizes.ts';
import { addRuntimeOptions, integerOption } from './console.ts';
import { asked } from './doors.ts';

/** `heed inspect`: where the model looks. */
export function registerInspect(program: Command): void {
  const command = program
    .command('inspect')
    .argument('<model>', 'a run directory, or a bundle (heed export)')
    .description(
      'draw attention: source across, target down, darker for more; of speech over time, with the spectrogram; of captions over the picture, word by word; of questions the facts read in each hop; of algorithms the heads over time',
    )
    .option('--text <text>', 'the source; for a model of questions a story with its question')
    .option('--input <file>', 'stories with questions, as heed predict reads them, for a model of questions')
    .option('--question <n>', 'which question of the file (default: the first)', integerOption('--question'))
    .option('--audio <file.wav>', 'the sound, for a model of speech')
    .option('--picture <file>', 'the PNG or JPEG picture, for a model of captions')
    .option(
      '--target <text>',
      "a target to align with it (default: the model's own translation, transcript or caption)",
    )
    .option('--beam <n>', 'hypotheses kept at each step (default: as in the recipe)', integerOption('--beam'))
    .option('--out <file.svg>', 'a file to write; - draws in the terminal', '-');
  addSizeOptions(command);
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed inspect runs/multi30k-de-en --text "Ein Hund rennt durch den Schnee." --out map.svg' +
        '\n  heed inspect runs/an4-ctc --audio recording.wav --out heard.svg' +
        '\n  heed inspect runs/drawings --picture drawing.png --out seen.svg' +
        '\n  heed inspect runs/babi --text "Mary went to the kitchen. Where is Mary?"' +
        '\n  heed inspect runs/ntm-copy --length 20 --out heads.svg',
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
