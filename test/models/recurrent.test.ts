/**
 * The recurrent model again, in plain loops, from Luong, Pham, Manning 2015: equations 5 and 6, input feeding, and the
 * stacks beneath them; one sentence at a time and with no padding.
 */
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { recurrent } from '../../src/models/recurrent.ts';
import { Builder } from '../../src/nn/builder.ts';
import { lossGraph } from '../../src/programs/pairLoss.ts';
import { Random } from '../../src/random.ts';
import { compute, type Feeds, feedsFor } from '../graph/check.ts';
import {
  dot,
  hadamard,
  type Matrix,
  plus,
  sigma,
  softmax,
  tanh,
  times,
  type Vector,
  Weights,
} from '../nn/plain.ts';
import { BOS, feedsOf, randomSentences, SMALL } from './small.ts';

const H = SMALL.hidden;
const R = SMALL.readout;
const model = recurrent({
  ...SMALL,
  dropout: 0,
  cell: 'lstm',
  encoder: { layers: 2, direction: 'alternating' },
  decoder: { layers: 2 },
  residual: true,
  attention: { score: 'general', size: H },
  coverageLoss: 0,
  inputFeeding: true,
  recurrentDropout: 0,
});

interface State {
  readonly h: Vector;
  readonly c: Vector;
}
const zeros = (size: number): Vector => Array(size).fill(0);

/** i, f, g, o from what the input contributes and the state before. */
function lstm(w: Weights, name: string, contributed: Vector, { h, c }: State): State {
  const sums = plus(contributed, times(h, w.matrix(`${name}.recurrent`)));
  const gate = (k: number) => sums.slice(k * H, (k + 1) * H);
  const memory = plus(hadamard(sigma(gate(1)), c), hadamard(sigma(gate(0)), tanh(gate(2))));
  return { h: hadamard(sigma(gate(3)), tanh(memory)), c: memory };
}

const affine = (w: Weights, name: string, x: Vector): Vector =>
  plus(times(x, w.matrix(`${name}.kernel`)), w.vector(`${name}.bias`));

function reference(w: Weights, source: readonly number[], target: readonly number[]): Matrix {
  let below = source.map((word) => w.matrix('encoder.embedding.table')[word]);
  const ended: State[] = [];
  for (const layer of [1, 2]) {
    const outputs: Vector[] = [];
    let state: State = { h: zeros(H), c: zeros(H) };
    const order = source.map((_, t) => (layer === 1 ? t : source.length - 1 - t));
    for (const t of order) {
      state = lstm(w, `encoder.layer${layer}`, affine(w, `encoder.layer${layer}`, below[t]), state);
      outputs[t] = layer === 1 ? state.h : plus(state.h, below[t]);
    }
    ended.push(state);
    below = outputs;
  }
  const annotations = below;
  const states = ended.map(({ h, c }, i) => ({
    h: tanh(affine(w, `decoder.initial.layer${i + 1}.h`, h)),
    c: affine(w, `decoder.initial.layer${i + 1}.c`, c),
  }));
  let fed = zeros(R);
  return [BOS, ...target].map((word) => {
    const fromWord = affine(w, 'decoder.layer1', w.matrix('decoder.embedding.table')[word]);
    const fromFed = times(fed, w.matrix('decoder.layer1.feeding'));
    states[0] = lstm(w, 'decoder.layer1', plus(fromWord, fromFed), states[0]);
    states[1] = lstm(w, 'decoder.layer2', affine(w, 'decoder.layer2', states[0].h), states[1]);
    const top = plus(states[1].h, states[0].h);
    const query = times(top, w.matrix('attention.query'));
    const weights = softmax(annotations.map((h) => dot(query, h)));
    const context = annotations[0].map((_, k) =>
      weights.reduce((total, a, j) => total + a * annotations[j][k], 0),
    );
    fed = tanh(affine(w, 'decoder.readout.hidden', [...context, ...top]));
    const table = w.matrix('decoder.readout.logits.table');
    return plus(
      table.map((row) => dot(row, fed)),
      w.vector('decoder.readout.logits.bias'),
    );
  });
}

describe('recurrent', () => {
  it("is what the paper's equations say, in a ragged batch", async () => {
    const sentences = randomSentences(new Random(2), [4, 1, 3], [3, 2, 1]);
    const { feeds, sizes } = feedsOf(sentences, 'float64', { weight: 1 });
    const { loss, logits } = lossGraph(model, new Builder({ dtype: 'float64' }));
    const all: Feeds = feedsFor([loss], sizes, feeds, 7, 0.5);
    const found = await compute({ logits: g.mul(logits, 1) }, all);
    const weights = new Weights(all);
    const V = SMALL.targetVocabulary;
    for (const [b, source] of sentences.source.entries()) {
      const expected = reference(weights, source, sentences.target[b]);
      for (const [t, row] of expected.entries()) {
        const at = (t * sizes.B + b) * V;
        for (const [v, x] of row.entries()) expect(Number(found.logits.data[at + v])).toBeCloseTo(x, 12);
      }
    }
  });
});
