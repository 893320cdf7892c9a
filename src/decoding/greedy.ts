import {
  attentionOf,
  checkedStep,
  checkLogProb,
  type Hypothesis,
  lengthLimits,
  normalisedScore,
  type StepDecoder,
} from './contract.ts';

export interface GreedyOptions {
  /** Most tokens emitted, EOS included; one for all sentences or one for each. */
  maxLength: number | number[];
}

/**
 * Takes the most probable token at every step (of equally probable ones, the first), all sentences in one batch; a
 * sentence that ended leaves the batch through `select`. The same as `beamSearch` with a beam of 1.
 *
 * @param initialState the decoder's state before the first token, one row a sentence
 * @param rows how many sentences
 * @returns one hypothesis a sentence; `score` is the log-probability per token
 * @throws UsageError on a wrong `maxLength`, ShapeError when a step answers other shapes than `[N, V]` and
 *   `[N, S]`, DataError when a log-probability is NaN or positive
 */
export async function greedySearch<State>(
  decoder: StepDecoder<State>,
  initialState: State,
  rows: number,
  options: GreedyOptions,
): Promise<Hypothesis[]> {
  const limits = lengthLimits(options.maxLength, rows);
  const hypotheses = limits.map((): Hypothesis => ({ tokens: [], finished: false, logProb: 0, score: 0 }));
  let state = initialState;
  /** The sentence of each row of the batch. */
  let sentences = hypotheses.map((_, sentence) => sentence);
  let tokens = new Int32Array(rows).fill(decoder.bos);

  while (sentences.length > 0) {
    const { logProbs, attention, state: next } = await checkedStep(decoder, tokens, state);
    const kept: number[] = [];
    const emitted: number[] = [];
    for (const [row, sentence] of sentences.entries()) {
      const hypothesis = hypotheses[sentence];
      const token = mostProbable(logProbs, row * decoder.vocabularySize, decoder.vocabularySize, sentence);
      if (token < 0) continue;
      hypothesis.logProb += logProbs[row * decoder.vocabularySize + token];
      const weights = attentionOf(attention, row, sentences.length);
      if (weights) {
        hypothesis.attention ??= [];
        hypothesis.attention.push(weights);
      }
      hypothesis.finished = token === decoder.eos;
      if (hypothesis.finished) continue;
      hypothesis.tokens.push(token);
      if (hypothesis.tokens.length === limits[sentence]) continue;
      kept.push(row);
      emitted.push(token);
    }
    const allStay = kept.length === sentences.length;
    state = allStay || kept.length === 0 ? next : decoder.select(next, Int32Array.from(kept));
    sentences = allStay ? sentences : kept.map((row) => sentences[row]);
    tokens = Int32Array.from(emitted);
  }
  for (const hypothesis of hypotheses) {
    const length = hypothesis.tokens.length + (hypothesis.finished ? 1 : 0);
    hypothesis.score = normalisedScore(hypothesis.logProb, length, 1);
  }
  return hypotheses;
}

/** The token with the highest log-probability, or -1 when all are -Infinity. */
function mostProbable(logProbs: Float32Array, offset: number, size: number, sentence: number): number {
  let best = Number.NEGATIVE_INFINITY;
  let token = -1;
  for (let i = 0; i < size; i++) {
    const value = logProbs[offset + i];
    // Not `value > best`: NaN has to come in here too.
    if (!(value <= best)) {
      checkLogProb(value, i, sentence);
      best = value;
      token = i;
    }
  }
  return token;
}
