import { normalizeText } from '../data/tokenizer.ts';
import { bleu, cider, tokenizerNone } from '../metrics/index.ts';
import type { CaptionCodecs } from './captionsModel.ts';
import { exactMatchRate } from './references.ts';

/** How good captions are. */
export interface CaptionScores {
  /** The share that equals one of its references, 0 to 1. */
  readonly exactMatch: number;
  /** 0 to 100. */
  readonly bleu1: number;
  readonly bleu2: number;
  readonly bleu3: number;
  /** BLEU-4 */
  readonly bleu: number;
  /** CIDEr-D, a hundred times what coco-caption prints; absent for a single picture. */
  readonly cider?: number;
}

/** A caption's words without punctuation, in lower case, as captions are compared. */
export const captionWords = (text: string): string =>
  (text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu) ?? []).join(' ');

/**
 * Scores of captions. Exact match compares the texts, in lower case where the model can write no other; BLEU (without
 * smoothing) and CIDEr-D compare words as coco-caption does, in lower case and without punctuation.
 *
 * @param references of each picture, one or more
 * @throws DataError when there is none
 */
export function captionScores(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  { target }: CaptionCodecs,
): CaptionScores {
  const streams = references.reduce((most, texts) => Math.max(most, texts.length), 1);
  const byStream = (form: (text: string) => string) =>
    Array.from({ length: streams }, (_, k) =>
      references.map((texts) => (texts[k] === undefined ? null : form(texts[k]))),
    );
  const said = hypotheses.map(captionWords);
  const given = byStream(captionWords);
  const upTo = (maxOrder: number) =>
    bleu(said, given, { tokenizer: tokenizerNone, smoothing: 'none', maxOrder }).score;
  return {
    exactMatch: exactMatchRate(
      hypotheses,
      byStream((text) => normalizeText(text, target.tokenizer.lowercase)),
    ),
    bleu1: upTo(1),
    bleu2: upTo(2),
    bleu3: upTo(3),
    bleu: upTo(4),
    ...(hypotheses.length > 1 && { cider: cider(said, given).score }),
  };
}
