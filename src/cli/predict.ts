import type { Command } from 'commander';
import { DataError, UsageError } from '../errors.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import { type AttentionMap, attentionTerminal } from '../plots/index.ts';
import { openRuntime } from '../runtime/index.ts';
import type { Translation } from '../tasks/translator.ts';
import { END } from '../tasks/translator.ts';
import { addRuntimeOptions, integerOption, log, type RuntimeFlags } from './console.ts';
import { checkTexts, readInputLines } from './input.ts';
import { openModel } from './runDirectory.ts';

interface PredictOptions extends RuntimeFlags {
  readonly input?: string;
  readonly output?: string;
  readonly beam?: number;
  readonly nBest?: number;
  readonly attention?: string;
  readonly json?: boolean;
}

/** `heed predict`: one line of output a line of input; blank lines stay blank. */
export function registerPredict(program: Command): void {
  const command = program
    .command('predict')
    .argument('<model>', 'a run directory')
    .argument('[input...]', 'texts to translate')
    .description('translate texts')
    .option('--input <file>', 'read texts from a file, one a line (- for standard input)')
    .option('--output <file>', 'write to a file (default: standard output)', '-')
    .option(
      '--beam <n>',
      'hypotheses kept at each step; 1 is greedy search (default: as in the recipe)',
      integerOption('--beam'),
    )
    .option('--n-best <n>', 'so many translations of each text', integerOption('--n-best'), 1)
    .option('--attention <file>', 'write alignments as JSON lines; - draws them')
    .option('--json', 'one JSON object a text');
  addRuntimeOptions(command)
    .addHelpText(
      'after',
      '\nExample:\n  heed predict runs/multi30k-de-en "Ein Hund rennt durch den Schnee." --attention -',
    )
    .action((model: string, texts: string[], options: PredictOptions) => predict(model, texts, options));
}

async function readInput(texts: readonly string[], input: string | undefined): Promise<string[]> {
  if (input !== undefined && texts.length > 0) {
    throw new UsageError('texts and --input', 'one of them', 'Leave one out.');
  }
  if (input !== undefined) return readInputLines(input);
  if (texts.length === 0) {
    throw new UsageError(
      'no text',
      'texts as arguments, or --input FILE',
      'Use --input - for standard input.',
    );
  }
  checkTexts(texts);
  return [...texts];
}

const targetTokens = (t: Translation): string[] => [...t.tokens, ...(t.finished ? [END] : [])];

const record = (source: string, t: Translation) => ({
  source,
  translation: t.text,
  score: t.score,
  logProb: t.logProb,
  finished: t.finished,
  sourceTokens: t.sourceTokens,
  targetTokens: targetTokens(t),
  ...(t.attention && {
    attention: t.attention.map((row) => Array.from(row, (w) => Math.round(w * 1e4) / 1e4)),
  }),
});

async function predict(model: string, texts: readonly string[], options: PredictOptions): Promise<void> {
  const inputs = await readInput(texts, options.input);
  const blank = inputs.map((text) => text.trim() === '');
  if (blank.every(Boolean)) {
    throw new DataError('only empty sentences', 'at least one text with a word in it', 'Check the input.');
  }
  const backend = await openRuntime({ ...options, onFallback: log });
  const { translator, recipe } = await openModel(model, backend);
  try {
    const beam = Math.max(options.beam ?? recipe.decoding.beam, options.nBest ?? 1);
    const asked = inputs.filter((_, i) => !blank[i]);
    const found = await translator.translate(asked, { ...recipe.decoding, beam, nBest: options.nBest });
    let next = 0;
    const all = inputs.map((_, i) => (blank[i] ? [] : found[next++]));
    const skipped = blank.filter(Boolean).length;
    if (skipped > 0) log(`heed: ${skipped} empty ${skipped === 1 ? 'line' : 'lines'} left empty`);
    if (options.attention !== undefined && asked.length > 0 && !found[0][0].attention) {
      throw new UsageError(
        `--attention, but ${recipe.model.type} has none`,
        'a model that attends',
        'Leave --attention out.',
      );
    }
    const lines: string[] = [];
    for (const [i, translations] of all.entries()) {
      if (translations.length === 0)
        lines.push(options.json ? JSON.stringify({ source: inputs[i], translation: '' }) : '');
      for (const t of translations) {
        if (options.json) lines.push(JSON.stringify(record(inputs[i], t)));
        else lines.push((options.nBest ?? 1) > 1 ? `${t.score.toFixed(4)}\t${t.text}` : t.text);
        if (options.attention === '-' && !options.json) lines.push(drawing(t));
      }
    }
    const content = lines.map((l) => `${l}\n`).join('');
    if (options.output === undefined || options.output === '-') process.stdout.write(content);
    else await writeFileAtomic(options.output, content);
    if (options.attention !== undefined && options.attention !== '-') {
      const records = all.flatMap((ts, i) => ts.map((t) => JSON.stringify(record(inputs[i], t))));
      await writeFileAtomic(options.attention, records.map((r) => `${r}\n`).join(''));
    }
  } finally {
    await translator.dispose();
  }
}

/** A translation's alignment with its labels, if the model attends. */
export function attentionOf(t: Translation): AttentionMap | undefined {
  return (
    t.attention && {
      source: [...t.sourceTokens],
      target: targetTokens(t),
      weights: [...t.attention],
    }
  );
}

/** A translation's alignment, drawn for the terminal as wide as it is. */
export function drawing(t: Translation): string {
  const columns = process.stdout.isTTY ? process.stdout.columns : 100;
  const { source = [], target = [], weights = [] } = attentionOf(t) ?? {};
  return attentionTerminal({ source, target, weights, columns });
}
