/** Runs a program in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export function scriptFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'heed-script-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return {
    folder,
    run(script: string, ...args: string[]) {
      const options = { cwd: folder, encoding: 'utf8' } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, script), ...args], options);
      return { code: status, stdout, stderr };
    },
    read: (name: string): string => readFileSync(join(folder, name), 'utf8'),
    write(name: string, content: unknown): void {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    },
    remove: (name: string): void => rmSync(join(folder, name)),
  };
}
