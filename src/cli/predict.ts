import type { Command } from 'commander';
import { pharaohAlignment } from '../decoding/index.ts';
import { DataError, UsageError } from '../errors.ts';
import { writeFileAtomic } from '../formats/atomic.node.ts';
import { type AttentionMap, attentionTerminal } from '../plots/index.ts';
import { openRuntime } from '../runtime/index.ts';
import type { ConstrainedText } from '../tasks/constrainedText.ts';
import { type Alignment, END, type Translation } from '../tasks/translator.ts';
import { addRuntimeOptions, log, type RuntimeFlags } from './console.ts';
import { openModels } from './ensemble.ts';
import { readInputLines } from './input.ts';
import { readAsked } from './predictInput.ts';
import { addDecodingOptions, type DecodingFlags, decodingOptions, refuseSearch } from './predictOptions.ts';

interface PredictOptions extends RuntimeFlags, DecodingFlags {
  readonly input?: string;
  readonly jsonInput?: boolean;
  readonly target?: string;
  readonly output?: string;
  readonly ensemble?: string[];
  readonly attention?: string;
  readonly alignment?: string;
  readonly json?: boolean;
}

/** `heed predict`: one line of output a line of input; blank lines stay blank. */
export function registerPredict(program: Command): void {
  const command = program
    .command('predict')
    .argument('<model>', 'a run directory')
    .argument('[input...]', 'texts to translate')
    .description('translate texts, or score given translations')
    .option('--input <file>', 'read texts from a file, one a line (- for standard input)')
    .option(
      '--json-input',
      'texts are JSON objects: {"text": …, "constraints": […], "avoid": […], "prefix": …}, with phrases of their own',
    )
    .option('--target <file>', 'translate nothing: score these translations of the texts, one a line')
    .option('--output <file>', 'write to a file (default: standard output)', '-')
    .option('--attention <file>', 'write attention as JSON lines; - draws it')
    .option(
      '--alignment <file>',
      'write alignments as source-target pairs, 0-0 1-2, a line a translation; - shows them',
    )
    .option('--json', 'one JSON object a translation');
  addDecodingOptions(addRuntimeOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  heed predict runs/multi30k-de-en "Ein Hund rennt durch den Schnee." --attention -',
    )
    .action((model: string, texts: string[], options: PredictOptions) => predict(model, texts, options));
}

const targetTokens = (t: Translation): string[] => [...t.tokens, ...(t.finished ? [END] : [])];

const record = (source: string, t: Translation | Alignment) => ({
  source,
  translation: t.text,
  score: t.score,
  logProb: t.logProb,
  finished: t.finished,
  sourceTokens: t.sourceTokens,
  targetTokens: targetTokens(t),
  ...('tokenLogProbs' in t && { tokenLogProbs: t.tokenLogProbs }),
  ...(t.attention && {
    attention: t.attention.map((row) => Array.from(row, (w) => Math.round(w * 1e4) / 1e4)),
  }),
});

async function predict(model: string, texts: readonly string[], options: PredictOptions): Promise<void> {
  const inputs = await readAsked(texts, options);
  const targets =
    options.target === undefined ? undefined : await readTargets(options.target, inputs, options);
  const blank = inputs.map(({ text }) => text.trim() === '');
  if (blank.every(Boolean)) {
    throw new DataError('only empty sentences', 'at least one text with a word in it', 'Check the input.');
  }
  const backend = await openRuntime({ ...options, onFallback: log });
  const { translator, recipe } = await openModels(model, options, backend);
  try {
    const isAsked = (_: unknown, i: number) => !blank[i];
    const asked = inputs.filter(isAsked);
    const found = targets
      ? (
          await translator.align(
            asked.map(({ text }, i) => ({ source: text, target: targets.filter(isAsked)[i] })),
          )
        ).map((a) => [a])
      : await translator.translate(asked, await decodingOptions(options, recipe.decoding));
    const skipped = blank.filter(Boolean).length;
    if (skipped > 0) log(`heed: ${skipped} empty ${skipped === 1 ? 'line' : 'lines'} left empty`);
    for (const flag of ['attention', 'alignment'] as const) {
      if (options[flag] === undefined || found[0][0].attention) continue;
      throw new UsageError(
        `--${flag}, but ${recipe.model.type} has none`,
        'a model that attends',
        `Leave --${flag} out.`,
      );
    }
    let next = 0;
    const all = inputs.map(({ text }, i) => ({ text, translations: blank[i] ? [] : found[next++] }));
    await write(all, options);
  } finally {
    await translator.dispose();
  }
}

/** One line a text; blank where the text is. */
async function readTargets(
  path: string,
  inputs: readonly ConstrainedText[],
  options: PredictOptions,
): Promise<string[]> {
  refuseSearch(options);
  if (path === '-' && options.input === '-') {
    throw new UsageError(
      '--input - and --target -',
      'one of them from standard input',
      'Put one into a file.',
    );
  }
  const targets = await readInputLines(path);
  if (targets.length !== inputs.length) {
    throw new DataError(
      `${path}: ${targets.length} targets for ${inputs.length} texts`,
      'one line a text',
      'Check that they belong together.',
    );
  }
  for (const [i, { text, ...constraints }] of inputs.entries()) {
    if (Object.keys(constraints).length > 0) {
      throw new UsageError(`constraints of text ${i + 1} with --target`, 'texts alone', 'Leave them out.');
    }
    if ((text.trim() === '') === (targets[i].trim() === '')) continue;
    throw new DataError(
      `${path}:${i + 1}: ${text.trim() === '' ? 'a target of an empty text' : 'an empty target'}`,
      'text and target, or neither',
      'Check that they belong together.',
    );
  }
  return targets;
}

/** Translations, and what else of them is asked for, to where it is asked for. */
async function write(
  all: readonly { readonly text: string; readonly translations: readonly Translation[] }[],
  options: PredictOptions,
): Promise<void> {
  const { json = false, attention, alignment } = options;
  const several = (options.nBest ?? options.sample ?? 1) > 1;
  const lines: string[] = [];
  for (const { text, translations } of all) {
    if (translations.length === 0) lines.push(json ? JSON.stringify({ source: text, translation: '' }) : '');
    for (const t of translations) {
      const aligned = alignment === '-' && alignmentOf(t);
      if (json) {
        lines.push(JSON.stringify({ ...record(text, t), ...(aligned !== false && { alignment: aligned }) }));
        continue;
      }
      if (options.target !== undefined) lines.push(t.logProb.toFixed(4));
      else lines.push(several ? `${t.score.toFixed(4)}\t${t.text}` : t.text);
      if (aligned !== false) lines.push(aligned);
      if (attention === '-') lines.push(drawing(t));
    }
  }
  const content = (of: readonly string[]) => of.map((line) => `${line}\n`).join('');
  if (options.output === undefined || options.output === '-') process.stdout.write(content(lines));
  else await writeFileAtomic(options.output, content(lines));
  if (attention !== undefined && attention !== '-') {
    const records = all.flatMap(({ text, translations }) =>
      translations.map((t) => JSON.stringify(record(text, t))),
    );
    await writeFileAtomic(attention, content(records));
  }
  if (alignment !== undefined && alignment !== '-') {
    const rows = all.flatMap(({ translations }) =>
      translations.length > 0 ? translations.map(alignmentOf) : [''],
    );
    await writeFileAtomic(alignment, content(rows));
  }
}

/** In Pharaoh form; both ends of sentence left out. */
const alignmentOf = ({ attention = [], tokens, sourceTokens }: Translation): string =>
  pharaohAlignment(attention, { source: sourceTokens.length - 1, target: tokens.length });

/** A translation's attention with its labels, if the model attends. */
export function attentionOf(t: Translation): AttentionMap | undefined {
  return (
    t.attention && {
      source: [...t.sourceTokens],
      target: targetTokens(t),
      weights: [...t.attention],
    }
  );
}

/** A translation's attention, drawn for the terminal as wide as it is. */
export function drawing(t: Translation): string {
  const columns = process.stdout.isTTY ? process.stdout.columns : 100;
  const { source = [], target = [], weights = [] } = attentionOf(t) ?? {};
  return attentionTerminal({ source, target, weights, columns });
}
