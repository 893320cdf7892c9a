/** `heed/metrics` is for programs that want no engine: it must load where nothing else is installed. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'heed-metrics-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('loads with no other package, and no other room of Heed, in reach', () => {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const part of ['metrics', 'errors.js', 'random.js'])
    cpSync(join(dist, part), join(folder, part), { recursive: true });
  const program = `import * as metrics from './metrics/index.js';
    const { bleu, chrf, ter, wer } = metrics;
    const given = [['a b c d']];
    console.log([bleu, chrf, ter, wer].map((metric) => metric(['a b c d'], given).score.toFixed(3)).join(' '));`;
  writeFileSync(join(folder, 'program.js'), program);
  const env = { PATH: process.env.PATH ?? '' };
  const said = execFileSync(process.execPath, ['program.js'], { cwd: folder, env, encoding: 'utf8' });
  expect(said).toBe('100.000 100.000 0.000 0.000\n');
});
