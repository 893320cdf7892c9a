// Compiles assembly/kernels.ts to WebAssembly, as base64 in src/training/kernels.generated.ts.
// With --check it writes nothing and fails when that file is not what the source compiles to.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const target = fileURLToPath(new URL('../src/training/kernels.generated.ts', import.meta.url));
const files = new Map();
const { error, stderr } = await asc.main(
  ['kernels.ts', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '-o', 'kernels.wasm'].concat([
    '--importMemory',
    '--noExportMemory',
  ]),
  {
    readFile: (name) =>
      name === 'kernels.ts' ? readFileSync(new URL(`../assembly/${name}`, import.meta.url), 'utf8') : null,
    writeFile: (name, contents) => files.set(name, contents),
    listFiles: () => [],
  },
);
if (error) {
  console.error(stderr.toString());
  process.exit(1);
}
const base64 = Buffer.from(files.get('kernels.wasm')).toString('base64');
const lines = base64.match(/.{1,100}/g).map((line) => `  '${line}'`);
const text =
  '// Compiled from assembly/kernels.ts by `npm run kernels`. Do not edit.\n' +
  `export const kernelsBase64 =\n${lines.join(' +\n')};\n`;
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error(
    'src/training/kernels.generated.ts is not what assembly/kernels.ts compiles to: npm run kernels',
  );
  process.exit(1);
}
