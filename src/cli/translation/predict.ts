import type { TextCodec } from '../../data/codec.ts';
import { UNK } from '../../data/vocabulary.ts';
import { pharaohAlignment } from '../../decoding/index.ts';
import { DataError, UsageError } from '../../errors.ts';
import { type AttentionMap, attentionTerminal } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import type { ConstrainedText } from '../../tasks/constrainedText.ts';
import { type Alignment, END, type Translation } from '../../tasks/translator.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { readInputLines } from '../input.ts';
import { checkOutputs, type LineOutput, type OutputFlags, openLines } from '../lines.ts';
import { type DecodingFlags, decodingOptions, refuseSearch } from './decodingFlags.ts';
import { openModels } from './ensemble.ts';
import { readAsked } from './input.ts';

interface PredictOptions extends RuntimeFlags, DecodingFlags, OutputFlags {
  readonly input?: string;
  readonly jsonInput?: boolean;
  readonly target?: string;
  readonly ensemble?: string[];
}

const targetTokens = (t: Translation): string[] => [...t.tokens, ...(t.finished ? [END] : [])];

/** @param line of the input, from 1; several translations of a text have the same */
const record = (line: number, source: string, t: Translation | Alignment) => ({
  line,
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

/** Lines of input decoded before their translations are written. */
const CHUNK = 512;

/** `heed predict` with a model that translates: a line a line of input; blank lines stay blank. */
export async function predictText(
  model: string,
  texts: readonly string[],
  options: PredictOptions,
): Promise<void> {
  checkOutputs(options);
  const inputs = await readAsked(texts, options);
  const targets =
    options.target === undefined ? undefined : await readTargets(options.target, inputs, options);
  const isBlank = ({ text }: ConstrainedText) => text.trim() === '';
  const blank = inputs.filter(isBlank).length;
  if (blank === inputs.length) {
    throw new DataError('only empty sentences', 'at least one text with a word in it', 'Check the input.');
  }
  const backend = await openRuntime({ ...options, onFallback: log });
  const { translator, recipe, codecs, attends } = await openModels(model, options, backend);
  try {
    for (const flag of ['attention', 'alignment'] as const) {
      if (options[flag] === undefined || attends) continue;
      throw new UsageError(
        `--${flag}, but ${recipe.model.type} has none`,
        'a model that attends',
        `Leave --${flag} out.`,
      );
    }
    const search = targets ? {} : await decodingOptions(options, recipe.decoding);
    const outputs = await openOutputs(options);
    try {
      if (blank > 0) log(`heed: ${blank} empty ${blank === 1 ? 'line' : 'lines'} left empty`);
      // A model that copies may know them from the source.
      const copies = 'copy' in recipe.model && recipe.model.copy;
      const unknown = copies ? 0 : unknownTokens(targets ?? [], codecs.target);
      if (unknown > 0) log(`heed: ${unknown} target ${unknown === 1 ? 'token' : 'tokens'} scored as unknown`);
      for (let from = 0; from < inputs.length; from += CHUNK) {
        const lines = inputs.slice(from, from + CHUNK).map((input, i) => ({ ...input, line: from + i + 1 }));
        const asked = lines.filter((line) => !isBlank(line));
        const found: (Translation | Alignment)[][] = targets
          ? (
              await translator.align(
                asked.map(({ text, name, line }) => ({ source: text, target: targets[line - 1], name })),
              )
            ).map((alignment) => [alignment])
          : await translator.translate(asked, search);
        const byLine = new Map(asked.map(({ line }, i) => [line, found[i]]));
        await outputs.write(
          lines.map(({ text, line }) => ({ line, text, translations: byLine.get(line) ?? [] })),
        );
      }
      await outputs.finish();
    } finally {
      await outputs.discard();
    }
  } finally {
    await translator.dispose();
  }
}

/** How many tokens of the texts the vocabulary does not hold. */
const unknownTokens = (texts: readonly string[], codec: TextCodec): number =>
  texts.reduce((sum, text) => sum + codec.encode(text).filter((id) => id === UNK).length, 0);

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
  for (const [i, { text, name, ...constraints }] of inputs.entries()) {
    if (Object.keys(constraints).length > 0) {
      throw new UsageError(`constraints of ${name} with --target`, 'texts alone', 'Leave them out.');
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

/** A line of input and what was found for it; nothing for a blank one. */
interface Predicted {
  readonly line: number;
  readonly text: string;
  readonly translations: readonly (Translation | Alignment)[];
}

/** Translations, and what else of them is asked for, to where it is asked for. */
async function openOutputs(options: PredictOptions) {
  const { output = '-', attention, alignment } = options;
  const kinds: readonly [string | undefined, (predicted: Predicted) => readonly string[]][] = [
    [output, (predicted) => shown(predicted, options)],
    [
      attention === '-' ? undefined : attention,
      ({ line, text, translations }) => translations.map((t) => JSON.stringify(record(line, text, t))),
    ],
    [
      alignment === '-' ? undefined : alignment,
      ({ translations }) => (translations.length > 0 ? translations.map(alignmentOf) : ['']),
    ],
  ];
  const open: { lines: LineOutput; linesOf: (predicted: Predicted) => readonly string[] }[] = [];
  const discard = async () => {
    for (const { lines } of open) await lines.discard();
  };
  try {
    for (const [path, linesOf] of kinds) {
      if (path !== undefined) open.push({ lines: await openLines(path), linesOf });
    }
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    async write(predicted: readonly Predicted[]): Promise<void> {
      for (const { lines, linesOf } of open) await lines.write(predicted.flatMap(linesOf));
    },
    async finish(): Promise<void> {
      for (const { lines } of open) await lines.finish();
    },
    discard,
  };
}

/** The lines of output for a line of input. */
function shown({ line, text, translations }: Predicted, options: PredictOptions): string[] {
  const { json = false, attention, alignment } = options;
  if (translations.length === 0) return [json ? JSON.stringify({ line, source: text, translation: '' }) : ''];
  const several = (options.nBest ?? options.sample ?? 1) > 1;
  return translations.flatMap((t) => {
    const aligned = alignment === '-' ? [alignmentOf(t)] : [];
    if (json) {
      return [
        JSON.stringify({
          ...record(line, text, t),
          ...(aligned[0] !== undefined && { alignment: aligned[0] }),
        }),
      ];
    }
    const plain = several ? `${t.score.toFixed(4)}\t${t.text}` : t.text;
    return [
      options.target === undefined ? plain : t.logProb.toFixed(4),
      ...aligned,
      ...(attention === '-' ? [drawing(t)] : []),
    ];
  });
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
  return drawnMap(attentionOf(t) ?? { source: [], target: [], weights: [] });
}

/** The same of any map. */
export function drawnMap(map: AttentionMap): string {
  const columns = process.stdout.isTTY ? process.stdout.columns : 100;
  return attentionTerminal({ ...map, columns });
}
