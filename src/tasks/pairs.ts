import { padTimeMajor, planBatches } from '../data/batches.ts';
import { TextCodec } from '../data/codec.ts';
import type { Pair } from '../data/corpus.ts';
import { createTokenizer } from '../data/tokenizer.ts';
import { BOS, EOS, PAD, UNK } from '../data/vocabulary.ts';
import { DataError, UsageError } from '../errors.ts';
import type { TranslationRecipe } from '../formats/index.ts';
import { type EncoderDecoder, recurrent, rnnenc, rnnsearch } from '../models/index.ts';
import type { PairBatch } from '../programs/pairLoss.ts';
import type { SourceBatch } from '../programs/sources.ts';
import { Random } from '../random.ts';
import type { Batches } from '../training/index.ts';

/** How text becomes token ids and back, on either side. */
export type Codecs = {
  readonly source: TextCodec;
  readonly target: TextCodec;
};

/** A pair as token ids; neither side has BOS or EOS. */
export interface Example {
  readonly source: readonly number[];
  readonly target: readonly number[];
  /** for models that copy: both sides, with ids from V on for source words that the target vocabulary does not hold */
  readonly copying?: { readonly source: readonly number[]; readonly labels: readonly number[] };
}

/** Vocabularies of the training pairs, as the recipe wants them; one for both sides when it is joint. */
export function buildCodecs(
  recipe: Pick<TranslationRecipe, 'source' | 'target' | 'joint'>,
  train: readonly Pair[],
): Codecs {
  const build = (side: 'source' | 'target', texts: readonly string[]) => {
    const { tokens, lowercase, minFrequency, maxSize } = recipe[side];
    if (tokens === 'bpe') {
      const atLeast = Math.max(2, minFrequency);
      return TextCodec.buildSubwords(texts, { lowercase, vocabularySize: maxSize, minFrequency: atLeast });
    }
    const tokenizer = createTokenizer({ kind: tokens, lowercase });
    return TextCodec.build(texts, tokenizer, { minFrequency, maxSize });
  };
  const [sources, targets] = [train.map((p) => p.source), train.map((p) => p.target)];
  if (recipe.joint) {
    const both = build('source', [...sources, ...targets]);
    return { source: both, target: both };
  }
  return { source: build('source', sources), target: build('target', targets) };
}

/** The recipe's model over these vocabularies. */
export function buildModel(recipe: Pick<TranslationRecipe, 'model'>, codecs: Codecs): EncoderDecoder {
  const vocabularies = {
    sourceVocabulary: codecs.source.vocabulary.size,
    targetVocabulary: codecs.target.vocabulary.size,
  };
  const { model } = recipe;
  if (model.tie === 'all') checkOneVocabulary(codecs);
  switch (model.type) {
    case 'rnnsearch':
      return rnnsearch({ ...vocabularies, ...model, readoutType: 'maxout' });
    case 'rnnenc':
      return rnnenc({ ...vocabularies, ...model, attention: model.hidden, readoutType: 'maxout' });
    case 'recurrent':
      return recurrent({ ...vocabularies, ...model });
  }
}

function checkOneVocabulary({ source, target }: Codecs): void {
  const [from, to] = [source, target].map((codec) => JSON.stringify(codec.vocabulary));
  if (from === to) return;
  throw new UsageError(
    'model.tie all with two vocabularies',
    'one vocabulary of both sides',
    'Set joint: true, or tie: target.',
  );
}

/** How text is cut differently at each reading, by BPE dropout; rates by side. */
export interface Segmentation {
  readonly source: number;
  readonly target: number;
  readonly random: Random;
}

/** Pairs as token ids. */
export function encodePairs(
  pairs: readonly Pair[],
  codecs: Codecs,
  options: { readonly copies?: boolean; readonly segmentation?: Segmentation } = {},
): Example[] {
  const { copies = false, segmentation } = options;
  const sampling = (side: 'source' | 'target') => {
    if (segmentation === undefined || segmentation[side] === 0) return undefined;
    return { dropout: segmentation[side], random: segmentation.random };
  };
  const [from, to] = [sampling('source'), sampling('target')];
  return pairs.map(({ source, target }) => {
    const words = { source: codecs.source.tokens(source, from), target: codecs.target.tokens(target, to) };
    const example = {
      source: codecs.source.vocabulary.encode(words.source),
      target: codecs.target.vocabulary.encode(words.target),
    };
    return copies ? withCopies(example, codecs, words) : example;
  });
}

/**
 * The words of a source as a model that copies has them (see programs/copying.ts): ids of the target vocabulary, and
 * from V on those it does not hold, in order.
 */
export function copiedWords(source: readonly string[], codecs: Codecs): { ids: number[]; extra: string[] } {
  const { vocabulary } = codecs.target;
  const extra: string[] = [];
  const ids = source.map((word) => {
    const [id] = vocabulary.encode([word]);
    if (id !== UNK) return id;
    const known = extra.indexOf(word);
    return vocabulary.size + (known < 0 ? extra.push(word) - 1 : known);
  });
  return { ids, extra };
}

function withCopies(
  example: Example,
  codecs: Codecs,
  words: { readonly source: readonly string[]; readonly target: readonly string[] },
): Example {
  const { ids, extra } = copiedWords(words.source, codecs);
  const labels = example.target.map((id, i) => {
    const place = id === UNK ? extra.indexOf(words.target[i]) : -1;
    return place < 0 ? id : codecs.target.vocabulary.size + place;
  });
  return { ...example, copying: { source: ids, labels } };
}

/**
 * Pads sources, each ended by EOS as in Bahdanau et al. 2015: int32 `[S, B]` with its mask.
 */
export function padSources(sources: readonly (readonly number[])[]): {
  source: Int32Array;
  sourceMask: Float32Array;
  sizes: { B: number; S: number };
} {
  const padded = padTimeMajor(sources.map((ids) => [...ids, EOS]));
  return {
    source: padded.tokens,
    sourceMask: padded.mask,
    sizes: { B: padded.batch, S: padded.steps },
  };
}

/** Texts to decode, padded; for models that copy also the words as they may be copied. */
export function sourceBatch(
  rows: readonly { readonly text: string; readonly source: readonly number[] }[],
  codecs: Codecs,
  { copies = false }: { readonly copies?: boolean } = {},
): SourceBatch {
  const padded = padSources(rows.map(({ source }) => source));
  if (!copies) return padded;
  const words = rows.map(({ text }) => copiedWords(codecs.source.tokens(text), codecs));
  const copied = padSources(words.map(({ ids }) => ids)).source;
  return { ...padded, copying: { copied, extra: Math.max(...words.map(({ extra }) => extra.length)) } };
}

/** A batch for training: what the decoder is given (BOS, target) and what it shall say (target, EOS). */
export function pairBatch(examples: readonly Example[]): PairBatch {
  const { sizes, ...source } = padSources(examples.map((e) => e.source));
  const { T, ...target } = targetBatch(
    examples.map((e) => e.target),
    examples.map((e) => e.copying?.labels ?? e.target),
  );
  const copied = examples[0]?.copying && padSources(examples.map((e) => e.copying?.source ?? [])).source;
  return { ...source, ...target, ...(copied && { copied }), sizes: { ...sizes, T } };
}

/**
 * The decoder's side of a batch: what it is given `[T, B]` and what it shall say `[T, B]`.
 *
 * @param said where these are other ids than the targets
 */
export function targetBatch(
  targets: readonly (readonly number[])[],
  said = targets,
): Pick<PairBatch, 'previous' | 'labels' | 'targetMask'> & { T: number } {
  const labels = padTimeMajor(said.map((ids) => [...ids, EOS]));
  const { batch: B, steps: T } = labels;
  const previous = new Int32Array(T * B).fill(PAD);
  const given = padTimeMajor(targets.map((ids) => [...ids, EOS]));
  previous.set(given.tokens.subarray(0, (T - 1) * B), B);
  previous.fill(BOS, 0, B);
  return { previous, labels: labels.tokens, targetMask: labels.mask, T };
}

/** A generator for everything an epoch needs, of the seed and the epoch alone. */
export const epochRandom = (seed: number, epoch: number): Random =>
  new Random((seed ^ Math.imul(epoch, 0x9e3779b1)) >>> 0);

/** The batches of an epoch: sentences of similar length together, shuffled by seed and epoch. */
export function epochBatches(
  examples: readonly Example[],
  limits: TranslationRecipe['training']['batch'],
  seed: number,
  epoch: number,
): Batches<PairBatch> {
  const lengths = examples.map((e) => ({ source: e.source.length + 1, target: e.target.length + 1 }));
  const asked = { maxSentences: limits.sentences, maxTokens: 'tokens' in limits ? limits.tokens : undefined };
  const plan = planBatches(lengths, asked, epochRandom(seed, epoch));
  return { length: plan.length, at: (i) => plan[i] && pairBatch(plan[i].map((k) => examples[k])) };
}

/** An epoch's batches with the probability of the model's own word at the step of each. */
export function withSampling(
  plan: Batches<PairBatch>,
  sampling: (step: number) => number,
  { epoch, accumulate = 1 }: { readonly epoch: number; readonly accumulate?: number },
): Batches<PairBatch> {
  const before = (epoch - 1) * Math.ceil(plan.length / accumulate);
  return {
    length: plan.length,
    at(i) {
      const found = plan.at(i);
      return found && { ...found, sampling: sampling(before + Math.floor(i / accumulate) + 1) };
    },
  };
}

/** Training pairs as batches by epoch. */
export interface TrainingPairs {
  readonly used: number;
  readonly tooLong: number;
  batches(epoch: number): Batches<PairBatch>;
}

/**
 * Pairs ready to be trained on: those with at most `data.maxLength` tokens a side (as they are cut without dropout), in
 * other batches every epoch, with BPE dropout cut anew too.
 *
 * @param sampling the probability of the model's own word by step (from 1), for scheduled sampling; with batches by
 *   tokens an epoch's first step is known only about, since epochs then differ by a few batches
 * @throws DataError when none is short enough
 */
export function trainingPairs(
  recipe: TranslationRecipe,
  pairs: readonly Pair[],
  codecs: Codecs,
  sampling?: (step: number) => number,
): TrainingPairs {
  const { maxLength } = recipe.data;
  const copies = 'copy' in recipe.model && recipe.model.copy === true;
  const fits = (e: Example) => e.source.length <= maxLength && e.target.length <= maxLength;
  const all = encodePairs(pairs, codecs, { copies });
  const kept = pairs.filter((_, i) => fits(all[i]));
  const examples = all.filter(fits);
  if (examples.length === 0) {
    throw new DataError(
      `${pairs.length} training pairs, all of them longer than ${maxLength} tokens`,
      `pairs of at most data.maxLength (${maxLength}) tokens a side`,
      'Raise data.maxLength, or split the texts.',
    );
  }
  const rates = { source: recipe.source.dropout ?? 0, target: recipe.target.dropout ?? 0 };
  const examplesOf = (epoch: number): Example[] => {
    if (rates.source === 0 && rates.target === 0) return examples;
    const random = epochRandom(recipe.seed ^ 0x62706521, epoch); // not the one that shuffles
    const cut = encodePairs(kept, codecs, { copies, segmentation: { ...rates, random } });
    // A cut that fits no batch is left for another epoch.
    return cut.map((e, i) => (Math.max(e.source.length, e.target.length) < longest ? e : examples[i]));
  };
  const { batch, accumulate = 1 } = recipe.training;
  const longest = 'tokens' in batch ? batch.tokens : Number.POSITIVE_INFINITY;
  let first: Batches<PairBatch> | undefined;
  const batches = (epoch: number): Batches<PairBatch> => {
    // Asked for twice: how many there are must be known before the first step.
    if (epoch === 1) first ??= planned(1);
    return epoch === 1 && first ? first : planned(epoch);
  };
  const planned = (epoch: number): Batches<PairBatch> => {
    const plan = epochBatches(examplesOf(epoch), batch, recipe.seed, epoch);
    return sampling ? withSampling(plan, sampling, { epoch, accumulate }) : plan;
  };
  return { used: examples.length, tooLong: pairs.length - examples.length, batches };
}
