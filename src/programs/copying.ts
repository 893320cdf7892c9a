/**
 * Copying words from the source (pointer-generator, See, Liu, Manning 2017, section 2.2). A source word that the target
 * vocabulary does not hold gets an id of its own for its sentence: V, V + 1, … in order of first occurrence; so does the
 * target where it says that word. `copied` holds the source in these ids. The decoder reads such a word as UNK.
 */
import { UNK } from '../data/vocabulary.ts';
import {
  add,
  broadcastTo,
  cast,
  concat,
  crossEntropy,
  type Dim,
  equal,
  exp,
  greaterOrEqual,
  input,
  log,
  mul,
  neg,
  putAlong,
  softmax,
  sub,
  sum,
  transpose,
  unsqueeze,
  type Value,
  where,
} from '../graph/index.ts';
import type { EncoderDecoder } from '../models/model.ts';

/** Keeps the logarithm of what a model holds impossible finite; a normal float32, far below what it ever learns to tell. */
const TINY = 1e-30;

interface Spoken {
  /** […, V] */
  readonly logits: Value;
  /** […]: probability of generating from the vocabulary */
  readonly gate: Value;
  /** […, S] */
  readonly attention: Value;
}

/**
 * −ln P(label) by equation 9, P(w) = p_gen P_vocab(w) + (1 − p_gen) Σ_{i: w_i = w} a_i, for all steps `[T, B]`. Only the
 * labels' probabilities are made, never the whole extended distribution. Reads the graph input `copied` int32 [S, B].
 *
 * @param labels int32 [T, B]; from V on, words of the source
 */
export function copyingLosses(
  model: EncoderDecoder,
  { logits, gate, attention }: Spoken,
  labels: Value,
): Value {
  const { dtype } = logits;
  const copied = unsqueeze(transpose(input('copied', 'int32', ['S', 'B'])), [0]); // [1, B, S]
  const matches = cast(equal(copied, unsqueeze(labels, [2])), dtype);
  const copying = sum(mul(attention, matches), { axes: [2] });
  const outside = greaterOrEqual(labels, model.targetVocabulary);
  const generating = exp(neg(crossEntropy(logits, where(outside, UNK, labels))));
  const known = mul(generating, sub(1, cast(outside, dtype)));
  return neg(log(add(add(mul(gate, known), mul(sub(1, gate), copying)), TINY)));
}

/** What the decoder reads of a word it said, int32 `[B]`: a copied one that it does not know is UNK. */
export const asRead = (model: EncoderDecoder, word: Value): Value =>
  model.copies ? where(greaterOrEqual(word, model.targetVocabulary), UNK, word) : word;

/** Graph inputs of decoding with copying: `copied` int32 [S, B], and zeros `extra` [X], a place per word beyond V. */
export const copyInputs = (): { copied: Value; extra: Value } => ({
  copied: transpose(input('copied', 'int32', ['S', 'B'])),
  extra: input('extra', 'float32', ['X']),
});

/**
 * The extended distribution of equation 9: logits `[B, V]`, gate `[B]`, attention `[B, S]` → probabilities `[B, V + X]`.
 *
 * @param copied int32 [B, S], entries below V + X
 * @param extra zeros [X]
 */
export function copyingProbabilities(
  { logits, gate, attention }: Spoken,
  copied: Value,
  extra: Value,
): Value {
  const [B] = logits.shape as [Dim];
  const column = unsqueeze(gate, [1]);
  const beyond = broadcastTo(unsqueeze(extra, [0]), [B, extra.shape[0]]);
  const generating = concat([mul(column, softmax(logits)), beyond]);
  return add(generating, putAlong(copied, mul(sub(1, column), attention), 1, generating.shape[1]));
}

/** Natural logarithm of it; −∞ for words that can be neither generated nor copied. */
export const copyingLogProbs = (spoken: Spoken, copied: Value, extra: Value): Value =>
  log(copyingProbabilities(spoken, copied, extra));
