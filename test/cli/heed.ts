/** Runs the built command line as a user does: another process, its streams and its exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { Random } from '../../src/random.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** Resolves once stderr holds the text; rejects when the process ends without. */
  saying(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

/** A folder for the tests of a file, deleted after them. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heed-cli-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** How to run `heed` in a folder: nothing of the user's own settings or downloads gets in. */
export function heedIn(folder: string, environment: Readonly<Record<string, string>> = {}) {
  const { HEED_DATA: _, HEED_MIRROR: __, FORCE_COLOR: ___, ...inherited } = process.env;
  const env = { ...inherited, XDG_CACHE_HOME: join(folder, 'cache'), ...environment };

  const start = (args: readonly string[], input = ''): Running => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, env });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    child.stdin.end(input);
    const ended = new Promise<Ended>((done) => {
      child.on('close', (code, signal) => done({ code, signal, stdout, stderr }));
    });
    return {
      process: child,
      ended,
      saying: (text) =>
        new Promise((done, fail) => {
          const look = () => stderr.includes(text) && done();
          child.stderr.on('data', look);
          look();
          ended.then(() => fail(new Error(`it ended without saying ${text}:\n${stderr}`)));
        }),
    };
  };

  /** Runs it to its end; colours and cursor movements are for terminals only. */
  const run = async (args: readonly string[], input = ''): Promise<Ended> => {
    const ended = await start(args, input).ended;
    expect(ended.stdout + ended.stderr).not.toContain('\x1b');
    return ended;
  };

  return {
    start,
    run,
    /** Runs it to its good end; what else it said is the error. */
    async good(args: readonly string[], input = ''): Promise<Ended> {
      const ended = await run(args, input);
      if (ended.code !== 0)
        throw new Error(`heed ${args.join(' ')}: exit code ${ended.code}\n${ended.stderr}`);
      return ended;
    },
    write: (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content),
    read: (name: string) => readFile(join(folder, name), 'utf8'),
  };
}

/** Lines of `abcd TAB dcba`, no source twice. */
export function reversals(seed: number, count: number): string {
  const random = new Random(seed);
  const sources = new Set<string>();
  while (sources.size < count) {
    const letters = Array.from({ length: 2 + random.integer(5) }, () => 'abcdef'[random.integer(6)]);
    sources.add(letters.join(''));
  }
  return Array.from(sources, (text) => `${text}\t${[...text].reverse().join('')}\n`).join('');
}

/** A model that trains in a second: 200 pairs, hidden size 16, 10 steps an epoch. */
export const tinyRecipe = ({ test = true, type = 'rnnsearch' } = {}): string => `task: translation
seed: 7
data:
  train: { tsv: train.tsv }
  validation: { tsv: validation.tsv }
${test ? '  test: { tsv: validation.tsv }\n' : ''}\
source: { tokens: character }
target: { tokens: character }
model: { type: ${type}, embedding: 16, hidden: 16, readout: 16, dropout: 0.1${type === 'rnnsearch' ? ', attention: 16' : ''} }
training:
  optimizer: { type: adam, learningRate: 0.01 }
  batch: { sentences: 20 }
  maxSteps: 40
  validateEvery: { steps: 20 }
decoding: { beam: 2, maxLength: 12 }
`;

/** Puts the recipe and its data into the folder. */
export async function writeTiny({ write }: ReturnType<typeof heedIn>): Promise<void> {
  await write('train.tsv', reversals(1, 200));
  await write('validation.tsv', reversals(2, 20));
  await write('tiny.yaml', tinyRecipe());
}
