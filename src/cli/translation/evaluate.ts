import { readParallel, readTsv } from '../../data/corpus.node.ts';
import type { Pair } from '../../data/corpus.ts';
import { findCorpusFile } from '../../data/download.node.ts';
import { UsageError } from '../../errors.ts';
import { writeFileAtomic } from '../../formats/atomic.node.ts';
import type { TranslationRecipe } from '../../formats/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import { log, out, type RuntimeFlags } from '../console.ts';
import { loadPairs } from './data.ts';
import type { EnsembleFlags } from './ensemble.ts';
import { evaluateModel } from './evaluation.ts';
import { readTranslationRun } from './open.ts';

interface EvaluateOptions extends RuntimeFlags, EnsembleFlags {
  readonly input?: string;
  readonly separator?: string;
  readonly source?: string;
  readonly reference?: string;
  readonly beam?: number;
  readonly hypotheses?: string;
  readonly json?: boolean;
}

/** Files that go together. */
function checkAsked({ input, separator, source, reference }: EvaluateOptions): void {
  const parallel = source !== undefined || reference !== undefined;
  if ((input !== undefined && parallel) || (source === undefined) !== (reference === undefined)) {
    const given = Object.entries({ input, source, reference }).filter(([, path]) => path !== undefined);
    throw new UsageError(
      given.map(([name]) => `--${name}`).join(' and '),
      '--input alone, or --source with --reference',
      'Give one or the other.',
    );
  }
  if (separator !== undefined && input === undefined) {
    throw new UsageError('--separator without --input', 'both', 'Add --input, or leave it out.');
  }
}

/** The pairs of the files asked for; undefined when none are, which means the recipe's own. */
function askedPairs({ input, separator, source, reference }: EvaluateOptions): Promise<Pair[]> | undefined {
  if (input !== undefined) return readTsv(findCorpusFile(input), separator);
  if (source === undefined || reference === undefined) return undefined;
  return readParallel(findCorpusFile(source), findCorpusFile(reference));
}

async function ownPairs({ data, seed }: TranslationRecipe): Promise<Pair[]> {
  const { test } = await loadPairs(data, seed);
  if (test) return test;
  throw new UsageError(
    'a recipe without test data',
    'files to evaluate on',
    'Give --input, or --source with --reference.',
  );
}

/** `heed evaluate` of a model that translates: BLEU, chrF, exact match, and BLEU by source length. */
export async function evaluateText(model: string, options: EvaluateOptions): Promise<void> {
  checkAsked(options);
  const { recipe } = await readTranslationRun(model);
  const asked = await askedPairs(options);
  const pairs = asked ?? (await ownPairs(recipe));
  const backend = await openRuntime({ ...options, onFallback: log });
  const decoding = { ...recipe.decoding, beam: options.beam ?? recipe.decoding.beam };
  const { hypotheses, samples: _, ...found } = await evaluateModel(model, pairs, backend, decoding, options);
  if (options.hypotheses !== undefined) {
    await writeFileAtomic(options.hypotheses, hypotheses.map((h) => `${h}\n`).join(''));
  }
  if (options.json) return out(JSON.stringify({ ...found, sentences: hypotheses.length }, null, 2));
  out(`BLEU         ${found.metrics.bleu.toFixed(2)}   ${found.signature}`);
  out(`chrF         ${found.metrics.chrf.toFixed(2)}`);
  out(`exact match  ${(100 * found.metrics.exactMatch).toFixed(1)} % of ${hypotheses.length}`);
  out('source length   sentences   BLEU');
  for (const { from, to, sentences, bleu } of found.byLength) {
    out(`${`${from}–${to}`.padEnd(13)} ${String(sentences).padStart(11)}   ${bleu.toFixed(2)}`);
  }
}
