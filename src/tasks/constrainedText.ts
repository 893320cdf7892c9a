import type { TextCodec } from '../data/codec.ts';
import { UNK } from '../data/vocabulary.ts';
import { UsageError } from '../errors.ts';

/** What a translation must and must not say, as text. */
export interface TextConstraints {
  /** what it begins with */
  readonly prefix?: string;
  /** phrases it contains, in any order; they may overlap */
  readonly require?: readonly string[];
  /** phrases it does not contain */
  readonly forbid?: readonly string[];
}

/** A source with constraints of its own. */
export interface ConstrainedText extends TextConstraints {
  readonly text: string;
  /** what errors call it, such as its file and line. Default: `text 1` and so on, in the order given */
  readonly name?: string;
}

/**
 * The constraints of one text, tokenised as targets are. The prefix of the text goes before that of all, the phrases
 * are put together. A forbidden phrase with a token that the vocabulary does not hold cannot be said and is left out,
 * unless unknown words may be said after all.
 *
 * @param own what the text asks for itself
 * @param common what is asked of every text
 * @param saysUnknown whether unknown words come from the source, by replacement or copying
 * @param name of the text, for errors about phrases of its own
 * @throws UsageError for a phrase without a token, and for a prefix or a required phrase that cannot be said
 */
export function encodeConstraints(
  own: TextConstraints,
  common: TextConstraints,
  codec: TextCodec,
  saysUnknown: boolean,
  name: string,
): { prefix?: number[]; required: number[][]; forbidden: number[][] } {
  const encode = (phrase: string, place: string): number[] => {
    const ids = codec.encode(phrase);
    if (ids.length > 0) return ids;
    throw new UsageError(
      `${place}the phrase ${JSON.stringify(phrase)}, which has no token`,
      'a word or more',
      'Leave it out.',
    );
  };
  const sayable = (phrase: string, place: string): number[] => {
    const ids = encode(phrase, place);
    if (!ids.includes(UNK)) return ids;
    const unknown = codec.tokens(phrase).filter((_, i) => ids[i] === UNK);
    throw new UsageError(
      `${place}${JSON.stringify(phrase)}, of which the model cannot say ${unknown.map((t) => JSON.stringify(t)).join(', ')}`,
      'phrases of tokens in the target vocabulary',
      'Say it otherwise, or take a model of subwords.',
    );
  };
  const encodeAll = ({ prefix, require = [], forbid = [] }: TextConstraints, place: string) => ({
    prefix: prefix === undefined ? undefined : sayable(prefix, place),
    required: require.map((phrase) => sayable(phrase, place)),
    forbidden: forbid
      .map((phrase) => (saysUnknown ? sayable : encode)(phrase, place))
      .filter((ids) => !ids.includes(UNK)),
  });
  const everywhere = encodeAll(
    { ...common, prefix: own.prefix === undefined ? common.prefix : undefined },
    '',
  );
  const here = encodeAll(own, `${name}: `);
  const prefix = here.prefix ?? everywhere.prefix;
  return {
    ...(prefix && { prefix }),
    required: [...everywhere.required, ...here.required],
    forbidden: [...everywhere.forbidden, ...here.forbidden],
  };
}
