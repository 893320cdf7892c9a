import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CORPORA, type Corpus, corpusNamed } from '../../src/data/corpora.ts';
import { readBytes } from '../../src/data/corpus.node.ts';
import { downloadFolder, findCorpusFile, getCorpus } from '../../src/data/download.node.ts';
import { DataError, UsageError } from '../../src/errors.ts';
import { Random } from '../../src/random.ts';
import { sharedData } from './shared.ts';

const random = new Random(1);
const content = Buffer.from(Array.from({ length: 300_000 }, () => random.integer(256)));
const sha256 = createHash('sha256').update(content).digest('hex');

let folder = '';
let server: Server;
let requests: { range?: string; encoding?: string }[] = [];
/** How the server answers the next requests; each test sets it. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heed-download-'));
  requests = [];
  server = createServer((request, response) => {
    requests.push({ range: request.headers.range, encoding: String(request.headers['accept-encoding']) });
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});

const whole = (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': content.length }).end(content);
};
/** A server that knows ranges. */
const ranged = (request: IncomingMessage, response: ServerResponse) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from >= content.length) return void response.writeHead(416).end();
  if (from === 0) return whole(request, response);
  response
    .writeHead(206, {
      'content-length': content.length - from,
      'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
    })
    .end(content.subarray(from));
};
/** Promises everything, sends the first 100,000 bytes, then cuts the connection. */
const cut = (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
};

const corpus = (file: { sha256?: string; bytes?: number } = { sha256, bytes: content.length }): Corpus => ({
  name: 'test',
  description: '',
  licence: '',
  homepage: '',
  files: [
    {
      path: 'test/raw/train.bin',
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/train.bin`,
      ...file,
    },
  ],
});
const target = () => join(folder, 'test/raw/train.bin');
const part = () => `${target()}.part`;
const files = async () => (existsSync(dirname(target())) ? await readdir(dirname(target())) : []);
const get = (wanted = corpus()) => getCorpus(wanted, { directory: folder });

async function failure(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

async function expectDownloaded(): Promise<void> {
  expect(await files()).toEqual(['train.bin']);
  expect((await readFile(target())).equals(content)).toBe(true);
}

describe('getCorpus', () => {
  it('downloads, tells progress, and does not ask for what is there', async () => {
    answer = ranged;
    const seen: number[] = [];
    const paths = await getCorpus(corpus(), {
      directory: folder,
      onProgress: ({ received, total }) => {
        seen.push(received);
        expect(total).toBe(content.length);
      },
    });
    expect(paths).toEqual([target()]);
    await expectDownloaded();
    expect(seen.at(-1)).toBe(content.length);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    await get();
    expect(requests).toEqual([{ range: undefined, encoding: 'identity' }]);
  });

  it('resumes where the connection broke', async () => {
    answer = cut;
    const message = await failure(get());
    expect(message).toMatch(/stopped after \d+ bytes .*expected 300000 bytes\. Run it again; it resumes/);
    expect(await files()).toEqual(['train.bin.part']);
    const { size } = await stat(part());
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(content.length);

    answer = ranged;
    await get();
    expect(requests[1].range).toBe(`bytes=${size}-`);
    await expectDownloaded();
  });

  it('starts again where the server knows no ranges', async () => {
    answer = cut;
    await failure(get());
    answer = whole;
    await get();
    expect(requests[1].range).toMatch(/^bytes=\d+-$/);
    await expectDownloaded();
  });

  it('starts again where the part is longer than the file, or the range another', async () => {
    await mkdir(dirname(part()), { recursive: true });
    await writeFile(part(), Buffer.alloc(content.length + 5));
    answer = ranged;
    await get(corpus({ sha256 }));
    expect(requests.map(({ range }) => range)).toEqual(['bytes=300005-', undefined]);
    await expectDownloaded();
  });

  it('uses a part that is already whole without a request', async () => {
    await mkdir(dirname(part()), { recursive: true });
    await writeFile(part(), content);
    await get();
    expect(requests).toEqual([]);
    await expectDownloaded();
  });

  it('refuses a wrong checksum with both, and deletes what came', async () => {
    answer = (_, response) => void response.end(Buffer.alloc(content.length));
    const message = await failure(get());
    expect(message).toContain(createHash('sha256').update(Buffer.alloc(content.length)).digest('hex'));
    expect(message).toContain(`expected SHA-256 ${sha256}`);
    expect(await files()).toEqual([]);
  });

  it('refuses a wrong size where there is no checksum, and starts such a file anew', async () => {
    answer = (_, response) => void response.end(content);
    expect(await failure(get(corpus({ bytes: 300_001 })))).toContain('stopped after 300000 bytes');
    expect(await failure(get(corpus({ bytes: 299_999 })))).toContain('expected 299999 bytes');
    expect(await files()).toEqual([]);
    answer = cut;
    expect(await failure(get(corpus({})))).toContain('starts anew');
    answer = ranged;
    await get(corpus({}));
    expect(requests.every(({ range }) => range === undefined)).toBe(true);
    await expectDownloaded();
  });

  it('replaces a file that is not the one expected, and keeps it until the new one is checked', async () => {
    await mkdir(dirname(target()), { recursive: true });
    await writeFile(target(), 'mine');
    answer = cut;
    await failure(get());
    expect(await readFile(target(), 'utf8')).toBe('mine');
    answer = ranged;
    await get();
    await expectDownloaded();
  });

  it('tells status and address of a refusal and leaves nothing', async () => {
    answer = (_, response) => void response.writeHead(404).end('not here');
    expect(await failure(get())).toMatch(/127\.0\.0\.1:\d+\/train\.bin answered 404 Not Found/);
    expect(await files()).toEqual([]);
  });

  it('tells why no connection came about', async () => {
    const wanted = corpus();
    wanted.files[0].url = 'http://127.0.0.1:9/closed';
    expect(await failure(get(wanted))).toMatch(/stopped after 0 bytes \(.+\).*Run it again/);
    expect(await files()).toEqual([]);
  });

  it('takes a fetch of its own', async () => {
    const answers = [new Response(content.subarray(0, 1000)), new Response('', { status: 503 })];
    const fake: typeof fetch = async () => answers.shift() as Response;
    expect(await failure(getCorpus(corpus(), { directory: folder, fetch: fake }))).toContain('ended early');
    expect(await failure(getCorpus(corpus(), { directory: folder, fetch: fake }))).toContain('503');
    expect((await stat(part())).size).toBe(1000);
  });

  it('refuses an unknown name with the names there are', async () => {
    await expect(getCorpus('wmt', { directory: folder })).rejects.toThrow(UsageError);
    await expect(getCorpus('wmt', { directory: folder })).rejects.toThrow('multi30k, tatoeba-en-fr');
  });
});

describe('the registry', () => {
  it('is well formed', () => {
    const all = CORPORA.flatMap((entry) => entry.files);
    expect(new Set(CORPORA.map(({ name }) => name)).size).toBe(CORPORA.length);
    expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
    for (const { path, url, sha256: sum } of all) {
      expect(path).toMatch(/^[a-z0-9]+(\/[\w.-]+)+$/);
      expect(new URL(url).protocol).toBe('https:');
      if (sum !== undefined) expect(sum).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(corpusNamed('multi30k').files.map(({ path }) => path)).toContain('multi30k/raw/train.de.gz');
  });

  /** The copy at hand, as it is or packed. */
  const copyOf = (path: string) => sharedData(path) ?? sharedData(`${path}.gz`);
  const held = CORPORA.flatMap((entry) => entry.files).filter(
    ({ path, sha256: sum }) => sum !== undefined && copyOf(path),
  );
  it.skipIf(held.length === 0)(
    `agrees with the copies at hand${held.length ? '' : ' (no shared data here)'}`,
    async () => {
      for (const file of held) {
        const copy = copyOf(file.path) as string;
        const found = await (copy.endsWith(file.path) ? readFile(copy) : readBytes(copy));
        // A copy of a text file may have been given other ends of line on its way.
        const bytes = found.length === file.bytes ? found : withoutReturns(found);
        expect([file.path, bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([
          file.path,
          file.bytes,
          file.sha256,
        ]);
      }
    },
  );
});

const withoutReturns = (bytes: Uint8Array) => bytes.filter((byte) => byte !== 0x0d);

describe('findCorpusFile', () => {
  const put = async (path: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), 'x');
    return join(folder, path);
  };
  const env = () => ({ HEED_DATA: join(folder, 'data'), XDG_CACHE_HOME: join(folder, 'cache') });

  it('looks at the path itself, in HEED_DATA, then in the download folder', async () => {
    const downloaded = await put('cache/heed/multi30k/raw/val.de.gz');
    expect(findCorpusFile('multi30k/raw/val.de.gz', { env: env() })).toBe(downloaded);
    const own = await put('data/multi30k/raw/val.de.gz');
    expect(findCorpusFile('multi30k/raw/val.de.gz', { env: env() })).toBe(own);
    expect(findCorpusFile('multi30k/raw/val.de.gz', { env: { XDG_CACHE_HOME: env().XDG_CACHE_HOME } })).toBe(
      downloaded,
    );
    expect(findCorpusFile(downloaded, { env: env() })).toBe(downloaded);
    expect(findCorpusFile('package.json', { env: env() })).toBe(join(process.cwd(), 'package.json'));
  });

  it('takes the same file with or without .gz', async () => {
    const packed = await put('data/cmudict/cmudict.dict.gz');
    const plain = await put('cache/heed/netranslit/wd_russian_20.tsv');
    expect(findCorpusFile('cmudict/cmudict.dict', { env: env() })).toBe(packed);
    expect(findCorpusFile('netranslit/wd_russian_20.tsv.gz', { env: env() })).toBe(plain);
  });

  it('finds a path into an archive where the archive is', async () => {
    const path = 'tatoeba/fra-eng.zip/fra.txt';
    await put('cache/heed/tatoeba/fra-eng.zip');
    expect(findCorpusFile(path, { env: env() })).toBe(join(folder, 'cache/heed', path));
    await put('data/tatoeba/fra-eng.zip');
    expect(findCorpusFile(path, { env: env() })).toBe(join(folder, 'data', path));
    expect(findCorpusFile(join(folder, 'data', path), { env: env() })).toBe(join(folder, 'data', path));
    await rm(join(folder, 'data/tatoeba/fra-eng.zip'));
    const folderOfThatName = await put(`data/${path}.gz`);
    expect(findCorpusFile(path, { env: env() })).toBe(folderOfThatName);
    expect(() => findCorpusFile('other.zip/fra.txt', { env: env() })).toThrow(
      'there is no file other.zip/fra.txt',
    );
  });

  it('says where it looked and how to get the corpus', () => {
    const find = (path: string) => () => findCorpusFile(path, { env: env() });
    expect(find('tatoeba/fra.txt')).toThrow(DataError);
    expect(find('tatoeba/fra.txt')).toThrow('heed data get tatoeba-en-fr');
    for (const place of [process.cwd(), join(folder, 'data'), join(folder, 'cache/heed')]) {
      expect(find('tatoeba/fra.txt')).toThrow(join(place, 'tatoeba/fra.txt'));
    }
    expect(find('mine/x.tsv')).toThrow(/there is no file mine\/x\.tsv.*set HEED_DATA/);
    expect(find('/nowhere/x.tsv')).toThrow('it at /nowhere/x.tsv, plain or with .gz. ');
    expect(downloadFolder({})).toMatch(/\.cache\/heed$/);
  });
});
