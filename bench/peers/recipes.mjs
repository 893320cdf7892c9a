// Training speed of recipes against PyTorch re-creations of their models, measured alternately in one go.
//   node bench/peers/recipes.mjs [--rounds 3] [--steps 10] [--threads 2] [--out results/speed.json] RECIPE…
// Needs the built command line, the recipes' data (HEED_DATA) and, for the other side, PyTorch: of --python, or of the
// first of python3 and /usr/bin/python3 that has it. Without PyTorch it says so and measures nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { peerOf } from './peers.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals: recipes } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '10' },
    threads: { type: 'string', default: String(availableParallelism()) },
    out: { type: 'string', default: join(root, 'results/speed.json') },
    python: { type: 'string' },
    heed: { type: 'string', default: join(root, 'dist/cli/main.js') },
  },
});
const usage = (message) => {
  console.error(
    `${message}\nusage: node bench/peers/recipes.mjs [--rounds N] [--steps N] [--threads N] RECIPE…`,
  );
  process.exit(2);
};
for (const name of ['rounds', 'steps', 'threads']) {
  if (!/^[1-9]\d*$/.test(values[name])) usage(`--${name} ${values[name]}: a whole number of at least 1`);
}
if (recipes.length === 0) usage('no recipe');
if (!existsSync(values.heed)) usage(`there is no ${values.heed}: npm run build`);

const pythons = values.python ? [values.python] : ['python3', '/usr/bin/python3'];
const python = pythons.find((p) => spawnSync(p, ['-c', 'import torch']).status === 0);
if (python === undefined) {
  console.error(
    `no PyTorch in ${pythons.join(' or ')}: nothing measured (Debian: apt-get install python3-torch libopenblas0-pthread)`,
  );
  process.exit(0);
}
const { parseRecipe } = await import(pathToFileURL(join(dirname(values.heed), '../formats/index.js')).href);

/** Runs a program to its end and reads the JSON it prints. */
function json(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout);
  console.error(`${command} ${args.join(' ')} failed:\n${error?.message ?? stderr}`);
  process.exit(1);
}

/** A peer's flags as a command line has them: true stands for the flag alone, false for none. */
const commandLine = (flags) =>
  Object.entries(flags).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return value ? [`--${name}`] : [];
    return [`--${name}`, String(value)];
  });

function checkSameModel({ moreParameters }, ours, peers) {
  if (peers === ours + moreParameters) return;
  console.error(
    `the peer has ${peers} parameters, expected ${ours} and ${moreParameters} more: not the same model`,
  );
  process.exit(1);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

function measure(path) {
  const recipe = parseRecipe(readFileSync(path, 'utf8'), path);
  const peerOfRecipe = peerOf(recipe);
  const { skipped, script } = peerOfRecipe;
  const asked = (shape) => {
    const threads = [...new Set(['1', values.threads])];
    const flags = { ...peerOfRecipe.flags(shape), steps: values.steps };
    return [...commandLine(flags), '--threads', ...threads, '--json'];
  };
  const [ours, peers] = [[], []];
  const own = ['bench', 'train', '--recipe', path, '--threads', values.threads, '--steps', values.steps];
  for (let round = 0; round < Number(values.rounds); round++) {
    ours.push(json(process.execPath, [values.heed, ...own, '--json']));
    if (skipped) continue;
    peers.push(json(python, [join(here, script), ...asked(ours[0].shape)]));
    checkSameModel(peerOfRecipe, ours[0].parameters, peers[0].parameters);
  }
  const [{ shape, parameters, versions }] = ours;
  const tokens = (recipe.training.accumulate ?? 1) * shape.batch * shape.target;
  const seconds = ours.map((r) => r.secondsPerStep);
  const heed = {
    command: `npx heed ${own.join(' ')} --json`,
    threads: Number(values.threads),
    secondsPerStep: median(seconds),
    tokensPerSecond: tokens / median(seconds),
    rounds: seconds,
    versions,
  };
  const machine = { processor: cpus()[0].model.trim(), cores: availableParallelism() };
  const found = { machine, shape, parameters, heed };
  if (skipped) return { ...found, peer: { skipped } };
  const rounds = peers.map((r) => r.secondsPerStep);
  const secondsPerStep = Object.fromEntries(
    Object.keys(rounds[0]).map((threads) => [threads, median(rounds.map((r) => r[threads]))]),
  );
  const [bestThreads, best] = Object.entries(secondsPerStep).sort(([, a], [, b]) => a - b)[0];
  const peer = {
    torch: peers[0].torch,
    command: `python3 bench/peers/${script} ${asked(shape).join(' ')}`,
    secondsPerStep,
    bestThreads: Number(bestThreads),
    tokensPerSecond: tokens / best,
    rounds,
  };
  return { ...found, peer, timesPeer: best / median(seconds) };
}

for (const path of recipes) {
  const found = measure(path);
  const name = basename(path, extname(path));
  // Anew for each: a recipe that fails leaves those before it recorded.
  const speed = existsSync(values.out) ? JSON.parse(readFileSync(values.out, 'utf8')) : {};
  const all = Object.entries({ ...speed.recipes, [name]: found }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(values.out, `${JSON.stringify({ recipes: Object.fromEntries(all) }, null, 2)}\n`);
  const against =
    found.timesPeer === undefined
      ? found.peer.skipped
      : `${found.timesPeer.toFixed(2)} times PyTorch ${found.peer.torch} (threads: ${found.peer.bestThreads})`;
  console.error(`${name}: ${found.heed.tokensPerSecond.toFixed(0)} target tokens/s, ${against}`);
}
