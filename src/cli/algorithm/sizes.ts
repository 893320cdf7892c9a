import type { Command } from 'commander';
import type { Sizes } from '../../data/algorithms.ts';
import { UsageError } from '../../errors.ts';
import type { AlgorithmTask } from '../../tasks/algorithms.ts';
import { integerOption } from '../console.ts';

/** Sizes of sequences, each asked for once or several times. */
export interface SizeFlags {
  readonly length?: number;
  readonly lengths?: readonly number[];
  readonly repeats?: number | readonly number[];
  readonly items?: number | readonly number[];
}

const integersOption = (name: string) => (text: string) => text.split(',').map(integerOption(name));

/** `--lengths`, `--repeats` and `--items`, of `heed evaluate`. */
export const addSizeListOptions = (command: Command): Command =>
  command
    .option(
      '--lengths <n,…>',
      'algorithms: vectors (or bits) of the sequences, one measurement each, e.g. 20,120 (default: the recipe’s test)',
      integersOption('--lengths'),
    )
    .option('--repeats <n,…>', 'repeat copy: copies, one measurement each', integersOption('--repeats'))
    .option('--items <n,…>', 'associative recall: items, one measurement each', integersOption('--items'))
    .option(
      '--sequences <n>',
      'algorithms: sequences of each measurement (default: as in the recipe)',
      integerOption('--sequences'),
    );

/** `--length`, `--repeats` and `--items`, of `heed inspect`. */
export const addSizeOptions = (command: Command): Command =>
  command
    .option('--length <n>', 'algorithms: vectors (or bits) of the sequence drawn', integerOption('--length'))
    .option('--repeats <n>', 'repeat copy: copies', integerOption('--repeats'))
    .option('--items <n>', 'associative recall: items', integerOption('--items'))
    .option('--seed <n>', 'algorithms: of the sequence drawn', integerOption('--seed', 0));

/**
 * Every combination of the sizes asked for; undefined when none is.
 *
 * @throws UsageError for a size that sequences of the task do not have
 */
export function askedSizes({ algorithm, options }: AlgorithmTask, flags: SizeFlags): Sizes[] | undefined {
  const given = Object.entries({
    length: {
      flag: flags.length === undefined ? '--lengths' : '--length',
      at: flags.length ?? flags.lengths,
    },
    repeats: { flag: '--repeats', at: flags.repeats },
    items: { flag: '--items', at: flags.items },
  }).filter(([, { at }]) => at !== undefined);
  const names = Object.keys(algorithm.largest);
  const foreign = given.find(([name]) => !names.includes(name));
  if (foreign) {
    const [, { flag }] = foreign;
    throw new UsageError(
      `${flag} with a model of ${options.type}`,
      `sizes of its sequences: ${names.join(', ')}`,
      'Leave it out.',
    );
  }
  if (given.length === 0) return undefined;
  return given.reduce<Sizes[]>(
    (all, [name, { at }]) =>
      all.flatMap((sizes) => [at as number].flat().map((n) => ({ ...sizes, [name]: n }))),
    [{}],
  );
}

/** `length 120`; those of the training where none are given. */
export const sizesShown = (sizes: Sizes): string =>
  Object.entries(sizes)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'as in training';
