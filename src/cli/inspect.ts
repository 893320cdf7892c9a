import type { Command } from 'commander';
import { addSizeOptions } from './algorithm/sizes.ts';
import { addRuntimeOptions, integerOption, numberOption } from './console.ts';
import { asked } from './doors.ts';
import { checkFigureFlags, type FigureFlags } from './figure.ts';

/** `heed inspect`: where the model looks. */
export function registerInspect(program: Command): void {
  const command = program
    .command('inspect')
    .argument('<model>', 'a run directory, or a bundle (heed export)')
    .description(
      'draw attention: source across, target down, darker for more; of speech over time, with the spectrogram; of captions over the picture, word by word; of questions the facts read in each hop; of algorithms the heads over time',
    )
    .option(
      '--text <text>',
      'the source; again for further ones; for a model of questions a story with its question',
      (text, all: string[] = []) => [...all, text],
    )
    .option(
      '--input <file>',
      'sources, one a line, or stories with questions, as heed predict reads them (- for standard input)',
    )
    .option('--question <n>', 'which question of the file (default: the first)', integerOption('--question'))
    .option('--audio <file.wav>', 'the sound, for a model of speech')
    .option('--picture <file>', 'the PNG or JPEG picture, for a model of captions')
    .option(
      '--target <text>',
      "a target to align with it (default: the model's own translation, transcript or caption)",
    )
    .option('--beam <n>', 'hypotheses kept at each step (default: as in the recipe)', integerOption('--beam'))
    .option('--join-subwords', 'a row and a column a word, not a piece of one')
    .option('--out <file>', 'a file to write, .svg, .png or .html; - draws in the terminal', '-')
    .option(
      '--scale <n>',
      'of .png: pixels a px of the drawing (default: 2)',
      numberOption('--scale', SCALE),
    );
  addSizeOptions(command);
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed inspect runs/multi30k-de-en --text "Ein Hund rennt durch den Schnee." --out map.png' +
        '\n  heed inspect runs/an4-ctc --audio recording.wav --out heard.svg' +
        '\n  heed inspect runs/drawings --picture drawing.png --out seen.svg' +
        '\n  heed inspect runs/babi --text "Mary went to the kitchen. Where is Mary?"' +
        '\n  heed inspect runs/ntm-copy --length 20 --out heads.svg',
    )
    .action((model: string, options: FigureFlags, self: Command) => {
      checkFigureFlags(options);
      return asked('inspect', self, model, options);
    });
}

const SCALE = { expected: 'a number from 0.25 to 10', holds: (n: number) => n >= 0.25 && n <= 10 };
