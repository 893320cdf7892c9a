import type { Command } from 'commander';
import { readParallel, readTsv } from '../data/corpus.node.ts';
import type { Pair } from '../data/corpus.ts';
import { findCorpusFile } from '../data/download.node.ts';
import { readManifestFile } from '../data/speech/manifest.node.ts';
import { UsageError } from '../errors.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import type { SpeechRecipe, TranslationRecipe } from '../formats/index.ts';
import { openRuntime } from '../runtime/index.ts';
import { addRuntimeOptions, integerOption, log, out, type RuntimeFlags, refuseFlags } from './console.ts';
import { loadPairs } from './data.ts';
import { addEnsembleOptions, type EnsembleFlags } from './ensemble.ts';
import { evaluateModel } from './evaluation.ts';
import { readRun } from './runDirectory.ts';
import { loadUtterances } from './speechData.ts';
import { editsShown, evaluateSpeech } from './speechEvaluation.ts';
import { addSpeechSearchOptions, SPEECH_SEARCH_FLAGS, type SpeechSearchFlags } from './speechSearch.ts';

interface EvaluateOptions extends RuntimeFlags, EnsembleFlags, SpeechSearchFlags {
  readonly input?: string;
  readonly separator?: string;
  readonly source?: string;
  readonly reference?: string;
  readonly beam?: number;
  readonly hypotheses?: string;
  readonly json?: boolean;
  readonly edits?: string;
}

/** `heed evaluate`: BLEU, chrF, exact match, and BLEU by source length; of speech word and character error rates. */
export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .argument('<model>', 'a run directory')
    .description("translate or recognise test data and measure (default: the recipe's test data)")
    .option(
      '--input <file.tsv>',
      'pairs, source TAB reference a line; for speech path TAB text, paths from where the file lies',
    )
    .option('--separator <text>', 'what stands between source and reference (default: a tab)')
    .option('--source <file>', 'sources, one a line')
    .option('--reference <file>', 'references, one a line')
    .option('--beam <n>', 'hypotheses kept at each step (default: as in the recipe)', integerOption('--beam'))
    .option(
      '--hypotheses <file>',
      'write the translations to a file, one a line; with alternatives one for each different source',
    )
    .option('--edits <file>', 'speech: write how reference and transcript differ, word by word; - shows it')
    .option('--json', 'all figures as one JSON object');
  addSpeechSearchOptions(command);
  addEnsembleOptions(command);
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed evaluate runs/multi30k-de-en --source test.de --reference test.en --json' +
        '\n  heed evaluate runs/an4-ctc --input recordings.tsv --edits -',
    )
    .action(evaluate);
}

const SPEECH_FLAGS = ['edits', ...SPEECH_SEARCH_FLAGS];
const TEXT_FLAGS = ['separator', 'source', 'reference', 'ensemble', 'ensembleMean'];

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

async function evaluate(model: string, options: EvaluateOptions, command: Command): Promise<void> {
  checkAsked(options);
  const run = await readRun(model);
  if (run.task === 'speech') {
    refuseFlags(command, TEXT_FLAGS, run.task);
    return evaluateSpeechRun(model, run.recipe, options);
  }
  const { recipe } = run;
  refuseFlags(command, SPEECH_FLAGS, run.task);
  const asked = await askedPairs(options);
  const pairs = asked ?? (await ownPairs(recipe));
  const backend = await openRuntime({ ...options, onFallback: log });
  const decoding = { ...recipe.decoding, beam: options.beam ?? recipe.decoding.beam };
  const { hypotheses, ...found } = await evaluateModel(model, pairs, backend, decoding, options);
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

async function evaluateSpeechRun(
  model: string,
  recipe: SpeechRecipe,
  options: EvaluateOptions,
): Promise<void> {
  const { input, beam, edits, json, hypotheses: path } = options;
  if (json && edits === '-') {
    throw new UsageError(
      '--json with --edits -',
      'JSON, or the edits for reading',
      'Leave one out, or name a file for the edits.',
    );
  }
  const data = input === undefined ? await loadUtterances(recipe.data, recipe.seed) : undefined;
  const test = input === undefined ? data?.test : await readManifestFile(findCorpusFile(input));
  if (!test) {
    throw new UsageError('a recipe without test data', 'utterances to evaluate on', 'Give --input.');
  }
  const backend = await openRuntime({ ...options, onFallback: log });
  const found = await evaluateSpeech(model, test, backend, {
    beam,
    search: options,
    transcripts: data?.train.map(({ text }) => text),
  });
  const { hypotheses, references: _, utterances, edits: alignments, ...figures } = found;
  if (path !== undefined) await writeFileAtomic(path, hypotheses.map((h) => `${h}\n`).join(''));
  const shown = utterances.map((id, i) => [id, ...editsShown(alignments[i]), ''].join('\n'));
  if (edits !== undefined && edits !== '-')
    await writeFileAtomic(edits, shown.map((text) => `${text}\n`).join(''));
  if (json) return out(JSON.stringify({ ...figures, sentences: hypotheses.length }, null, 2));
  if (edits === '-') for (const text of shown) out(text);
  const { wer, cer, exactMatch } = found.metrics;
  out(`word error rate       ${wer.toFixed(2)} %`);
  out(`character error rate  ${cer.toFixed(2)} %`);
  out(`transcripts right     ${(100 * exactMatch).toFixed(1)} % of ${hypotheses.length}`);
  out(
    `real-time factor      ${found.realTimeFactor.toFixed(3)} (seconds of computing a second of sound, after the model was compiled)`,
  );
  if (found.overlap) {
    const { repeated, utterances: count, outOfVocabulary } = found.overlap;
    out(
      `test transcripts in the training  ${repeated} of ${count}; words that are not: ${outOfVocabulary.join(', ') || 'none'}`,
    );
  }
}
