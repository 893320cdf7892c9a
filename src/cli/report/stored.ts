/** What a run directory keeps of its training, read with care: files may be damaged, or somebody else's. */
import { readFile } from 'node:fs/promises';
import { FormatError } from '../../errors.ts';
import type { DoneEvent, Material, Sample, TrainingEvent } from '../../training/index.ts';

type Check<Value> = (value: unknown) => value is Value;

/**
 * One JSON value a line. A last line that is half written, as a killed run leaves it, is left out; a missing file has
 * none.
 *
 * @param what a line is, for the error
 * @throws FormatError with the line's number for one that is none
 */
export async function readJsonLines<Value>(
  path: string,
  check: Check<Value>,
  what: string,
): Promise<Value[]> {
  const lines = (await textOf(path)).split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    const value = parsed(line);
    if (check(value)) return [value];
    if (value === undefined && i === lines.length - 1) return [];
    throw damaged(`${path}, line ${i + 1}: ${arrived(line)}`, `${what}, as JSON`);
  });
}

/** A file of one JSON value; undefined where there is none. @throws FormatError for a file that is none */
export async function readJson<Value>(
  path: string,
  check: Check<Value>,
  what: string,
): Promise<Value | undefined> {
  const text = await textOf(path);
  if (text === '') return undefined;
  const value = parsed(text);
  if (check(value)) return value;
  throw damaged(`${path}: ${arrived(text)}`, `${what}, as JSON`);
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new FormatError(
      `${path}, which cannot be read (${code})`,
      'a file of the run',
      'Check the path and its permissions.',
    );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SAID = 60;
const arrived = (text: string): string =>
  JSON.stringify(text.length > SAID ? `${text.slice(0, SAID)}…` : text);

const damaged = (what: string, expected: string): FormatError =>
  new FormatError(
    what,
    expected,
    'The file is damaged: take it again from a copy of the run, or delete what is broken.',
  );

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const areNumbers = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((one) => typeof one === 'number');

const has = (value: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof value[name] === 'number');

export const isSample = (value: unknown): value is Sample =>
  isRecord(value) &&
  typeof value.source === 'string' &&
  typeof value.output === 'string' &&
  Array.isArray(value.references) &&
  value.references.every((one) => typeof one === 'string') &&
  (value.shown === undefined || isRecord(value.shown));

export const isDone = (value: unknown): value is DoneEvent =>
  isRecord(value) && value.type === 'done' && has(value, ['step']) && typeof value.reason === 'string';

/** Of what is reported; events of other kinds are let by. */
export function isEvent(value: unknown): value is TrainingEvent {
  if (!isRecord(value) || typeof value.type !== 'string' || !has(value, ['step'])) return false;
  if (value.type === 'step') {
    const numbers = ['epoch', 'loss', 'gradientNorm', 'learningRate', 'tokens'];
    return has(value, numbers) && isRecord(value.seconds) && has(value.seconds, ['run', 'rest']);
  }
  if (value.type === 'done') return isDone(value);
  if (value.type !== 'validation') return true;
  const { samples } = value;
  return (
    areNumbers(value.metrics) &&
    (samples === undefined || (Array.isArray(samples) && samples.every(isSample)))
  );
}

export const isMaterial = (value: unknown): value is Material =>
  isRecord(value) && Object.values(value).every(isRecord);

/** What of results.json a report tells, whatever the task. */
export interface Results {
  readonly metrics?: Readonly<Record<string, number>>;
  readonly trainingSeconds?: number;
  readonly backend?: string;
  readonly versions?: Readonly<Record<string, string>>;
  readonly steps?: readonly number[];
  /** what a task tells besides, as it wrote it; unknown here */
  readonly [name: string]: unknown;
}

export const isResults = (value: unknown): value is Results =>
  isRecord(value) &&
  (value.metrics === undefined || areNumbers(value.metrics)) &&
  (value.trainingSeconds === undefined || typeof value.trainingSeconds === 'number') &&
  (value.versions === undefined || isRecord(value.versions)) &&
  (value.steps === undefined || Array.isArray(value.steps));
