/**
 * RNNsearch again, in plain loops over arrays, written from the equations of Bahdanau et al. 2015, appendix A, one
 * sentence at a time and with no padding: what the graph computes must be that.
 */
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { rnnsearch } from '../../src/models/rnnsearch.ts';
import { Builder } from '../../src/nn/builder.ts';
import { Random } from '../../src/random.ts';
import { compute, type Feeds } from '../graph/check.ts';
import { dot, plus, sigma, softmax, tanh, times, type Vector, Weights } from '../nn/plain.ts';
import { BOS, feedsOf, randomSentences, SMALL } from './small.ts';

/** A.1.1: z, r and the candidate, from what comes in for each and the state before. */
function gatedUnit(w: Weights, name: string, H: number, incoming: readonly Vector[], h: Vector): Vector {
  const [Uz, Ur] = [w.block(`${name}.gates`, 0, H), w.block(`${name}.gates`, 1, H)];
  const U = w.matrix(`${name}.candidate`);
  const [xz, xr, x] = incoming;
  const z = sigma(plus(xz, times(h, Uz)));
  const r = sigma(plus(xr, times(h, Ur)));
  const gated = h.map((hk, k) => r[k] * hk);
  const candidate = tanh(plus(x, times(gated, U)));
  return h.map((hk, k) => (1 - z[k]) * hk + z[k] * candidate[k]);
}

/** W x + b for each of z, r and the candidate. */
const blocks = (w: Weights, name: string, H: number, x: Vector): Vector[] =>
  [0, 1, 2].map((k) => plus(times(x, w.block(`${name}.kernel`, k, H)), w.block(`${name}.bias`, k, H)[0]));

function reference(w: Weights, source: readonly number[], target: readonly number[], maxout: boolean) {
  const H = SMALL.hidden;
  const embedded = source.map((word) => w.matrix('encoder.embedding.table')[word]);
  // A.2.1
  const run = (direction: string, words: Vector[]): Vector[] => {
    let h: Vector = Array(H).fill(0);
    return words.map((x) => {
      h = gatedUnit(w, `encoder.${direction}`, H, blocks(w, `encoder.${direction}`, H, x), h);
      return h;
    });
  };
  const forward = run('forward', embedded);
  const backward = run('backward', [...embedded].reverse()).reverse();
  const annotations = forward.map((h, j) => [...h, ...backward[j]]);
  // A.2.2: s_0 = tanh(W_s ←h_1)
  let s = tanh(
    plus(times(backward[0], w.matrix('decoder.initial.kernel')), w.vector('decoder.initial.bias')),
  );
  const steps: { logits: Vector; attention: Vector }[] = [];
  for (const word of [BOS, ...target]) {
    const y = w.matrix('decoder.embedding.table')[word];
    // e_ij = v_aᵀ tanh(W_a s_{i−1} + U_a h_j)
    const v = w.matrix('attention.energy').map(([entry]) => entry);
    const energies = annotations.map((h) =>
      dot(v, tanh(plus(times(s, w.matrix('attention.query')), times(h, w.matrix('attention.keys'))))),
    );
    const attention = softmax(energies);
    const c = annotations[0].map((_, k) => annotations.reduce((t, h, j) => t + attention[j] * h[k], 0));
    const incoming = blocks(w, 'decoder.gru', H, y).map((part, k) =>
      plus(part, times(c, w.block('decoder.gru.context', k, H))),
    );
    const next = gatedUnit(w, 'decoder.gru', H, incoming, s);
    // t̃_i = U_o s_{i−1} + V_o E y_{i−1} + C_o c_i, t_i = max of pairs
    const mixed = plus(
      times([...s, ...y, ...c], w.matrix('decoder.readout.hidden.kernel')),
      w.vector('decoder.readout.hidden.bias'),
    );
    const t = maxout
      ? Array.from({ length: SMALL.readout }, (_, k) => Math.max(mixed[2 * k], mixed[2 * k + 1]))
      : tanh(mixed);
    const logits = w
      .matrix('decoder.readout.logits.table')
      .map((row, k) => dot(row, t) + w.vector('decoder.readout.logits.bias')[k]);
    steps.push({ logits, attention });
    s = next;
  }
  return steps;
}

describe('RNNsearch', () => {
  for (const readoutType of ['maxout', 'tanh'] as const) {
    it(`is what the paper's equations say, in a ragged batch (${readoutType} readout)`, async () => {
      const builder = new Builder({ dtype: 'float64' });
      const model = rnnsearch({ ...SMALL, readoutType });
      const random = new Random(11);
      const sentences = randomSentences(random, [5, 1, 3], [2, 4, 3]);
      const { feeds, sizes } = feedsOf(sentences, 'float64', { weight: 1 });
      const { memory, state } = model.encode(
        builder,
        g.input('source', 'int32', ['S', 'B']),
        g.input('sourceMask', 'float64', ['S', 'B']),
      );
      const names = Object.keys(state);
      const { outputs } = g.scan(
        { states: Object.values(state), sequences: [g.input('previous', 'int32', ['T', 'B'])] },
        (states, [word]) => {
          const carried = Object.fromEntries(names.map((n, i) => [n, states[i]]));
          const next = model.step(builder, word, carried, memory);
          return {
            states: names.map((n) => next.state[n]),
            outputs: [next.logits, next.attention as g.Value],
          };
        },
      );
      const weights: Feeds = Object.fromEntries(
        builder.parameters.map(({ spec }) => {
          const length = spec.shape.reduce((a, b) => a * b, 1);
          const data = Float64Array.from({ length }, () => 0.7 * random.normal());
          return [spec.name, { dtype: 'float64' as const, shape: spec.shape, data }];
        }),
      );
      const found = await compute({ logits: outputs[0], attention: outputs[1] }, { ...weights, ...feeds });
      const { B, S } = sizes;
      const V = SMALL.targetVocabulary;
      for (let b = 0; b < B; b++) {
        const steps = reference(
          new Weights(weights),
          sentences.source[b],
          sentences.target[b],
          readoutType === 'maxout',
        );
        for (const [t, { logits, attention }] of steps.entries()) {
          logits.forEach((e, k) => {
            expect(Math.abs(Number(found.logits.data[(t * B + b) * V + k]) - e)).toBeLessThan(1e-9);
          });
          for (let j = 0; j < S; j++) {
            const weight = Number(found.attention.data[(t * B + b) * S + j]);
            expect(Math.abs(weight - (attention[j] ?? 0))).toBeLessThan(1e-9);
          }
        }
      }
    });
  }
});
