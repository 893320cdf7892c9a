import type { Tokenizer } from '../data/tokenizer.ts';
import { type CtcLogits, ctcAlign } from '../decoding/index.ts';

/** A stretch of time, in seconds from the beginning of the sound. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface WordSpan extends Span {
  readonly word: string;
}

/**
 * Where CTC hears each label, none beyond the end of the sound.
 *
 * @param frameSeconds that one row of logits stands for
 * @param soundSeconds that the sound lasts
 * @returns undefined where there are too few frames for the labels
 */
export function spansOf(
  labels: readonly number[],
  logits: CtcLogits,
  { frameSeconds, soundSeconds }: { readonly frameSeconds: number; readonly soundSeconds: number },
): Span[] | undefined {
  const repeated = labels.filter((label, i) => i > 0 && label === labels[i - 1]).length;
  const frames = 'shape' in logits ? logits.shape[0] : logits.length;
  if (labels.length + repeated > frames) return undefined;
  const at = (frame: number) => Math.min(frame * frameSeconds, soundSeconds);
  return ctcAlign(logits, [...labels]).frames.map(({ first, last }) => ({
    from: at(first),
    to: at(last + 1),
  }));
}

/**
 * Where each word was heard: from the first of its tokens to the last. Characters, and parts of words, which have the
 * space before them, make words between spaces; other tokens are words.
 *
 * @param spans one a token
 */
export function wordSpans(
  tokens: readonly string[],
  spans: readonly Span[],
  tokenizer: Pick<Tokenizer, 'kind' | 'detokenize'>,
): WordSpan[] {
  const { kind } = tokenizer;
  if (kind === 'word' || kind === 'space') return tokens.map((word, i) => ({ word, ...spans[i] }));
  const words: number[][] = [];
  let ended = true;
  for (const [i, token] of tokens.entries()) {
    if (/^\s/u.test(token)) ended = true;
    if (token.trim() === '') continue;
    if (ended) words.push([]);
    words[words.length - 1].push(i);
    ended = /\s$/u.test(token);
  }
  return words.map((own) => ({
    word: tokenizer.detokenize(own.map((i) => tokens[i])).trim(),
    from: spans[own[0]].from,
    to: spans[own[own.length - 1]].to,
  }));
}
