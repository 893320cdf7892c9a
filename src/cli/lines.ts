import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { cannotWrite, syncDirectory, temporaryBeside } from '../formats/atomic.node.ts';

/** Takes lines as they come. */
export interface LineOutput {
  write(lines: readonly string[]): Promise<void>;
  /** All is written: a file gets its name only now. */
  finish(): Promise<void>;
  /** Leaves what was there before; after `finish` it does nothing. */
  discard(): Promise<void>;
}

const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

const standardOutput: LineOutput = {
  write: (lines) => new Promise((done) => process.stdout.write(joined(lines), () => done())),
  finish: async () => {},
  discard: async () => {},
};

/**
 * Lines into a file, or to standard output when the path is `-`. A file is written beside its place and put there by
 * `finish`, so that a reader sees the old one or the whole new one.
 *
 * @throws DataError, from its methods too, when it cannot be written; the old file is then as it was
 */
export async function openLines(path: string): Promise<LineOutput> {
  if (path === '-') return standardOutput;
  const temporary = temporaryBeside(path);
  const trying = async <T>(writing: () => Promise<T>): Promise<T> => {
    try {
      return await writing();
    } catch (error) {
      throw cannotWrite(path, error, 'What was there before is unchanged.');
    }
  };
  const file = await trying(() => open(temporary, 'wx'));
  return {
    write: (lines) => trying(() => file.writeFile(joined(lines))),
    finish: () =>
      trying(async () => {
        await file.sync();
        await file.close();
        await rename(temporary, path);
        await syncDirectory(dirname(path));
      }),
    async discard() {
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

/** What of a prediction goes where. */
export interface OutputFlags {
  readonly output?: string;
  readonly attention?: string;
  readonly alignment?: string;
  readonly json?: boolean;
}

/** Refuses one file for two things, and drawings among JSON. */
export function checkOutputs({ output, attention, alignment, json = false }: OutputFlags): void {
  const flags = new Map<string, string>();
  for (const [name, path] of Object.entries({ output, attention, alignment })) {
    if (path === undefined || path === '-') continue;
    const other = flags.get(resolve(path));
    if (other !== undefined) {
      throw new UsageError(`--${other} and --${name} ${path}`, 'a file for each', 'Name another file.');
    }
    flags.set(resolve(path), name);
  }
  if (json && attention === '-') {
    throw new UsageError(
      '--json with --attention -',
      'JSON, which holds the attention, or a drawing of it',
      'Leave one out, or name a file for the attention.',
    );
  }
}
