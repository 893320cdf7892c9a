/** Before any test: builds what the command-line tests run, if a source is newer than it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const main = `${root}dist/cli/main.js`;

const newest = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((time, { parentPath, name }) => Math.max(time, statSync(`${parentPath}/${name}`).mtimeMs), 0);

export default function build(): void {
  const begun = new Date();
  const sources = Math.max(newest(`${root}src`), statSync(`${root}tsconfig.build.json`).mtimeMs);
  if (existsSync(main) && statSync(main).mtimeMs >= sources) return;
  const tsc = [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.build.json`];
  const { status, stdout } = spawnSync(process.execPath, tsc, { encoding: 'utf8' });
  // It emits whatever the types are like, and the type check is a command of its own: no reason to test nothing.
  if (status !== 0) console.error(stdout);
  if (existsSync(main)) utimesSync(main, begun, begun);
}
