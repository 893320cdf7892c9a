import type { Command } from 'commander';
import { registerMemn2n } from './memn2n/memn2n.ts';
import { registerNtm } from './ntm/ntm.ts';
import { registerRnnsearch } from './rnnsearch/rnnsearch.ts';

/** `heed reproduce`: tables and figures of papers, each a command of its own. */
export function registerReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description('train what a paper did, and show its table and figure')
    .addHelpText('after', '\nExample:\n  heed reproduce rnnsearch --out runs/figure2');
  for (const register of [registerRnnsearch, registerMemn2n, registerNtm]) register(command);
}
