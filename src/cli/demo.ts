import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Pair } from '../data/corpus.ts';
import { applySettings, parseTranslationRecipe } from '../formats/index.ts';
import { openRuntime } from '../runtime/index.ts';
import { addRuntimeOptions, duration, log, out, type RuntimeFlags } from './console.ts';
import { REPORT } from './report/listener.ts';
import { trainRun } from './train.ts';
import { loadPairs } from './translation/data.ts';
import { openTranslator } from './translation/open.ts';
import { drawing } from './translation/predict.ts';

const recipePath = new URL('../../recipes/dates.yaml', import.meta.url);

interface DemoOptions extends RuntimeFlags {
  readonly out: string;
  readonly set: readonly string[];
  readonly force?: boolean;
}

/** `heed demo`: the whole way in two minutes, on embedded data. */
export function registerDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('train RNNsearch on dates in 28 locales (embedded, no download), evaluate, draw, explain')
    .option('--out <dir>', 'run directory; a demo that is there is replaced', join('runs', 'demo'))
    .option('--set <path=value>', 'change a value of its recipe', (v, all: string[]) => [...all, v], [])
    .option('--force', 'replace another run that is there');
  addRuntimeOptions(command).addHelpText('after', '\nExample:\n  heed demo --threads 2').action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const begun = performance.now();
  const original = await readFile(recipePath, 'utf8');
  const recipeText = applySettings(original, options.set, 'recipes/dates.yaml');
  const recipe = parseTranslationRecipe(recipeText, 'recipes/dates.yaml');
  const directory = options.out;
  const there = await readFile(join(directory, 'recipe.yaml'), 'utf8').catch(() => '');
  out('Heed learns to read dates as people write them in 28 locales, and to write them as ISO 8601.');
  out(
    'The model is RNNsearch: a bidirectional GRU encoder, attention, a GRU decoder (Bahdanau et al. 2015).',
  );
  out('No date of the test is in the training data, in whatever locale.');
  const report = join(directory, REPORT);
  out(`Report, written as it learns: ${report}\n`);
  const backend = await openRuntime({ ...options, onFallback: log });
  const { done } = await trainRun({
    recipeText,
    recipePath: 'recipes/dates.yaml',
    directory,
    backend,
    // A demo may take the place of a demo, not of somebody's run.
    force: options.force || [original, recipeText].includes(there),
  });
  if (done.reason === 'aborted') {
    process.exitCode = 130;
    return;
  }
  const { translator } = await openTranslator(directory, backend);
  try {
    const { test = [] } = await loadPairs(recipe.data, recipe.seed);
    const found = (
      await translator.translate(
        test.map((p) => p.source),
        recipe.decoding,
      )
    ).map(([best]) => best);
    const right = found.filter((t, i) => t.text === test[i].target).length;
    const accuracy = `${((100 * right) / test.length).toFixed(1)} %`;
    const shown = pickShown(test);
    out('\nWhat it reads, what it writes, and where it looked (one row a character written):\n');
    for (const i of shown.slice(0, 3)) {
      out(
        `${test[i].source}  →  ${found[i].text}${found[i].text === test[i].target ? '' : `  (wrong: ${test[i].target})`}`,
      );
      out(drawing(found[i]));
    }
    const seconds = (performance.now() - begun) / 1000;
    out(`Exact match on ${test.length} held-out dates: ${accuracy}   (${duration(seconds)} in all)`);
    out(`Report, with curves, attention maps and mistakes: ${report}`);
    out(`Try your own: npx heed predict ${directory} "9. November 1989" --attention -`);
  } finally {
    await translator.dispose();
  }
}

/** Dates of different scripts and lengths, so that the maps are not all alike. */
function pickShown(test: readonly Pair[]): number[] {
  const scripts = [
    /\p{Script=Han}/u,
    /\p{Script=Cyrillic}/u,
    /\p{Script=Latin}{4}/u,
    /\p{Script=Arabic}/u,
    /\p{Script=Hangul}/u,
    /\p{Script=Devanagari}/u,
    /\p{Script=Greek}/u,
    /\p{Script=Thai}/u,
  ];
  const chosen = scripts.map((script) => test.findIndex((pair) => script.test(pair.source)));
  return [...new Set(chosen.filter((i) => i >= 0))];
}
