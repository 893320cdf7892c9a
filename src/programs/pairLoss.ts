import { BOS, EOS } from '../data/vocabulary.ts';
import { UsageError } from '../errors.ts';
import {
  add,
  and,
  argMax,
  cast,
  crossEntropy,
  ctc,
  equal,
  full,
  greater,
  input,
  mul,
  not,
  scan,
  slice,
  squeeze,
  sum,
  type Value,
  where,
} from '../graph/index.ts';
import type { EncoderDecoder } from '../models/model.ts';
import type { Builder } from '../nn/builder.ts';
import type { HostTensor } from '../runtime/index.ts';
import { copyingLosses } from './copying.ts';
import { sourceFeeds, sourceInputs } from './sources.ts';
import type { TrainingLoss } from './training.ts';

/** Pairs of sequences, padded, time-major. */
export interface PairBatch {
  /** token ids [S, B], or frames [S, B, F] */
  readonly source: Int32Array | Float32Array;
  /** [S, B] */
  readonly sourceMask: Float32Array;
  /** what the decoder is given, int32 [T, B]: BOS, then the target */
  readonly previous: Int32Array;
  /** what it shall say, int32 [T, B]: the target, then EOS; with `copied`, ids from V on are words of the source */
  readonly labels: Int32Array;
  /** [T, B] */
  readonly targetMask: Float32Array;
  /** for models that copy, int32 [S, B]: source words as target words, see programs/copying.ts */
  readonly copied?: Int32Array;
  readonly sizes: { readonly B: number; readonly S: number; readonly T: number };
  /** scheduled sampling: the probability that the decoder is given its own word instead of the target's; default 0 */
  readonly sampling?: number;
}

/** What training asks beside the likelihood of the targets. */
export interface Objective {
  /** ε of label smoothing, see `crossEntropy`; default 0; not for models that copy, whose probabilities are mixed */
  readonly labelSmoothing?: number;
  /** the decoder can be given its own words (Bengio et al. 2015, section 2.4); default false */
  readonly scheduledSampling?: boolean;
  /**
   * λ of λ · CTC + (1 − λ) · attention (Watanabe et al. 2017, equation 10), of a model that labels its frames too;
   * default 0
   */
  readonly ctcWeight?: number;
}

/**
 * The graph of the training loss over `source`, `sourceMask`, `previous`, `labels` and `weights` (teacher forcing), of
 * `copied` for a model that copies, and with scheduled sampling of `coins` [T, B]: 1 where the decoder is given the
 * word it thought most probable before.
 *
 * @param objective absent: the negative log-likelihood alone; given: what training minimises, the model's own losses
 *   (coverage) included
 */
export function lossGraph(
  model: EncoderDecoder,
  builder: Builder,
  objective?: Objective,
): { loss: Value; logits: Value } {
  const { dtype } = builder;
  const { labelSmoothing = 0, scheduledSampling = false, ctcWeight = 0 } = objective ?? {};
  if (model.copies && (labelSmoothing > 0 || scheduledSampling)) {
    throw new UsageError(
      `${labelSmoothing > 0 ? 'label smoothing' : 'scheduled sampling'} of a model that copies`,
      'neither: its probabilities are mixed with those of copying',
      'Leave it out.',
    );
  }
  const { source, sourceMask } = sourceInputs(model, dtype);
  const previous = input('previous', 'int32', ['T', 'B']);
  const labels = input('labels', 'int32', ['T', 'B']);
  const weights = input('weights', dtype, ['T', 'B']);
  const { memory, state, frames } = model.encode(builder, source, sourceMask);
  const names = Object.keys(state);
  const coins = scheduledSampling ? [input('coins', dtype, ['T', 'B'])] : [];
  const said = scheduledSampling ? [full(['B'], BOS, 'int32')] : [];
  const extras: ('loss' | 'gate' | 'attention')[] = [];
  const { outputs } = scan(
    { states: [...Object.values(state), ...said], sequences: [previous, ...coins] },
    (states, [gold, coin]) => {
      const carried = Object.fromEntries(names.map((name, i) => [name, states[i]]));
      const word = coin ? where(greater(coin, 0.5), states[names.length], gold) : gold;
      const next = model.step(builder, word, carried, memory);
      if (objective && next.loss) extras.push('loss');
      if (next.gate) extras.push('gate', 'attention');
      return {
        states: [
          ...names.map((name) => next.state[name]),
          ...said.map(() => cast(argMax(next.logits), 'int32')),
        ],
        outputs: [next.logits, ...extras.map((name) => next[name] as Value)],
      };
    },
  );
  const logits = outputs[0];
  const extra = Object.fromEntries(extras.map((name, i) => [name, outputs[i + 1]]));
  const own = extra.gate
    ? copyingLosses(model, { logits, gate: extra.gate, attention: extra.attention }, labels)
    : crossEntropy(logits, labels, { smoothing: labelSmoothing });
  const losses = extra.loss ? add(own, extra.loss) : own;
  const spoken = sum(mul(losses, weights));
  if (ctcWeight === 0) return { loss: spoken, logits };
  if (!frames) {
    throw new UsageError(
      `a weight of ${ctcWeight} for CTC`,
      'a model that labels its frames',
      'Build the listener with ctc: true, or leave the weight out.',
    );
  }
  const isLabel = and(greater(weights, 0), not(equal(labels, EOS)));
  const labelled = ctc(frames.logits, frames.mask, labels, cast(isLabel, dtype));
  // Every sentence has a first token, whose weight is that of all its tokens.
  const byCtc = sum(mul(labelled, squeeze(slice(weights, 0, 0, 1), [0])));
  return { loss: add(mul(spoken, 1 - ctcWeight), mul(byCtc, ctcWeight)), logits };
}

/** Training on pairs, teacher forced: see `lossGraph`. */
export function pairLoss(model: EncoderDecoder, objective: Objective = {}): TrainingLoss<PairBatch> {
  return {
    graph: (builder) => lossGraph(model, builder, builder.training ? objective : undefined).loss,
    feeds(batch, phase) {
      const { B, S, T } = batch.sizes;
      const tokens = batch.targetMask.reduce((sum, m) => sum + m, 0);
      const feeds: Record<string, HostTensor> = {
        ...sourceFeeds(batch),
        previous: { dtype: 'int32', shape: [T, B], data: batch.previous },
        labels: { dtype: 'int32', shape: [T, B], data: batch.labels },
        weights: { dtype: 'float32', shape: [T, B], data: batch.targetMask.map((m) => m / tokens) },
      };
      if (batch.copied) feeds.copied = { dtype: 'int32', shape: [S, B], data: batch.copied };
      if (objective.scheduledSampling && phase !== 'evaluation') {
        const data = new Float32Array(T * B);
        // The first word follows BOS, whoever speaks.
        for (let i = B; i < T * B; i++) data[i] = phase.training.uniform() < (batch.sampling ?? 0) ? 1 : 0;
        feeds.coins = { dtype: 'float32', shape: [T, B], data };
      }
      return { feeds, sizes: batch.sizes, tokens };
    },
  };
}
