// Measures the playground in Chromium beside the same training in Node on WebAssembly, in one run.
//   npm run build && node bench/playground.mjs [seconds of each training, default 40]
// Prints JSON: gzip sizes of the build, first paint, and tokens a second in the page and in Node, with one and two threads.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { playground } from '../dist/server/app.js';
import { folderReader, listen } from '../dist/server/node.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const seconds = Number(process.argv[2] ?? 40);
const executablePath = process.env.HEED_CHROMIUM ?? '/usr/bin/chromium';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
// The first steps compile and grow memory.
const settled = (rates) => median(rates.slice(Math.ceil(rates.length / 4)));

function sizes() {
  const folder = join(root, 'dist/web/assets');
  const files = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name));
  return Object.fromEntries(
    files.map((name) => [
      name.replace(/-[\w-]{8}\./, '.'),
      gzipSync(readFileSync(join(folder, name))).length,
    ]),
  );
}

/** Tokens a second of every step that the page tells of. */
async function inPage(isolated) {
  const app = playground(folderReader(join(root, 'dist/web')));
  // Without isolation there is one thread.
  const headers = ['cross-origin-opener-policy', 'cross-origin-embedder-policy'];
  const plain = {
    async fetch(request) {
      const response = await app.fetch(request);
      for (const name of isolated ? [] : headers) response.headers.delete(name);
      return response;
    },
  };
  const { url, close } = await listen(plain, 0);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.getByTestId('answer').filter({ hasText: '1989' }).waitFor({ timeout: 120_000 });
    const paint = await page.evaluate(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    );
    await page.goto(`${url}#train`);
    await page.reload();
    await page.getByRole('button', { name: 'Train' }).click();
    const rates = [];
    const begun = Date.now();
    const said = page.getByTestId('training');
    let last = '';
    while (Date.now() - begun < 1000 * seconds) {
      const text = (await said.textContent()) ?? '';
      const [, step, rate] = /Step (\d+): .*?, ([\d,]+) tokens a second/.exec(text) ?? [];
      if (step !== undefined && step !== last) rates.push(Number(rate.replaceAll(',', '')));
      last = step ?? last;
      await page.waitForTimeout(50);
    }
    const threads = /with (\d+) thread/.exec((await page.textContent('footer')) ?? '')?.[1];
    return {
      threads: Number(threads),
      firstContentfulPaintMs: paint,
      tokensPerSecond: settled(rates),
      steps: Number(last),
    };
  } finally {
    await browser.close();
    await close();
  }
}

/** The same model, data and batches by `heed train --device wasm`. */
async function inNode(threads) {
  const folder = mkdtempSync(join(tmpdir(), 'heed-bench-'));
  const recipe = join(root, 'web/src/worker/page.yaml');
  const out = join(folder, 'run');
  const train = spawn(
    process.execPath,
    [
      join(root, 'dist/cli/main.js'),
      'train',
      recipe,
      '--out',
      out,
      '--device',
      'wasm',
      '--threads',
      String(threads),
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise((done) => train.on('exit', done));
  await new Promise((done) => setTimeout(done, 1000 * seconds));
  train.kill('SIGINT');
  await ended;
  const rates = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'step')
    .map(({ tokensPerSecond }) => tokensPerSecond);
  rmSync(folder, { recursive: true });
  return { threads, tokensPerSecond: settled(rates), steps: rates.length };
}

statSync(join(root, 'dist/web/index.html'));
const version = execFileSync(executablePath, ['--version'], { encoding: 'utf8' }).trim();
const page = [await inPage(false), await inPage(true)];
const node = [];
for (const { threads } of page) node.push(await inNode(threads));
const shareOfNode = page.map(({ tokensPerSecond }, i) => tokensPerSecond / node[i].tokensPerSecond);
console.log(
  JSON.stringify(
    { chromium: version, node: process.version, gzipBytes: sizes(), page, nodeWasm: node, shareOfNode },
    null,
    2,
  ),
);
process.exit(0);
