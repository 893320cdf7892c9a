import { add, matmul, tanh, zeros } from '../graph/index.ts';
import { additiveAttention, attentionMemory } from '../nn/attention.ts';
import { bidirectionalGru, gruStep, gruWeights } from '../nn/gru.ts';
import { linear } from '../nn/layers.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder, EncoderDecoderSizes } from './model.ts';
import { readout, words } from './parts.ts';

/**
 * RNNsearch (Bahdanau, Cho, Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate"),
 * appendix A to the letter: a bidirectional GRU encoder whose two directions share one word embedding, a GRU decoder
 * that attends to its annotations before every word, and a deep output with one maxout layer.
 */
export function rnnsearch(sizes: EncoderDecoderSizes): EncoderDecoder {
  const { hidden: H, attention: A } = sizes;
  const init = INITIALIZATIONS[sizes.initialization];
  return {
    sourceVocabulary: sizes.sourceVocabulary,
    targetVocabulary: sizes.targetVocabulary,

    encode(builder, source, mask) {
      const b = builder.within('encoder');
      const embedded = words(b, sizes, source, sizes.sourceVocabulary);
      const start = zeros([source.shape[1], H], builder.dtype);
      const encoded = bidirectionalGru(b, embedded, mask, start, { initialize: init.weights });
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
      const word = words(b, sizes, previous, sizes.targetVocabulary);
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
