import { DataError } from '../errors.ts';
import { attentionOf, checkedStep, checkLogProb, type Hypothesis, type StepDecoder } from './contract.ts';
import { normalisedScore } from './scoring.ts';

/** A given target as a hypothesis: always finished, its score the log-probability per token. */
export interface ForcedHypothesis extends Hypothesis {
  /** Natural log-probability of each token, EOS last. */
  tokenLogProbs: number[];
}

/**
 * Forced decoding: the decoder is fed the given targets instead of its own choices, so that their probability and
 * alignment can be read off. All sentences in one batch; one whose target has ended leaves it through `select`.
 *
 * @param initialState the decoder's state before the first token, one row a sentence
 * @param targets token ids of each sentence, without BOS and EOS; may be empty, then only EOS is scored
 * @returns one hypothesis a sentence. `logProb` is -Infinity where the decoder forbids a token
 * @throws DataError for a token id that is not in 0…V−1, or a log-probability that is NaN or positive; ShapeError
 *   when a step answers other shapes than `[N, V]` and `[N, S]`
 */
export async function forcedDecoding<State>(
  decoder: StepDecoder<State>,
  initialState: State,
  targets: readonly (readonly number[])[],
): Promise<ForcedHypothesis[]> {
  const { vocabularySize, bos, eos } = decoder;
  checkTokens(targets, vocabularySize);
  const tokenLogProbs = targets.map((): number[] => []);
  const attentions = targets.map((): Float32Array[] => []);
  let state = initialState;
  /** The sentence of each row of the batch. */
  let sentences = targets.map((_, sentence) => sentence);
  for (let t = 0; sentences.length > 0; t++) {
    const previous = Int32Array.from(sentences, (sentence) => (t === 0 ? bos : targets[sentence][t - 1]));
    const { logProbs, attention, state: next } = await checkedStep(decoder, previous, state);
    for (const [row, sentence] of sentences.entries()) {
      const token = targets[sentence][t] ?? eos;
      const logProb = logProbs[row * vocabularySize + token];
      checkLogProb(logProb, token, sentence);
      tokenLogProbs[sentence].push(logProb);
      const weights = attentionOf(attention, row, sentences.length);
      if (weights) attentions[sentence].push(weights);
    }
    const kept = Array.from(sentences.keys()).filter((row) => t < targets[sentences[row]].length);
    const allStay = kept.length === sentences.length;
    state = allStay || kept.length === 0 ? next : decoder.select(next, Int32Array.from(kept));
    sentences = kept.map((row) => sentences[row]);
  }
  return targets.map((target, i) => {
    const logProb = tokenLogProbs[i].reduce((sum, x) => sum + x, 0);
    return {
      tokens: [...target],
      finished: true,
      logProb,
      score: normalisedScore(logProb, target.length + 1, 1),
      tokenLogProbs: tokenLogProbs[i],
      ...(attentions[i].length > 0 && { attention: attentions[i] }),
    };
  });
}

function checkTokens(targets: readonly (readonly number[])[], vocabularySize: number): void {
  for (const [sentence, target] of targets.entries()) {
    const wrong = target.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabularySize));
    if (wrong === undefined) continue;
    throw new DataError(
      `Token id ${wrong} in target ${sentence + 1}`,
      `a whole number from 0 to ${vocabularySize - 1}`,
      "Encode the target with the model's own target vocabulary.",
    );
  }
}
