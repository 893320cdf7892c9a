/** Imports run one way. The rooms and their order are the architecture (ARCHITECTURE.md); this reads the imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** Which rooms a room may import, its own aside. What stands alone on the ground is open to all. */
const GROUND = ['errors.ts', 'random.ts'];
const LEAVES = ['training', 'decoding', 'data', 'formats', 'metrics', 'plots'];
const SPINE = ['graph', 'runtime', 'nn', 'models', 'programs', 'tasks'];
const DOORS = ['cli', 'server'];
const MAY_IMPORT: Record<string, readonly string[]> = {
  'errors.ts': [],
  'random.ts': ['errors.ts'],
  ...Object.fromEntries(LEAVES.map((room) => [room, GROUND])),
  graph: GROUND,
  runtime: ['errors.ts'],
  nn: [...GROUND, 'graph'],
  models: [...GROUND, 'graph', 'nn'],
  programs: [...GROUND, 'graph', 'nn', 'models', 'runtime', ...LEAVES],
  tasks: [...GROUND, ...SPINE, ...LEAVES],
  server: [...GROUND, ...SPINE, ...LEAVES],
  cli: [...GROUND, ...SPINE, ...LEAVES, 'server'],
  'index.ts': [...GROUND, ...SPINE, ...LEAVES],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((f) => f.replaceAll('\\', '/'))
  .filter((f) => f.endsWith('.ts') && !f.endsWith('.d.ts'));

/** Static, dynamic and type imports, and re-exports. */
function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = /(?:^|[\s;}])(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]/g;
  const calls = /\bimport\(\s*['"`]([^'"`]+)['"`]\s*\)/g;
  return [...code.matchAll(statements), ...code.matchAll(calls)].map((m) => m[1]);
}

const imports = files.flatMap((file) =>
  importsOf(readFileSync(join(SRC, file), 'utf8')).map((target) => ({ file, target })),
);
const roomOf = (file: string): string => file.split('/')[0];
const within = imports
  .filter(({ target }) => target.startsWith('.'))
  .map(({ file, target }) => ({
    file,
    to: relative(SRC, join(SRC, dirname(file), target)).replaceAll('\\', '/'),
  }));

describe('imports', () => {
  it('are found', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(within.length).toBeGreaterThan(100);
    const sample =
      "import { a,\n b } from './x.ts';\nexport * from \"./y.ts\";\nimport './z.ts';\nawait import('node:fs');";
    expect(importsOf(sample)).toEqual(['./x.ts', './y.ts', './z.ts', 'node:fs']);
  });

  it('come from rooms whose place is known', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('go to rooms below, never above', () => {
    const wrong = within.filter(({ file, to }) => {
      const [from, room] = [roomOf(file), roomOf(to)];
      return from !== room && !MAY_IMPORT[from]?.includes(room);
    });
    expect(wrong.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
  });

  it('never go to the public index', () => {
    expect(within.filter(({ to }) => to === 'index.ts')).toEqual([]);
  });

  it('name files that exist, with their extension', () => {
    expect(within.filter(({ to }) => !files.includes(to)).map(({ file, to }) => `${file}: ${to}`)).toEqual(
      [],
    );
  });

  it('of node: stay at the edge, so that all else runs in a browser', () => {
    const allowed = (file: string) =>
      roomOf(file) === 'cli' ||
      file === 'server/node.ts' ||
      file === 'runtime/native.ts' ||
      file.endsWith('.node.ts');
    const wrong = imports.filter(({ file, target }) => target.startsWith('node:') && !allowed(file));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('of files for Node stay in files for Node, in their index apart', () => {
    const forNode = (file: string) => file.endsWith('.node.ts') || DOORS.includes(roomOf(file));
    const wrong = within.filter(({ file, to }) => to.endsWith('.node.ts') && !forNode(file));
    expect(wrong.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
  });
});
