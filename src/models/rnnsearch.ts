import { add, matmul, tanh } from '../graph/index.ts';
import { attention } from '../nn/attention/attention.ts';
import { gruStep, gruWeights } from '../nn/gru.ts';
import { linear } from '../nn/layers.ts';
import { bidirectionalLayer } from '../nn/recurrent.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder, EncoderDecoderSizes } from './model.ts';
import { generationGate, readout, words } from './parts.ts';

/**
 * RNNsearch (Bahdanau, Cho, Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate"),
 * appendix A to the letter: a bidirectional GRU encoder whose two directions share one word embedding, a GRU decoder
 * that attends to its annotations before every word, and a deep output with one maxout layer.
 */
export function rnnsearch(sizes: EncoderDecoderSizes): EncoderDecoder {
  const { hidden: H, attention: A } = sizes;
  const init = INITIALIZATIONS[sizes.initialization];
  const { alignment, energy } = init;
  const attending = attention({
    score: 'additive',
    size: A,
    initialize: { keys: alignment, query: alignment, energy },
  });
  return {
    targetVocabulary: sizes.targetVocabulary,
    copies: sizes.copy,

    encode(builder, source, mask) {
      const b = builder.within('encoder');
      const embedded = words(builder, sizes, 'encoder', source);
      const encoded = bidirectionalLayer(b, embedded, mask, H, { initialize: init.weights });
      const memory = attending.memory(builder.within('attention'), encoded.states, mask);
      // A.2.2: s_0 = tanh(W_s ←h_1); ←h_1 is where the backward GRU ends.
      const s = tanh(
        linear(builder.within('decoder.initial'), encoded.lastBackward[0], H, { initialize: init.weights }),
      );
      return { memory, state: { s } };
    },

    step(builder, previous, { s }, memory) {
      const b = builder.within('decoder');
      const word = words(builder, sizes, 'decoder', previous);
      const attended = attending.attend(builder.within('attention'), s, memory, {});
      const c = attended.context;
      const gru = b.within('gru');
      // W e(y_{i−1}) + C c_i, for update gate, reset gate and candidate at once
      const fromWord = linear(gru, word, 3 * H, { initialize: init.weights });
      const fromContext = matmul(c, gru.parameter('context', [2 * H, 3 * H], init.weights));
      const next = gruStep(gruWeights(gru, H), add(fromWord, fromContext), s);
      // A.2.2: t̃_i = U_o s_{i−1} + V_o E y_{i−1} + C_o c_i — the state before this step, as printed.
      const logits = readout(builder, sizes, [s, word, c]);
      const gate = sizes.copy ? { gate: generationGate(builder, [c, s, word]) } : {};
      return { state: { s: next }, logits, attention: attended.weights, ...gate };
    },
  };
}
