import type { TextCodec } from '../../data/codec.ts';
import { subwordStarts } from '../../data/subword.ts';
import { UsageError } from '../../errors.ts';
import { type AttentionMap, attentionSvg, joinSubwords } from '../../plots/index.ts';
import { openRuntime } from '../../runtime/index.ts';
import type { Codecs } from '../../tasks/pairs.ts';
import type { Translation } from '../../tasks/translator.ts';
import { log, type RuntimeFlags } from '../console.ts';
import { type Figure, type FigureFlags, writeFigures } from '../figure.ts';
import { checkTexts, readInputLines } from '../input.ts';
import { openTranslator } from './open.ts';
import { attentionOf, drawnMap } from './predict.ts';

interface InspectFlags extends RuntimeFlags, FigureFlags {
  readonly text?: readonly string[];
  readonly input?: string;
  readonly target?: string;
  readonly beam?: number;
  readonly joinSubwords?: boolean;
}

/** `heed inspect` of a model that translates: where it looks, for its own translations or for a given one. */
export async function inspectText(model: string, options: InspectFlags): Promise<void> {
  const { target, out: path } = options;
  const texts = await askedTexts(options);
  const backend = await openRuntime({ ...options, onFallback: log });
  const { translator, recipe, codecs } = await openTranslator(model, backend);
  try {
    if (options.joinSubwords) checkPieces(codecs);
    const decoding = { ...recipe.decoding, beam: options.beam ?? recipe.decoding.beam, heads: true };
    const found =
      target === undefined
        ? (await translator.translate(texts, decoding)).map(([best]) => best)
        : await translator.align([{ source: texts[0], target }], { heads: true });
    const figures = found.flatMap((translation, i) => {
      const maps = mapsOf(translation).map(({ name, map }) => ({
        name,
        map: options.joinSubwords ? joined(map, codecs) : map,
      }));
      return maps.map(({ name, map }, m) =>
        figureOf(map, { source: texts[i], translation, name, first: m === 0 }),
      );
    });
    if (figures.length === 0) {
      throw new UsageError(
        `${model}, a model of type ${recipe.model.type}, which has no attention`,
        'a model that attends, such as rnnsearch',
        "Train one, or use 'heed predict' for its translations.",
      );
    }
    await writeFigures(
      options,
      figures,
      found.length === 1 ? captionOf(texts[0], found[0]) : `Where ${model} looks`,
    );
    for (const [i, translation] of found.entries()) {
      const { logProb } = translation;
      const perToken = logProb / targetLength(translation);
      const which = found.length === 1 ? '' : `${i + 1}: `;
      log(`${which}log-probability ${logProb.toFixed(3)}, ${perToken.toFixed(3)} a token`);
    }
    if (path === '-') return;
    const [{ sourceTokens }] = found;
    log(
      figures.length === 1
        ? `${path}: ${sourceTokens.length} source and ${targetLength(found[0])} target tokens`
        : `${path}: ${figures.length} maps`,
    );
  } finally {
    await translator.dispose();
  }
}

/** The texts of the command line or of a file; empty lines of it are left out. */
async function askedTexts({ text, input, target }: InspectFlags): Promise<string[]> {
  if (text !== undefined && input !== undefined) {
    throw new UsageError('--text and --input', 'one of them', 'Leave one out.');
  }
  if (text === undefined && input === undefined) {
    throw new UsageError(
      'no --text with a model that translates',
      '--text, or --input with a file of them',
      'Give the source text.',
    );
  }
  checkTexts([...(text ?? []), target ?? '']);
  const texts = text ?? (await readInputLines(input as string)).filter((line) => line.trim() !== '');
  if (texts.length === 0)
    throw new UsageError(`${input}, which is empty`, 'a text a line', 'Check the file.');
  if (target !== undefined && texts.length > 1) {
    throw new UsageError(
      `--target with ${texts.length} texts`,
      'one text',
      'Give one, or leave --target out.',
    );
  }
  return [...texts];
}

const targetLength = ({ tokens, finished }: Translation): number => tokens.length + (finished ? 1 : 0);

const captionOf = (source: string, { text }: Translation): string => `${source} → ${text}`;

/** The attention, and with several heads that of each. */
function mapsOf(translation: Translation): { name?: string; map: AttentionMap }[] {
  const map = attentionOf(translation);
  if (map === undefined) return [];
  const { heads } = translation;
  if (!heads) return [{ map }];
  return [
    { name: `mean of ${heads.length} heads`, map },
    ...heads.map((weights, h) => ({ name: `head ${h + 1}`, map: { ...map, weights: [...weights] } })),
  ];
}

function figureOf(
  map: AttentionMap,
  asked: { source: string; translation: Translation; name?: string; first: boolean },
): Figure {
  const { source, translation, name, first } = asked;
  const whole = captionOf(source, translation);
  // The sentence stands over its first map; over those of its heads it would only be repeated.
  const caption = name === undefined ? whole : first ? `${whole} · ${name}` : name;
  const head = [...(first ? [translation.text] : []), ...(name === undefined ? [] : [name])];
  return { svg: attentionSvg(map), caption, text: [...head, drawnMap(map)].join('\n') };
}

/** @throws UsageError where there is nothing to join */
function checkPieces(codecs: Codecs): void {
  const kinds = [codecs.source, codecs.target].map(({ tokenizer }) => tokenizer.kind);
  if (kinds.some((kind) => kind === 'bpe' || kind === 'character')) return;
  throw new UsageError(
    `--join-subwords with a model of tokens that are ${kinds[0] === 'word' ? 'words' : 'whole'}`,
    'a model of subwords (bpe) or characters',
    'Leave it out: its maps are of words already.',
  );
}

const joined = (map: AttentionMap, { source, target }: Codecs): AttentionMap =>
  joinSubwords(map, { source: starts(map.source, source), target: starts(map.target, target) });

/** Which tokens begin a word; of characters those beside a space, which is a word of its own. */
function starts(tokens: readonly string[], { tokenizer }: TextCodec): boolean[] {
  if (tokenizer.kind === 'bpe') return subwordStarts(tokens);
  if (tokenizer.kind !== 'character') return tokens.map(() => true);
  const apart = (token: string | undefined) =>
    token === undefined || token.trim() === '' || [...token].length > 1;
  return tokens.map((token, i) => apart(token) || apart(tokens[i - 1]));
}
