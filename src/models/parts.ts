import { concat, sigmoid, squeeze, tanh, type Value } from '../graph/index.ts';
import type { Builder } from '../nn/builder.ts';
import { dropout, embedding, embeddingTable, linear, maxout, project } from '../nn/layers.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { WordSizes } from './model.ts';

type Side = 'encoder' | 'decoder';

/** What all decoders have, whatever their encoder reads. */
export type TargetSizes = Omit<WordSizes, 'sourceVocabulary'> & Partial<Pick<WordSizes, 'sourceVocabulary'>>;

/** Word vectors of one side `[V, E]`: its own, or with `tie: all` the ones of both. */
function wordTable(builder: Builder, sizes: TargetSizes, side: Side): Value {
  const { embedding: initialize } = INITIALIZATIONS[sizes.initialization];
  const shared = sizes.tie === 'all';
  const vocabulary =
    side === 'encoder' && !shared ? (sizes.sourceVocabulary as number) : sizes.targetVocabulary;
  const place = (shared ? builder : builder.within(side)).within('embedding');
  return embeddingTable(place, vocabulary, sizes.embedding, initialize);
}

/** Word vectors of one side, with dropout: tokens int32 `[…]` → `[…, E]`. */
export function words(builder: Builder, sizes: TargetSizes, side: Side, tokens: Value): Value {
  const found = embedding(wordTable(builder, sizes, side), tokens);
  return dropout(builder.within(side), 'embedding', found, sizes.dropout);
}

/** Logits `[…, V]` of what was read out `[…, l]`; with tied embeddings the target's word vectors are the weights. */
export function wordLogits(builder: Builder, sizes: TargetSizes, x: Value): Value {
  const b = builder.within('decoder').within('readout').within('logits');
  const { weights } = INITIALIZATIONS[sizes.initialization];
  const width = x.shape[x.shape.length - 1] as number;
  const table =
    (sizes.tie ?? 'none') === 'none'
      ? embeddingTable(b, sizes.targetVocabulary, width, weights)
      : wordTable(builder, sizes, 'decoder');
  return project(b, x, table);
}

/** Deep output (Pascanu et al. 2014; appendix A.2.2): one hidden layer over what the decoder knows, then the logits. */
export function readout(
  builder: Builder,
  sizes: WordSizes & { readonly readout: number; readonly readoutType: 'maxout' | 'tanh' },
  parts: readonly Value[],
): Value {
  const b = builder.within('decoder').within('readout');
  const init = INITIALIZATIONS[sizes.initialization];
  const units = sizes.readoutType === 'maxout' ? 2 * sizes.readout : sizes.readout;
  const linearly = linear(b.within('hidden'), concat(parts), units, { initialize: init.weights });
  const mixed = b.watched('readoutInput', linearly);
  const hidden = b.watched('readout', sizes.readoutType === 'maxout' ? maxout(mixed) : tanh(mixed));
  return wordLogits(builder, sizes, dropout(b, 'hidden', hidden, sizes.dropout));
}

/**
 * The probability `[B]` that the next word is generated rather than copied: σ(w · [context, state, word] + b) (See et
 * al. 2017, equation 8).
 */
export function generationGate(builder: Builder, parts: readonly Value[]): Value {
  return sigmoid(squeeze(linear(builder.within('decoder').within('gate'), concat(parts), 1), [1]));
}
