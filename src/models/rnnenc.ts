import { add, matmul, mul, sigmoid, split, sub, tanh } from '../graph/index.ts';
import { orthogonal } from '../nn/init.ts';
import { linear } from '../nn/layers.ts';
import { recurrentLayer } from '../nn/recurrent.ts';
import { INITIALIZATIONS } from './initialization.ts';
import type { EncoderDecoder, EncoderDecoderSizes } from './model.ts';
import { readout, words } from './parts.ts';

/**
 * RNN Encoder–Decoder (Cho et al. 2014, "Learning Phrase Representations using RNN Encoder–Decoder", appendix A; the
 * RNNenc that Bahdanau et al. 2015 compare with): a forward GRU reads the sentence into one vector
 * c = tanh(V h_N), which every step of the decoder gets. Nothing else of the sentence reaches the decoder.
 */
export function rnnenc(sizes: EncoderDecoderSizes): EncoderDecoder {
  const { hidden: H } = sizes;
  const init = INITIALIZATIONS[sizes.initialization];
  return {
    targetVocabulary: sizes.targetVocabulary,

    encode(builder, source, mask) {
      const b = builder.within('encoder');
      const embedded = words(builder, sizes, 'encoder', source);
      const { last } = recurrentLayer(b.within('forward'), embedded, mask, H, { initialize: init.weights });
      const c = tanh(linear(b.within('summary'), last[0], H, { initialize: init.weights }));
      const s = tanh(linear(builder.within('decoder.initial'), c, H, { initialize: init.weights }));
      return { memory: { c }, state: { s } };
    },

    step(builder, previous, { s }, { c: summary }) {
      const c = builder.watched('context', summary);
      const b = builder.within('decoder');
      const word = words(builder, sizes, 'decoder', previous);
      const g = b.within('gru');
      const [wGates, wCandidate] = split(linear(g, word, 3 * H, { initialize: init.weights }), -1, [
        2 * H,
        H,
      ]);
      const fromSummary = matmul(c, g.parameter('context', [H, 3 * H], init.weights));
      const [cGates, cCandidate] = split(fromSummary, -1, [2 * H, H]);
      const recurrent = matmul(s, g.parameter('gates', [H, 2 * H], orthogonal));
      const [z, r] = split(sigmoid(add(add(wGates, cGates), recurrent)), -1, [H, H]);
      // Appendix A.1.2: here the reset gate also covers the summary, h̃ = tanh(W'e(y) + r ∘ (U'h + Cc)).
      const inner = add(matmul(s, g.parameter('candidate', [H, H], orthogonal)), cCandidate);
      const candidate = tanh(add(wCandidate, mul(r, inner)));
      const next = add(candidate, mul(z, sub(s, candidate)));
      // O_h h + O_y e(y) + O_c c, then maxout: the new state, as the paper has it.
      const logits = readout(builder, sizes, [next, word, c]);
      return { state: { s: next }, logits };
    },
  };
}
