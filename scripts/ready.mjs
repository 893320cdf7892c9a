// Makes a fresh clone ready: installs what is missing, and builds when asked to. `npm run demo` and
// `npm test` start here, so that each works with nothing installed. Plain JavaScript: it runs before any install.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';

const stamp = 'node_modules/.heed-ready';
const lock = readFileSync('package-lock.json', 'utf8');
const run = (command, args) => {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }; // its install script downloads CUDA files
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    env,
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (status !== 0) {
    console.error(`heed: '${command} ${args.join(' ')}' failed${error ? `: ${error.message}` : ''}`);
    process.exit(1);
  }
};
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock || !existsSync('node_modules/typescript')) {
  console.error('heed: installing packages (once)…');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (statSync('node_modules').isDirectory()) writeFileSync(stamp, lock);
}
if (process.argv.includes('build')) {
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  run(process.execPath, [
    'node_modules/vite/bin/vite.js',
    'build',
    '-c',
    'web/vite.config.ts',
    '--logLevel=warn',
  ]);
}
