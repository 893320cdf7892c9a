import { createHash } from 'node:crypto';
import * as nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, FormatError } from '../errors.ts';
import {
  cannotWrite,
  type FileSystem,
  syncDirectory,
  temporaryBeside,
  writeFileAtomic,
  writeSynced,
} from './atomic.node.ts';
import { decodeSafetensors, safetensorsChunks, type TensorMap } from './safetensors.ts';

/** What a checkpoint holds. */
export interface CheckpointContent {
  /** the parameters by name */
  readonly parameters: TensorMap;
  /** the optimizer's slots by name; empty for a model that will not be trained on */
  readonly optimizer: TensorMap;
  /** where the training stands; anything JSON can hold */
  readonly state: unknown;
}

export interface LoadedCheckpoint extends CheckpointContent {
  readonly step: number;
  /** the checkpoint's folder */
  readonly path: string;
}

export interface SaveOptions {
  /** point `best` to this one */
  readonly isBest: boolean;
  /** how many of the newest to keep, this one included; `best` and `last` are kept besides */
  readonly keep: number;
  /** steps of others to keep */
  readonly keepSteps?: readonly number[];
  /** default `node:fs/promises` */
  readonly fs?: FileSystem;
}

const contentFiles = ['parameters.safetensors', 'optimizer.safetensors', 'state.json'] as const;
const manifestFile = 'manifest.json';
const format = 'heed-checkpoint-1';

interface Manifest {
  readonly format: string;
  readonly step: number;
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

const folderOf = (step: number) => `step-${step}`;
const averagedFolder = 'averaged';
const replacedPrefix = '.replaced-';

/**
 * Saves a checkpoint as `checkpoints/step-N/` in the run directory and points `checkpoints/last.json`, and
 * `best.json` if it is the best, to it. The folder is written under another name, every file fsynced, the
 * manifest of sizes and SHA-256 last, and renamed when it is whole; so whatever happens midway, a kill or a
 * power failure included, the earlier checkpoints and pointers stay. An averaged checkpoint goes: the run went on.
 *
 * One process at a time may save to a run directory.
 *
 * @throws DataError when it cannot be written, e.g. for want of space
 */
export async function saveCheckpoint(
  runDir: string,
  step: number,
  content: CheckpointContent,
  { isBest, keep, keepSteps = [], fs = nodeFs }: SaveOptions,
): Promise<void> {
  await saving(runDir, folderOf(step), step, content, fs, async (root) => {
    const pointer = `${JSON.stringify({ step })}\n`;
    // `best` first: a run killed between the two resumes from the earlier `last` and comes by here again.
    if (isBest) await writeFileAtomic(join(root, 'best.json'), pointer, fs);
    await writeFileAtomic(join(root, 'last.json'), pointer, fs);
    await prune(root, step, keep, keepSteps, fs);
    if (await exists(join(root, averagedFolder), fs)) await remove(root, averagedFolder, fs);
  });
}

/**
 * Saves the mean of checkpoints as `checkpoints/averaged/`, in the same manner: what to use of a run that has ended,
 * instead of its best checkpoint. Where it goes on from is still `last`.
 *
 * @param step at which the run ended
 * @throws DataError when it cannot be written
 */
export async function saveAveraged(
  runDir: string,
  step: number,
  content: CheckpointContent,
  { fs = nodeFs }: Pick<SaveOptions, 'fs'> = {},
): Promise<void> {
  await saving(runDir, averagedFolder, step, content, fs, async () => {});
}

/** Writes a whole checkpoint into its folder, whatever happens midway, then does the rest. */
async function saving(
  runDir: string,
  name: string,
  step: number,
  content: CheckpointContent,
  fs: FileSystem,
  rest: (root: string) => Promise<void>,
): Promise<void> {
  const root = join(runDir, 'checkpoints');
  const folder = join(root, name);
  const temporary = temporaryBeside(folder);
  try {
    await fs.mkdir(root, { recursive: true });
    await clean(root, fs);
    await fs.mkdir(temporary);
    await writeFiles(temporary, step, content, fs);
    await moveInto(root, temporary, name, fs);
    await rest(root);
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true });
    if (error instanceof DataError) throw error;
    throw cannotWrite(folder, error, 'The checkpoints saved before are unchanged.');
  }
}

async function writeFiles(folder: string, step: number, content: CheckpointContent, fs: FileSystem) {
  const chunks: Record<(typeof contentFiles)[number], Uint8Array[]> = {
    'parameters.safetensors': safetensorsChunks(content.parameters),
    'optimizer.safetensors': safetensorsChunks(content.optimizer),
    'state.json': [new TextEncoder().encode(`${JSON.stringify(content.state, undefined, 2)}\n`)],
  };
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of contentFiles) {
    const hash = createHash('sha256');
    for (const chunk of chunks[name]) hash.update(chunk);
    await writeSynced(join(folder, name), chunks[name], fs);
    files[name] = {
      bytes: chunks[name].reduce((sum, { length }) => sum + length, 0),
      sha256: hash.digest('hex'),
    };
  }
  const manifest: Manifest = { format, step, files };
  await writeSynced(join(folder, manifestFile), [`${JSON.stringify(manifest, undefined, 2)}\n`], fs);
  await syncDirectory(folder, fs);
}

/**
 * A rename cannot replace a folder that is not empty. The one in the way (a run resumed from further back comes
 * by the same step again) steps aside under a name that `locate` and `clean` know, so that it is never lost.
 */
async function moveInto(root: string, temporary: string, name: string, fs: FileSystem): Promise<void> {
  const folder = join(root, name);
  const aside = join(root, replacedPrefix + name);
  const inTheWay = await exists(folder, fs);
  if (inTheWay) await fs.rename(folder, aside);
  await fs.rename(temporary, folder);
  await syncDirectory(root, fs);
  if (inTheWay) await fs.rm(aside, { recursive: true });
}

/** Removes what an interrupted save left, and puts back a folder that had stepped aside for nothing. */
async function clean(root: string, fs: FileSystem): Promise<void> {
  for (const name of await fs.readdir(root)) {
    const original = join(root, name.slice(replacedPrefix.length));
    if (name.startsWith(replacedPrefix) && !(await exists(original, fs))) {
      await fs.rename(join(root, name), original);
    } else if (name.startsWith('.tmp-') || name.startsWith(replacedPrefix)) {
      await fs.rm(join(root, name), { recursive: true });
    }
  }
}

async function prune(
  root: string,
  step: number,
  keep: number,
  keepSteps: readonly number[],
  fs: FileSystem,
): Promise<void> {
  const pointed = await Promise.all(['best', 'last'].map((name) => readPointer(root, name, fs)));
  // Steps beyond this one are of a branch that a resume from further back has left: they count as the oldest.
  const age = (n: number) => (n <= step ? step - n : n);
  const old = (await steps(root, fs)).sort((a, b) => age(a) - age(b)).slice(Math.max(1, keep));
  for (const n of old.filter((n) => !pointed.includes(n) && !keepSteps.includes(n))) {
    await remove(root, folderOf(n), fs);
  }
}

/** Renamed first, so that a folder half deleted is never taken for a checkpoint. */
async function remove(root: string, folder: string, fs: FileSystem): Promise<void> {
  const doomed = temporaryBeside(join(root, folder));
  await fs.rename(join(root, folder), doomed);
  await fs.rm(doomed, { recursive: true });
}

/**
 * The checkpoints of a run directory: their steps, ascending, those `best` and `last` point to, and whether there is
 * an averaged one besides.
 */
export async function listCheckpoints(
  runDir: string,
): Promise<{ steps: number[]; best: number | undefined; last: number | undefined; averaged: boolean }> {
  const root = join(runDir, 'checkpoints');
  return {
    averaged: (await locate(root, averagedFolder)) !== undefined,
    steps: await steps(root, nodeFs),
    best: await readPointer(root, 'best', nodeFs),
    last: await readPointer(root, 'last', nodeFs),
  };
}

/**
 * Loads a checkpoint and checks every file against the manifest's size and SHA-256. Unfinished folders are not
 * looked at.
 *
 * @param which a step, what `best` or `last` points to, or the averaged one
 * @throws DataError when there is no such checkpoint
 * @throws FormatError naming the file that is missing, truncated, damaged or foreign
 */
export async function loadCheckpoint(
  runDir: string,
  which: 'best' | 'last' | 'averaged' | number,
): Promise<LoadedCheckpoint> {
  const root = join(runDir, 'checkpoints');
  const asked =
    typeof which === 'number' || which === 'averaged' ? which : await readPointer(root, which, nodeFs);
  const path =
    asked === undefined ? undefined : await locate(root, asked === 'averaged' ? asked : folderOf(asked));
  if (asked === undefined || path === undefined) {
    const there = await steps(root, nodeFs);
    throw new DataError(
      `${runDir} has no ${typeof which === 'number' ? `checkpoint of step ${which}` : `${which} checkpoint`}`,
      there.length > 0
        ? `one of its steps: ${there.join(', ')}`
        : 'a run directory with a finished checkpoint',
      there.length > 0 ? 'Name one of these.' : 'Name another directory, or train first.',
    );
  }
  const manifest = await readManifest(path, asked === 'averaged' ? undefined : asked);
  const read = (name: (typeof contentFiles)[number]) => readChecked(join(path, name), manifest.files[name]);
  const decode = async (name: (typeof contentFiles)[number]) =>
    decodeSafetensors(await read(name), join(path, name)).tensors;
  return {
    step: manifest.step,
    path,
    parameters: await decode('parameters.safetensors'),
    optimizer: await decode('optimizer.safetensors'),
    state: JSON.parse(new TextDecoder().decode(await read('state.json'))),
  };
}

/** The folder of a checkpoint; the one it was about to replace, if a save was killed between the two renames. */
async function locate(root: string, folder: string): Promise<string | undefined> {
  for (const name of [folder, replacedPrefix + folder]) {
    if (await exists(join(root, name), nodeFs)) return join(root, name);
  }
  return undefined;
}

/** @param step that it must be of; undefined: any */
async function readManifest(path: string, step: number | undefined): Promise<Manifest> {
  const file = join(path, manifestFile);
  const manifest = parseJson(await readOrRefuse(file)) as Manifest | undefined;
  const whole = contentFiles.every((name) => {
    const { bytes, sha256 } = manifest?.files?.[name] ?? {};
    return Number.isInteger(bytes) && typeof sha256 === 'string';
  });
  const rightStep = step === undefined ? Number.isSafeInteger(manifest?.step) : manifest?.step === step;
  if (manifest?.format !== format || !rightStep || !whole) {
    throw damaged(
      file,
      'not a manifest of this checkpoint',
      `format ${format}, step ${step ?? 'of its own'} and its three files`,
    );
  }
  return manifest;
}

async function readChecked(file: string, { bytes, sha256 }: Manifest['files'][string]): Promise<Uint8Array> {
  const content = await readOrRefuse(file);
  if (content.length !== bytes) {
    throw damaged(file, `${content.length} bytes`, `${bytes}, as the checkpoint's manifest says`);
  }
  if (createHash('sha256').update(content).digest('hex') !== sha256) {
    throw damaged(file, 'content that was changed', "the SHA-256 of the checkpoint's manifest");
  }
  return content;
}

async function readOrRefuse(file: string): Promise<Uint8Array> {
  try {
    return await nodeFs.readFile(file);
  } catch (error) {
    throw damaged(file, `unreadable (${(error as Error).message})`, 'a file of a whole checkpoint');
  }
}

async function readPointer(root: string, name: string, fs: FileSystem): Promise<number | undefined> {
  const file = join(root, `${name}.json`);
  if (!(await exists(file, fs))) return undefined;
  const pointer = parseJson(await fs.readFile(file)) as { step?: unknown } | undefined;
  if (Number.isSafeInteger(pointer?.step)) return pointer?.step as number;
  throw damaged(file, 'not a pointer to a checkpoint', '{"step": N}');
}

async function steps(root: string, fs: FileSystem): Promise<number[]> {
  if (!(await exists(root, fs))) return [];
  const names = await fs.readdir(root);
  return names
    .flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

async function exists(path: string, fs: FileSystem): Promise<boolean> {
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) ?? undefined;
  } catch {
    return undefined;
  }
}

function damaged(file: string, arrived: string, expected: string): FormatError {
  return new FormatError(
    `${file}: ${arrived}`,
    expected,
    'The checkpoint is truncated, damaged or foreign; use another of the run, or a copy.',
  );
}
