// Copies what must last of a run into results/: figures with the command that gave them, validations, hypotheses.
//   node scripts/record.mjs runs/NAME "the command"
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [run, command] = process.argv.slice(2);
if (!run || !command) {
  console.error('usage: node scripts/record.mjs runs/NAME "the command that made it"');
  process.exit(2);
}
const name = basename(run);
mkdirSync('results', { recursive: true });
const results = JSON.parse(readFileSync(join(run, 'results.json'), 'utf8'));
const events = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const validations = events
  .filter((e) => e.type === 'validation')
  .map(({ step, epochs, metrics }) => ({ step, epochs, ...metrics }));
writeFileSync(
  join('results', `${name}.json`),
  `${JSON.stringify({ command, ...results, validations }, null, 2)}\n`,
);
copyFileSync(join(run, 'hypotheses.txt'), join('results', `${name}.hypotheses.txt`));
