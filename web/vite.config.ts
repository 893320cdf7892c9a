import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { parseRecipe, recipeSchemaId } from '../src/formats/recipe.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What ONNX Runtime loads itself when it starts: served beside the app, in no chunk of it. */
function runtimeFiles(): Plugin {
  const names = ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];
  const source = (name: string) => at(`../node_modules/onnxruntime-web/dist/${name}`);
  return {
    name: 'heed-runtime-files',
    configureServer(server) {
      for (const name of names) {
        server.middlewares.use(`/runtime/${name}`, (_request, response) => {
          response.setHeader('Content-Type', name.endsWith('.mjs') ? 'text/javascript' : 'application/wasm');
          createReadStream(source(name)).pipe(response);
        });
      }
    },
    async writeBundle({ dir = '' }) {
      await mkdir(`${dir}/runtime`, { recursive: true });
      for (const name of names) await copyFile(source(name), `${dir}/runtime/${name}`);
    },
  };
}

/** `import recipe from 'recipe:PATH.yaml'`: read and checked now, so that the page needs neither YAML nor its schema. */
function recipes(): Plugin {
  return {
    name: 'heed-recipes',
    enforce: 'pre',
    resolveId(id, importer) {
      if (id.startsWith('recipe:') && importer) return `\0${resolve(dirname(importer), id.slice(7))}.recipe`;
    },
    async load(id) {
      if (!id.startsWith('\0') || !id.endsWith('.recipe')) return;
      const path = id.slice(1, -'.recipe'.length);
      this.addWatchFile(path);
      const text = await readFile(path, 'utf8');
      const recipe = JSON.stringify(parseRecipe(text, path));
      return `export default ${recipe};\nexport const text = ${JSON.stringify(text)};`;
    },
  };
}

/** sw.js, which keeps the files of this build so that the page works offline. */
function offline(): Plugin {
  return {
    name: 'heed-offline',
    apply: 'build',
    async closeBundle() {
      const folder = at('../dist/web');
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, `${entry.parentPath}/${entry.name}`).replaceAll('\\', '/'))
        // Models and their examples are kept when they are first asked for: nobody needs all of them at once.
        .filter((file) => file !== 'sw.js' && (!file.startsWith('models/') || file.endsWith('.json')))
        .sort();
      const hash = createHash('sha256');
      for (const file of files) hash.update(file).update(await readFile(`${folder}/${file}`));
      const text = await readFile(at('src/sw.js'), 'utf8');
      const lists = `const VERSION = '${hash.digest('hex').slice(0, 12)}';\nconst FILES = ${JSON.stringify(['./', ...files])};\n`;
      await writeFile(`${folder}/sw.js`, lists + text);
    },
  };
}

export default defineConfig({
  root: at('.'),
  base: './', // any folder of any web host
  define: { RECIPE_SCHEMA: JSON.stringify(recipeSchemaId()) },
  resolve: {
    alias: [
      { find: /^\.\/native\.ts$/, replacement: at('src/worker/noNative.ts') },
      { find: /^heed$/, replacement: at('../src/index.ts') },
      // Only the CPU part of the runtime: half the bytes of the one with WebGPU.
      { find: /^onnxruntime-web$/, replacement: at('../node_modules/onnxruntime-web/dist/ort.wasm.min.mjs') },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', plugins: () => [recipes()] },
  build: {
    outDir: at('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  plugins: [recipes(), runtimeFiles(), offline()],
});
