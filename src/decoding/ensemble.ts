import { ShapeError, UsageError } from '../errors.ts';
import { checkedStep, type StepDecoder, type StepResult } from './contract.ts';

/** How members' distributions make one: the mean of probabilities, or that of log-probabilities, made to sum to 1. */
export const ENSEMBLE_MEANS = ['arithmetic', 'geometric'] as const;
export type EnsembleMean = (typeof ENSEMBLE_MEANS)[number];

/**
 * Several decoders as one: every search runs on it as on each of them. Attention is the mean over those that attend.
 * A token that one member forbids is forbidden by the geometric mean, and by the arithmetic one if all forbid it.
 *
 * @param decoders one or more, of the same vocabulary; its state is one state of each, of the same rows
 * @throws UsageError for none, or for other V, BOS or EOS; steps throw ShapeError when attention is not equally wide
 */
export function ensemble<State>(
  decoders: readonly StepDecoder<State>[],
  { mean = 'arithmetic' }: { mean?: EnsembleMean } = {},
): StepDecoder<readonly State[]> {
  const described = decoders.map((d) => `V ${d.vocabularySize}, BOS ${d.bos}, EOS ${d.eos}`);
  if (decoders.length === 0 || new Set(described).size > 1) {
    throw new UsageError(
      decoders.length === 0 ? 'An ensemble of nothing' : `An ensemble of ${described.join(' and ')}`,
      'decoders of one and the same vocabulary',
      'Train them with the same target vocabulary.',
    );
  }
  const { vocabularySize, bos, eos } = decoders[0];
  return {
    vocabularySize,
    bos,
    eos,
    async step(tokens, states) {
      const results: StepResult<State>[] = [];
      for (const [i, decoder] of decoders.entries()) {
        results.push(await checkedStep(decoder, tokens, states[i]));
      }
      const logProbs = results.map((result) => result.logProbs);
      const attention = meanAttention(results);
      return {
        state: results.map((result) => result.state),
        logProbs: mean === 'arithmetic' ? meanProbability(logProbs) : meanLogProb(logProbs, vocabularySize),
        ...(attention && { attention }),
      };
    },
    select: (states, rows) => decoders.map((decoder, i) => decoder.select(states[i], rows)),
  };
}

/** log of the mean of exp, the largest taken out; exact where all are equal. */
function meanProbability(logProbs: readonly Float32Array[]): Float32Array {
  const mean = Float32Array.from(logProbs[0]);
  for (let i = 0; i < mean.length; i++) {
    let most = Number.NEGATIVE_INFINITY;
    for (const member of logProbs) most = Math.max(most, member[i]);
    if (most === Number.NEGATIVE_INFINITY) {
      mean[i] = most;
      continue;
    }
    let sum = 0;
    for (const member of logProbs) sum += Math.exp(member[i] - most);
    mean[i] = most + Math.log(sum / logProbs.length);
  }
  return mean;
}

function meanLogProb(logProbs: readonly Float32Array[], vocabularySize: number): Float32Array {
  const mean = new Float32Array(logProbs[0].length);
  for (let offset = 0; offset < mean.length; offset += vocabularySize) {
    let sum = 0;
    for (let i = offset; i < offset + vocabularySize; i++) {
      for (const member of logProbs) mean[i] += member[i] / logProbs.length;
      sum += Math.exp(mean[i]);
    }
    // A row without a possible token stays one; NaN stays NaN, for the search to refuse.
    const normaliser = sum === 0 ? 0 : Math.log(sum);
    for (let i = offset; i < offset + vocabularySize; i++) mean[i] -= normaliser;
  }
  return mean;
}

function meanAttention(results: readonly StepResult<unknown>[]): Float32Array | undefined {
  const attending = results.flatMap(({ attention }) => (attention ? [attention] : []));
  const [first] = attending;
  if (!first) return undefined;
  const other = attending.find(({ length }) => length !== first.length);
  if (other) {
    throw new ShapeError(
      `Members of an ensemble with ${first.length} and ${other.length} attention weights`,
      'equally many, over the same source',
      'Take models that read the source alike.',
    );
  }
  return first.map((_, i) => attending.reduce((sum, member) => sum + member[i], 0) / attending.length);
}
