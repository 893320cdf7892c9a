import { add, concat, matmul, tanh, type Value, zeros } from '../graph/index.ts';
import { additiveAttention, attentionMemory } from '../nn/attention.ts';
import type { Builder } from '../nn/builder.ts';
import { bidirectionalGru, gruStep, gruWeights } from '../nn/gru.ts';
import { dropout, embedding, linear, maxout, project } from '../nn/layers.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder, EncoderDecoderSizes } from './model.ts';

/**
 * RNNsearch (Bahdanau, Cho, Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate"),
 * appendix A to the letter: a bidirectional GRU encoder whose two directions share one word embedding, a GRU decoder
 * that attends to its annotations before every word, and a deep output with one maxout layer.
 */
export function rnnsearch(sizes: EncoderDecoderSizes): EncoderDecoder {
  const { embedding: E, hidden: H, attention: A } = sizes;
  const init = INITIALIZATIONS[sizes.initialization];
  return {
    sourceVocabulary: sizes.sourceVocabulary,
    targetVocabulary: sizes.targetVocabulary,

    encode(builder, source, mask) {
      const b = builder.within('encoder');
      const words = dropout(
        b,
        'embedding',
        embedding(b.within('embedding'), source, sizes.sourceVocabulary, E, init.embedding),
        sizes.dropout,
      );
      const start = zeros([source.shape[1], H], builder.dtype);
      const encoded = bidirectionalGru(b, words, mask, start, { initialize: init.weights });
      const attention = attentionMemory(builder.within('attention'), encoded.states, mask, A, init.alignment);
      // A.2.2: s_0 = tanh(W_s ←h_1); ←h_1 is where the backward GRU ends.
      const s = tanh(
        linear(builder.within('decoder.initial'), encoded.lastBackward, H, { initialize: init.weights }),
      );
      return { memory: { ...attention }, state: { s } };
    },

    step(builder, previous, state, memory) {
      const b = builder.within('decoder');
      const { s } = state;
      const word = dropout(
        b,
        'embedding',
        embedding(b.within('embedding'), previous, sizes.targetVocabulary, E, init.embedding),
        sizes.dropout,
      );
      const { values, keys, bias } = memory;
      const attended = additiveAttention(
        builder.within('attention'),
        s,
        { values, keys, bias },
        { query: init.alignment, energy: init.energy },
      );
      const c = attended.context;
      const gru = b.within('gru');
      // W e(y_{i−1}) + C c_i, for update gate, reset gate and candidate at once
      const fromWord = linear(gru, word, 3 * H, { initialize: init.weights });
      const fromContext = matmul(c, gru.parameter('context', [2 * H, 3 * H], init.weights));
      const next = gruStep(gruWeights(gru, H), add(fromWord, fromContext), s);
      // A.2.2: t̃_i = U_o s_{i−1} + V_o E y_{i−1} + C_o c_i — the state before this step, as printed.
      const logits = readout(b.within('readout'), sizes, [s, word, c]);
      return { state: { s: next }, logits, attention: attended.weights };
    },
  };
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
