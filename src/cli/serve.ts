import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { UsageError } from '../errors.ts';
import { playground, type ServedModel } from '../server/app.ts';
import { folderReader, listen } from '../server/node.ts';
import { integerOption, log, out } from './console.ts';
import { bundleBytes } from './export.ts';

interface ServeOptions {
  readonly port: number;
}

/** Where the build of the page lies, beside this one. */
const PAGE = fileURLToPath(new URL('../web', import.meta.url));

/** `heed serve`: the playground in the browser, on this machine alone. */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .argument(
      '[model]',
      'a run directory or a bundle to begin with (default: the models that come with Heed)',
    )
    .description('the playground: translate, look inside, steer and train, all of it computed in the browser')
    .option('--port <n>', 'port on 127.0.0.1; 0 for any that is free', integerOption('--port', 0), 8080)
    .addHelpText('after', '\nExample:\n  heed serve runs/demo')
    .action(serve);
}

async function serve(path: string | undefined, { port }: ServeOptions): Promise<void> {
  const read = folderReader(PAGE);
  if ((await read('index.html')) === undefined) {
    throw new UsageError(
      'a Heed without its page',
      'one that was built',
      "Run 'npm run build' in its folder.",
    );
  }
  const model = path === undefined ? undefined : await servedModel(path);
  const { url, close } = await listen(playground(read, model), port);
  out(url);
  log('Open it in a browser; Ctrl-C ends it.');
  const stop = () => {
    void close().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

async function servedModel(path: string): Promise<ServedModel> {
  const { bytes, task } = await bundleBytes(path, 'float16');
  return { name: basename(path, extname(path)), bytes: new Uint8Array(bytes), task };
}
