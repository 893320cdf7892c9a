import { type Command, Option } from 'commander';
import { HeedError, UsageError } from '../errors.ts';

// A reader that has seen enough, such as `head`, closes the pipe: nothing is left to do, and nothing went wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

/** Progress and logs go to stderr, data to stdout. */
export const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

export const out = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** 1 failed, 2 wrong usage or recipe. */
export const exitCode = (error: unknown): number => (error instanceof UsageError ? 2 : 1);

/** Heed's own errors are for reading; anything else is a defect, whose stack helps to mend it. */
export const describe = (error: unknown): string => {
  if (error instanceof HeedError) return `heed: ${error.message}`;
  return `heed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
};

/** A whole number from an option, or UsageError. */
export function integerOption(name: string, minimum = 1): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= minimum) return value;
    throw new UsageError(
      `${name} ${text}`,
      `a whole number of at least ${minimum}`,
      `Give one, e.g. ${name} ${Math.max(minimum, 4)}.`,
    );
  };
}

/** Seconds as `3 h 02 min`, `2 min 05 s` or `7.3 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

export interface NumberRange {
  readonly expected: string;
  readonly holds: (value: number) => boolean;
}

const notNegative: NumberRange = { expected: 'a number of at least 0', holds: (value) => value >= 0 };

/** A number from an option, or UsageError. */
export function numberOption(
  name: string,
  { expected, holds }: NumberRange = notNegative,
): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && holds(value)) return value;
    throw new UsageError(`${name} ${text}`, expected, `Give one, e.g. ${name} 0.5.`);
  };
}

/** For options that are a share: 0 to below 1. */
export function shareOption(name: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= 0 && value < 1) return value;
    throw new UsageError(`${name} ${text}`, 'a number from 0 to below 1', `Give one, e.g. ${name} 0.3.`);
  };
}

/**
 * Refuses flags that were given but mean nothing for a model of this task.
 *
 * @param foreign names of the options, as commander calls them
 */
export function refuseFlags(command: Command, foreign: readonly string[], task: string): void {
  const given = command.options.filter(
    (option) =>
      foreign.includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (given.length === 0) return;
  // --thing and --no-thing set the same value.
  const [{ long }] = given
    .filter((option) => option.negate === (command.getOptionValue(option.attributeName()) === false))
    .concat(given);
  throw new UsageError(`${long} with a model of the task ${task}`, 'no such option', 'Leave it out.');
}

/** What `addRuntimeOptions` adds. */
export interface RuntimeFlags {
  readonly device?: 'native' | 'wasm';
  readonly threads?: number;
}

/** `--device` and `--threads`, for every command that computes. */
export const addRuntimeOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--device <device>', 'where to compute (default: native where it loads)').choices([
        'native',
        'wasm',
      ]),
    )
    .option(
      '--threads <n>',
      'threads (default: native all cores, wasm half of them)',
      integerOption('--threads'),
    );
