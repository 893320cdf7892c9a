import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { archivePath } from './archive.ts';
import { CORPORA, type Corpus, type CorpusFile, corpusNamed } from './corpora.ts';

export interface DownloadProgress {
  file: CorpusFile;
  /** Bytes at hand, those of an earlier, interrupted download included. */
  received: number;
  /** Size of the file where the registry or the server tells. */
  total?: number;
}

export interface DownloadOptions {
  /** The data folder; files lie at their `path` under it. */
  directory: string;
  /** Default: the platform's. */
  fetch?: typeof fetch;
  onProgress?: (progress: DownloadProgress) => void;
}

type Environment = Record<string, string | undefined>;

/** Where `heed data get` puts corpora: `$XDG_CACHE_HOME/heed`, else `~/.cache/heed`. */
export function downloadFolder(env: Environment = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'heed');
}

/**
 * Downloads what is missing of a corpus and returns the paths of its files. Each is written to `<file>.part`,
 * checked, and only then renamed; an interrupted download goes on where it stopped.
 *
 * @param corpus a name of the registry, or a corpus
 * @throws UsageError for an unknown name; DataError when the server refuses, the connection breaks (a further
 *   call resumes) or the size or checksum is another
 */
export async function getCorpus(corpus: string | Corpus, options: DownloadOptions): Promise<string[]> {
  const { files } = typeof corpus === 'string' ? corpusNamed(corpus) : corpus;
  const paths: string[] = [];
  for (const file of files) paths.push(await downloadFile(file, options));
  return paths;
}

async function downloadFile(file: CorpusFile, options: DownloadOptions): Promise<string> {
  const path = join(options.directory, file.path);
  const part = `${path}.part`;
  if (existsSync(path) && (await differences(path, file)) === undefined) return path;

  await mkdir(dirname(path), { recursive: true });
  // Without a checksum nothing would tell whether both halves are of the same file, so it starts anew.
  if (file.sha256 === undefined) await rm(part, { force: true });
  const complete = file.bytes !== undefined && (await sizeOf(part)) === file.bytes;
  if (!complete) await fetchInto(part, file, options);

  const difference = await differences(part, file);
  if (difference !== undefined) {
    await rm(part, { force: true });
    throw new DataError(
      `${file.url} gave a file with ${difference.arrived}`,
      difference.expected,
      'What came was deleted. Run it again; if it stays so, the file has changed at its source or on the way.',
    );
  }
  await rename(part, path);
  return path;
}

/** Appends to the part what is missing of it, and has it on the disk when it returns. */
async function fetchInto(part: string, file: CorpusFile, options: DownloadOptions): Promise<void> {
  let received = await sizeOf(part);
  let total = file.bytes;
  const request = (offset: number) =>
    (options.fetch ?? fetch)(file.url, {
      // A compressed transfer would count other bytes than the file's.
      headers: { 'accept-encoding': 'identity', ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) },
    });
  try {
    let response = await request(received);
    if (response.status === 416) {
      // The part is longer than the file: it is of another one.
      await response.body?.cancel();
      received = 0;
      response = await request(received);
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new DataError(
        `${file.url} answered ${response.status} ${response.statusText}`.trimEnd(),
        'the file',
        'Look at the address in a browser: it may have moved, or need a proxy.',
      );
    }
    const resumed =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${received}-`);
    if (!resumed) received = 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    if (length >= 0) total ??= received + length;

    const handle = await open(part, resumed ? 'a' : 'w');
    try {
      for await (const chunk of response.body ?? []) {
        await handle.writeFile(chunk);
        received += chunk.length;
        options.onProgress?.({ file, received, total });
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw interrupted(file, received, total, error);
  }
  if (total !== undefined && received < total)
    throw interrupted(file, received, total, 'the answer ended early');
}

function interrupted(
  file: CorpusFile,
  received: number,
  total: number | undefined,
  reason: unknown,
): DataError {
  // fetch says only "fetch failed" or "terminated"; the reason is in its cause.
  const error = reason instanceof Error && reason.cause instanceof Error ? reason.cause : reason;
  const message = error instanceof Error ? error.message || error.name : String(error);
  return new DataError(
    `the download of ${file.url} stopped after ${received} bytes (${message})`,
    total === undefined ? 'the whole file' : `${total} bytes`,
    file.sha256 === undefined
      ? 'Run it again; it starts anew.'
      : 'Run it again; it resumes where it stopped.',
  );
}

/** What of a file is not as the registry says: size or checksum; undefined when all is. */
async function differences(
  path: string,
  { bytes, sha256 }: CorpusFile,
): Promise<{ arrived: string; expected: string } | undefined> {
  const size = await sizeOf(path);
  if (sha256 !== undefined) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    const digest = hash.digest('hex');
    if (digest !== sha256) {
      return { arrived: `SHA-256 ${digest} (${size} bytes)`, expected: `SHA-256 ${sha256}` };
    }
  }
  return bytes !== undefined && size !== bytes
    ? { arrived: `${size} bytes`, expected: `${bytes} bytes` }
    : undefined;
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

/**
 * The file that a recipe's data path means: itself (absolute, or from the working directory), else under
 * `$HEED_DATA`, else under the download folder; at each place also with `.gz` added or taken away. A path that goes
 * into an archive (`tatoeba/fra-eng.zip/fra.txt`) is found where the archive is. Where a place lacks an archive of a
 * corpus but has one that the registry names as the same (`CorpusFile.also`), it is found there.
 *
 * @throws DataError that lists the places looked at and the command that downloads the corpus
 */
export function findCorpusFile(path: string, { env = process.env }: { env?: Environment } = {}): string {
  const folders = isAbsolute(path)
    ? ['']
    : ['', ...(env.HEED_DATA ? [env.HEED_DATA] : []), downloadFolder(env)];
  const places = folders.map((folder) => resolve(folder, path));
  for (const folder of folders) {
    for (const name of [path, ...otherNames(path)]) {
      const place = resolve(folder, name);
      const found = withOrWithoutGz(place);
      if (found !== undefined) return found;
      const inside = archivePath(place);
      if (inside && existsSync(inside.archive)) return place;
    }
  }
  const folder = `${path.split('/')[0]}/`;
  const corpus = CORPORA.find(({ files }) => files.some((file) => file.path.startsWith(folder)));
  throw new DataError(
    `there is no file ${path}`,
    `it at ${places.join(' or ')}, plain or with .gz`,
    corpus
      ? `Download it with \`heed data get ${corpus.name}\`, or set HEED_DATA to the folder that holds ${folder}`
      : 'Correct the path, or set HEED_DATA to the folder it starts from.',
  );
}

/** A path of a corpus's archive, or into it, as one into the others that hold the same. */
function otherNames(path: string): string[] {
  const file = CORPORA.flatMap(({ files }) => files).find(
    (candidate) => path === candidate.path || path.startsWith(`${candidate.path}/`),
  );
  return file?.also?.map((other) => other + path.slice(file.path.length)) ?? [];
}

/** The file at the path, or the same packed or unpacked. */
const withOrWithoutGz = (path: string): string | undefined =>
  [path, path.endsWith('.gz') ? path.slice(0, -3) : `${path}.gz`].find((candidate) => existsSync(candidate));

/** The paths of a corpus's files in a folder that holds every one of them, packed or not or by another name; else undefined. */
export function heldIn({ files }: Corpus, folder: string): string[] | undefined {
  const found = files.flatMap(
    ({ path, also = [] }) =>
      [path, ...also].map((name) => withOrWithoutGz(resolve(folder, name))).find(Boolean) ?? [],
  );
  return found.length === files.length ? found : undefined;
}
