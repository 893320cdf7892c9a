/** Before any test: builds what the tests of the command line and of the page run, where a source is newer than it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

const newest = (paths: readonly string[]): number => Math.max(...paths.map(newestIn));

function newestIn(path: string): number {
  const own = statSync(path).mtimeMs;
  if (!statSync(path).isDirectory()) return own;
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((time, { parentPath, name }) => Math.max(time, statSync(`${parentPath}/${name}`).mtimeMs), 0);
}

const STEPS = [
  {
    made: 'dist/cli/main.js',
    of: ['src', 'tsconfig.build.json'],
    command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  },
  {
    made: 'dist/web/index.html',
    of: ['src', 'web'],
    command: ['node_modules/vite/bin/vite.js', 'build', '-c', 'web/vite.config.ts', '--logLevel=warn'],
  },
];

export default function build(): void {
  for (const { made, of, command } of STEPS) {
    const begun = new Date();
    if (existsSync(root + made) && statSync(root + made).mtimeMs >= newest(of.map((path) => root + path)))
      continue;
    const [script, ...rest] = command;
    const { status, stdout, stderr } = spawnSync(process.execPath, [root + script, ...rest], {
      cwd: root,
      // The runner says test; what is built is what ships.
      env: { ...process.env, NODE_ENV: 'production' },
      encoding: 'utf8',
    });
    // It emits whatever the types are like, and the type check is a command of its own: no reason to test nothing.
    if (status !== 0) console.error(stdout, stderr);
    if (existsSync(root + made)) utimesSync(root + made, begun, begun);
  }
}
