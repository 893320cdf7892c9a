#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { describe, exitCode, integerOption, log } from './console.ts';
import { trainCommand } from './train.ts';

const program = new Command('heed')
  .description(
    'Sequence-to-sequence learning with recurrent networks and attention: train, inspect and ship.',
  )
  .exitOverride()
  .showHelpAfterError("(see 'heed --help')");

program
  .command('train')
  .argument('<recipe>', 'a recipe file, see recipes/')
  .description('train a recipe into a run directory')
  .option('--out <dir>', 'run directory (default: runs/NAME of the recipe)')
  .option('--set <path=value>', 'change a value of the recipe', (v, all: string[]) => [...all, v], [])
  .option('--resume', 'go on with the run in the directory')
  .option('--force', 'delete the run in the directory and start over')
  .option('--device <device>', 'native or wasm (default: native where it loads)')
  .option('--threads <n>', 'threads (default: all cores)', integerOption('--threads'))
  .addHelpText('after', '\nExample:\n  heed train recipes/multi30k-de-en.yaml --set training.epochs=5')
  .action(async (recipe: string, options) => {
    process.exitCode = await trainCommand(recipe, options);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    log(describe(error));
    process.exitCode = exitCode(error);
  }
}
