import { UNK } from '../data/vocabulary.ts';
import { type Hypothesis, mostAttended } from '../decoding/index.ts';
import { UsageError } from '../errors.ts';

/**
 * Unknown-word replacement (Jean et al. 2015; Luong et al. 2015, "Addressing the rare word problem",
 * section 3): each `<unk>` becomes the source token it attends to most, or what the dictionary has for that.
 *
 * @param tokens the hypothesis's tokens as written
 * @param source tokens of the source as written, without its end
 * @param dictionary from a source token to what stands for it; one it lacks is copied
 * @throws UsageError when the model has no attention
 */
export function replaceUnknown(
  { tokens: ids, attention }: Pick<Hypothesis, 'tokens' | 'attention'>,
  tokens: readonly string[],
  source: readonly string[],
  dictionary: ReadonlyMap<string, string>,
): string[] {
  if (ids.length > 0 && !attention) {
    throw new UsageError(
      'Unknown-word replacement, but the model has no attention',
      'a model that attends',
      'Leave it out.',
    );
  }
  return tokens.map((token, t) => {
    if (ids[t] !== UNK || !attention) return token;
    const looked = source[mostAttended(attention[t], source.length)];
    return dictionary.get(looked) ?? looked;
  });
}
