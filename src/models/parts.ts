import { concat, tanh, type Value } from '../graph/index.ts';
import type { Builder } from '../nn/builder.ts';
import { dropout, embedding, linear, maxout, project } from '../nn/layers.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoderSizes } from './model.ts';

/** Word vectors of one side, with dropout: tokens int32 `[…]` → `[…, E]`. */
export function words(
  builder: Builder,
  sizes: EncoderDecoderSizes,
  tokens: Value,
  vocabulary: number,
): Value {
  const { embedding: initialize } = INITIALIZATIONS[sizes.initialization];
  const table = builder.within('embedding');
  return dropout(
    builder,
    'embedding',
    embedding(table, tokens, vocabulary, sizes.embedding, initialize),
    sizes.dropout,
  );
}

/** Deep output (Pascanu et al. 2014; appendix A.2.2): one hidden layer over what the decoder knows, then the logits. */
export function readout(builder: Builder, sizes: EncoderDecoderSizes, parts: readonly Value[]): Value {
  const init = INITIALIZATIONS[sizes.initialization];
  const units = sizes.readoutType === 'maxout' ? 2 * sizes.readout : sizes.readout;
  const mixed = linear(builder.within('hidden'), concat(parts), units, { initialize: init.weights });
  const hidden = sizes.readoutType === 'maxout' ? maxout(mixed) : tanh(mixed);
  const kept = dropout(builder, 'hidden', hidden, sizes.dropout);
  return project(builder.within('logits'), kept, sizes.targetVocabulary, init.weights);
}
