// Copies what must last into results/: figures with the command that gave them, the machine, validations, hypotheses.
//   node scripts/record.mjs runs/NAME "the command"                                   a run: results/NAME.json
//   node scripts/record.mjs --evaluation FILE NAME "the command" [HYPOTHESES]         what heed evaluate --json printed
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { basename, join } from 'node:path';

const fail = (code, message) => {
  console.error(message);
  process.exit(code);
};
const read = (path, what) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return fail(1, `${path}, which cannot be read (${error.code}); expected ${what}`);
  }
};
const readFigures = (path, what) => {
  try {
    const figures = JSON.parse(read(path, what));
    if (typeof figures.metrics === 'object') return figures;
  } catch {} // not JSON either
  return fail(1, `${path} holds no metrics; expected ${what}`);
};

/** Results tell no machine, so it is looked at now: record on the machine that trained. */
function machine(command, backend = 'native') {
  const asked = /--threads[ =](\d+)/.exec(command)?.[1];
  const all = backend === 'native' ? availableParallelism() : undefined;
  return {
    processor: cpus()[0].model.trim(),
    cores: availableParallelism(),
    threads: asked === undefined ? all : Number(asked),
    node: process.versions.node,
    noted: 'when recorded; threads of the command, or all cores',
  };
}

/** Writes results/NAME.json, and the hypotheses beside it. */
function write(name, { command, ...rest }, hypotheses) {
  mkdirSync('results', { recursive: true });
  const facts = { command, machine: machine(command, rest.backend), ...rest }; // a machine of its own wins
  writeFileSync(join('results', `${name}.json`), `${JSON.stringify(facts, null, 2)}\n`);
  if (hypotheses) copyFileSync(hypotheses, join('results', `${name}.hypotheses.txt`));
}

function recordRun(run, command) {
  const figures = readFigures(join(run, 'results.json'), 'a run that has been trained and tested');
  const validations = read(join(run, 'metrics.jsonl'), 'the events of the training')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((e) => e.type === 'validation')
    .map(({ step, epochs, metrics }) => ({ step, epochs, ...metrics }));
  // Of a generated task there are none.
  const hypotheses = [join(run, 'hypotheses.txt')].find((path) => existsSync(path));
  write(basename(run), { command, ...figures, validations }, hypotheses);
}

function recordEvaluation(file, name, command, hypotheses) {
  const figures = readFigures(file, 'what heed evaluate --json prints');
  write(name, { command, evaluation: true, ...figures }, hypotheses);
}

const given = process.argv.slice(2);
if (given[0] === '--evaluation' && given.length >= 4 && given.length <= 5)
  recordEvaluation(...given.slice(1));
else if (given.length === 2 && !given[0].startsWith('--')) recordRun(...given);
else {
  fail(
    2,
    'usage: node scripts/record.mjs runs/NAME "the command that made it"\n' +
      '       node scripts/record.mjs --evaluation FILE NAME "the command that printed it" [HYPOTHESES]',
  );
}
