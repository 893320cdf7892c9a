import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { gzipSync, strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORPORA, corpusNamed } from '../../src/data/corpora.ts';
import { readBytes } from '../../src/data/corpus.node.ts';
import { tarOf } from '../data/archives.ts';
import { sharedData } from '../data/shared.ts';
import { heedIn, workFolder } from './heed.ts';

const folder = workFolder();
const babi = corpusNamed('babi').files[0].path;
const names = corpusNamed('netranslit').files[0].path;

/** What the server was asked for: path, and range if any. */
const requests: string[] = [];
let answer: (path: string, request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => {
  const path = (request.url ?? '').replace('/mirror/', '');
  requests.push([path, request.headers.range].filter(Boolean).join(' '));
  answer(path, request, response);
});
let mirror = '';
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (name: string, environment: Record<string, string> = {}, ...more: string[]) => {
  requests.length = 0;
  return heedIn(folder, { HEED_MIRROR: mirror, ...environment }).run(['data', 'get', name, ...more]);
};
const files = async (directory: string) =>
  (await readdir(join(folder, directory), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

describe('heed data list', () => {
  it('shows name, size, description and licence of every corpus', async () => {
    const { stdout, stderr } = await heedIn(folder).good(['data', 'list']);
    expect(stderr).toBe('');
    for (const { name, description, licence, homepage } of CORPORA) {
      const from = stdout.indexOf(`\n  ${description}\n  licence: ${licence}\n`);
      expect(from).toBeGreaterThan(0);
      expect(stdout.slice(from).split('\n')[3]).toMatch(/^ {2}(.*checked by SHA-256|no checksum known)$/);
      expect(stdout.slice(from).split('\n')[4]).toBe(`  ${homepage}`);
      expect(stdout).toMatch(
        new RegExp(`^${name} {3}\\d+ files?, (?:size not known|(?:more than )?[\\d.]+ MB)$`, 'm'),
      );
    }
  });
});

describe('heed data get', () => {
  it('shows the licence, downloads, and says where the corpus lies and what recipes call it', async () => {
    const archive = gzipSync(await tarOf('ustar'));
    answer = (_, __, response) => void response.end(archive);
    const { code, stdout, stderr } = await get('babi');
    const place = join(folder, 'cache/heed', babi);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${place}\n` });
    expect(new Uint8Array(await readFile(place))).toEqual(archive);
    const { description, licence, homepage } = corpusNamed('babi');
    expect(stderr.split('\n')).toEqual([
      `babi: ${description}`,
      `licence: ${licence} (${homepage})`,
      'no checksum known',
      `to ${join(folder, 'cache/heed')}`,
      `downloading ${babi} (0.00 MB)`,
      'an archive, which need not be unpacked; in a recipe leave the folder out and name it',
      expect.stringMatching(`^or a file in it: ${babi}/\\S+`),
      '',
    ]);
    expect(requests).toEqual([babi]);
  });

  it('--out names another folder, and how recipes find it', async () => {
    const archive = gzipSync(await tarOf('ustar'));
    answer = (_, __, response) => void response.end(archive);
    const { stdout, stderr } = await get('babi', {}, '--out', 'corpora');
    expect(stdout).toBe(`${join('corpora', babi)}\n`);
    expect(stderr).toContain(`\nset HEED_DATA=${join(folder, 'corpora')}, so that recipes find it\n`);
  });

  it('leaves nothing of a file with another checksum', async () => {
    const { bytes } = corpusNamed('netranslit').files[0];
    answer = (_, __, response) => void response.end(Buffer.alloc(bytes as number));
    const { code, stdout, stderr } = await get('netranslit', {}, '--out', 'wrong');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /heed: http:\S+\/mirror\/netranslit\/\S+ gave a file with SHA-256 \w{64} \(\d+ bytes\); expected SHA-256 \w{64}\. What came was deleted\. Run it again; if it stays so, the file has changed at its source or on the way\.\n$/,
    );
    expect(await files('wrong')).toEqual([]);
  });

  it('says what the server answered, or that there is none', async () => {
    answer = (_, __, response) => void response.writeHead(404).end();
    const missing = await get('babi', {}, '--out', 'missing');
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain(
      `heed: ${mirror}/${babi} answered 404 Not Found; expected the file. Look at`,
    );
    const nobody = await get('babi', { HEED_MIRROR: 'http://127.0.0.1:9' }, '--out', 'missing');
    expect(nobody.code).toBe(1);
    expect(nobody.stderr).toMatch(
      /heed: the download of http:\S+ stopped after 0 bytes \(.+\); expected .*Run it again/,
    );
    expect(await files('missing')).toEqual([]);
  });

  it('downloads nothing that HEED_DATA holds, packed or not', async () => {
    const own = join(folder, 'own');
    for (const { path } of corpusNamed('netranslit').files) {
      await mkdir(dirname(join(own, path)), { recursive: true });
      await writeFile(join(own, path === names ? `${path}.gz` : path), 'x');
    }
    const { code, stdout, stderr } = await get('netranslit', { HEED_DATA: own });
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe(join(own, `${names}.gz`));
    expect(stderr).toContain(`\nHEED_DATA (${own}) holds it already; nothing to download\n`);
    expect(stderr).toContain(`\nin a recipe leave the folder out: ${names}\n`);
    expect(requests).toEqual([]);
    // In part is not enough.
    answer = (_, __, response) => void response.end('twenty tasks');
    await get('babi', { HEED_DATA: own }, '--out', 'again');
    expect(requests).toEqual([babi]);
  });

  it('says what is in a zip archive, as recipes name it', async () => {
    const own = join(folder, 'zipped');
    const [{ path }] = corpusNamed('tatoeba-en-fr').files;
    await mkdir(dirname(join(own, path)), { recursive: true });
    const files = { '_about.txt': new Uint8Array(), 'fra.txt': strToU8('Go.\tVa !\n') };
    await writeFile(join(own, path), zipSync(files));
    const { code, stdout, stderr } = await get('tatoeba-en-fr', { HEED_DATA: own });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(own, path)}\n` });
    expect(stderr).toContain(
      '\nor a file in it: tatoeba/fra-eng.zip/_about.txt, tatoeba/fra-eng.zip/fra.txt\n',
    );
  });

  const [train] = corpusNamed('multi30k').files;
  const original = sharedData(train.path);
  /** A file of the corpus as its publisher has it; of plain ones the copies at hand are packed. */
  const published = async (path: string): Promise<Uint8Array> => {
    const plain = sharedData(path);
    return plain ? await readFile(plain) : await readBytes(sharedData(`${path}.gz`) as string);
  };
  it.skipIf(original === undefined)(
    `resumes a real corpus where the connection broke, checks and reuses it${original ? '' : ' (no shared data here)'}`,
    async () => {
      let breaks = 1;
      answer = (path, { headers }, response) => {
        void published(path).then((content) => {
          const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
          response.writeHead(from > 0 ? 206 : 200, {
            'content-length': content.length - from,
            ...(from > 0 && { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
          });
          if (breaks-- > 0) {
            response.write(content.subarray(0, 200_000), () => setTimeout(() => response.destroy(), 100));
          } else response.end(content.subarray(from));
        });
      };
      const broken = await get('multi30k');
      expect(broken).toMatchObject({ code: 1, stdout: '' });
      expect(broken.stderr).toMatch(
        /stopped after \d+ bytes .*expected 637044 bytes\. Run it again; it resumes/,
      );
      expect(await files('cache/heed/multi30k')).toEqual(['train.de.gz.part']);
      const whole = await get('multi30k');
      expect(whole.code).toBe(0);
      expect(requests[0]).toMatch(/^multi30k\/raw\/train\.de\.gz bytes=[1-9]\d*-$/);
      expect(requests.length).toBe(21);
      expect(await readFile(join(folder, 'cache/heed', train.path))).toEqual(
        await readFile(original as string),
      );
      const again = await get('multi30k');
      expect(again).toMatchObject({ code: 0, stdout: whole.stdout });
      expect(again.stderr).toContain('\nevery file is there already, and as it should be\n');
      expect(requests).toEqual([]);
    },
  );
});

it('a recipe finds what was downloaded by the path it was told', async () => {
  const pairs = 'abc\tcba\nabd\tdba\n';
  await mkdir(join(folder, 'cache/heed/mine'), { recursive: true });
  await writeFile(join(folder, 'cache/heed/mine/pairs.tsv'), pairs);
  await writeFile(
    join(folder, 'cache/heed/mine/pairs.zip'),
    zipSync({ 'in/it.tsv': strToU8(`${pairs}abcd\tdcba\nA\ta\na \ta\nb\tb\n`) }),
  );
  const heed = heedIn(folder);
  const recipe =
    'task: translation\ndata:\n  train: { tsv: mine/pairs.tsv }\nsource: { tokens: character }\n';
  await heed.write('mine.yaml', `${recipe}model: { type: rnnenc, embedding: 4, hidden: 4, readout: 4 }\n`);
  const train = ['train', 'mine.yaml', '--set', 'training.maxSteps=1', '--threads', '1'];
  expect((await heed.good(train)).stderr).toContain(', 2 pairs, ');
  await cp(join(folder, 'cache/heed/mine'), join(folder, 'first/mine'), { recursive: true });
  await writeFile(join(folder, 'first/mine/pairs.tsv'), `${pairs}ab\tba\n`);
  const first = heedIn(folder, { HEED_DATA: 'first' });
  expect((await first.good([...train, '--out', 'runs/first'])).stderr).toContain(', 3 pairs, ');
  expect(existsSync(join(folder, 'runs/first/checkpoints/last.json'))).toBe(true);
  // Of an archive, and in part: of the 5 distinct sources of 6 pairs two are held out.
  const inside = [
    ...train,
    '--set',
    'data.train.tsv=mine/pairs.zip/in/it.tsv',
    '--set',
    'data.test.heldOut=2',
  ];
  const { stderr } = await heed.good([...inside, '--out', 'runs/inside']);
  expect(stderr).toMatch(/, [34] pairs, /);
  expect(stderr).toMatch(/exact match .* of [23] /);
});
