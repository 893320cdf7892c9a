// Puts the two models that the playground compares into web/public/models, with sentences from short to long and how
// well each did by length, from what `heed reproduce rnnsearch` left.
//   npm run build && node scripts/compare.mjs runs/reproduce-rnnsearch
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory] = process.argv.slice(2);
if (directory === undefined) {
  console.error('usage: node scripts/compare.mjs DIRECTORY of heed reproduce rnnsearch');
  process.exit(2);
}
const folder = 'web/public/models';
const TRAINED_ON = 30;
const NAMES = [`RNNenc-${TRAINED_ON}`, `RNNsearch-${TRAINED_ON}`];
const SHORTEST = 4;
const words = (text) => text.split(/\s+/).filter(Boolean).length;

const { models, corpus } = JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8'));
const compared = NAMES.map((name) => models.find((model) => model.name === name));

// One sentence of every second length: the first of the test.
const pairs = readFileSync(join(directory, 'data', 'test.tsv'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split('\t'));
const byLength = new Map();
for (const [source, reference] of pairs) {
  const length = words(source);
  if (length >= SHORTEST && length % 2 === 0 && !byLength.has(length))
    byLength.set(length, { source, reference });
}
const sentences = [...byLength].sort(([a], [b]) => a - b).map(([, sentence]) => sentence);

const curve = compared[0].byLength.map(({ from, to }, i) => ({
  length: (from + to - 1) / 2,
  bleu: compared.map((model) => Number(model.byLength[i].bleu.toFixed(1))),
}));
writeFileSync(
  join(folder, 'compare.json'),
  `${JSON.stringify({ corpus: corpus.description, trainedOn: TRAINED_ON, sentences, byLength: curve }, null, 1)}\n`,
);

const list = JSON.parse(readFileSync(join(folder, 'models.json'), 'utf8')).filter(
  ({ view }) => view !== 'compare',
);
for (const model of compared) {
  const file = `${model.name.toLowerCase()}.heed`;
  const path = join(folder, file);
  execFileSync(process.execPath, [
    ...['dist/cli/main.js', 'export', model.directory, '--out', path],
    ...['--weights', 'int8', '--licence', 'CC0-1.0'],
  ]);
  list.push({
    file,
    name: model.name,
    view: 'compare',
    examples: [],
    attribution: 'Trained on sentences of an embedded grammar; CC0.',
    bytes: statSync(path).size,
  });
}
writeFileSync(join(folder, 'models.json'), `${JSON.stringify(list, null, 2)}\n`);
console.log(`${sentences.length} sentences of ${SHORTEST} to ${words(sentences.at(-1).source)} words`);
