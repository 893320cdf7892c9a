/** What later models are made of, from the operations there are: the CTC recursion, a shift of attention. */
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { checkGradient, compute, feedsFor } from './check.ts';

const f = 'float64' as const;
const IMPOSSIBLE = -1e30;

/**
 * −ln p(labels | x) by the forward recursion of Graves et al. 2006, section 4.1, in log space. Log-probabilities
 * `[T, B, V]` (0 is the blank), the labels with blanks between and around them `[B, 2U+1]`, and where a label may
 * follow the label before last directly `[B, 2U+1]` (0 where it may, −1e30 where not).
 */
function ctc(logProbs: g.Value, extended: g.Value, skip: g.Value): g.Value {
  const [T, B] = logProbs.shape;
  const positions = extended.shape[1] as number;
  const places = g.broadcastTo(g.unsqueeze(extended, [0]), [T, B, positions]);
  const emissions = g.takeAlong(logProbs, places); // [T, B, 2U+1]
  const impossible = (width: number) => g.full([B, width], IMPOSSIBLE, f);
  // One place more at the left: before the first frame all is there, just before the first blank.
  const start = g.concat([g.zeros([B, 1], f), impossible(positions)]);
  const { states } = g.scan({ states: [start], sequences: [emissions] }, ([alpha], [e]) => {
    const stay = g.slice(alpha, 1, 1, positions + 1);
    const step = g.slice(alpha, 1, 0, positions);
    const jump = g.add(g.concat([impossible(1), g.slice(alpha, 1, 0, positions - 1)]), skip);
    const paths = [stay, step, jump].map((p) => g.unsqueeze(p, [2]));
    const entered = g.logSumExp(g.concat(paths, 2), { axes: [2] });
    return { states: [g.concat([impossible(1), g.add(entered, e)])] };
  });
  const ends = g.slice(states[0], 1, positions - 1, positions + 1);
  return g.neg(g.sum(g.logSumExp(ends, { axes: [1] })));
}

describe('CTC, built with scan', () => {
  const [V, T] = [4, 5];
  const labelings = [
    [1, 2],
    [3, 3],
  ];
  const extended = labelings.map((l) => [0, ...l.flatMap((v) => [v, 0])]);
  // A label may follow the label before last directly when they differ (the first one follows the place before all).
  const skips = extended.flatMap((l) =>
    l.map((v, i) => (v !== 0 && (i === 1 || v !== l[i - 2]) ? 0 : IMPOSSIBLE)),
  );
  const loss = ctc(
    g.logSoftmax(g.input('logits', f, [T, 2, V])),
    g.constant(extended.flat(), 'int32', [2, 5]),
    g.constant(skips, f, [2, 5]),
  );

  it('is the sum over all alignments, each collapsed', async () => {
    const feeds = feedsFor([loss], {});
    const found = await compute({ loss }, feeds);
    const x = feeds.logits.data as Float64Array;
    const probability = (t: number, b: number, v: number) => {
      const row = Array.from({ length: V }, (_, k) => Math.exp(x[(t * 2 + b) * V + k]));
      return row[v] / row.reduce((p, q) => p + q);
    };
    let expected = 0;
    for (const [b, labels] of labelings.entries()) {
      let total = 0;
      for (let code = 0; code < V ** T; code++) {
        const path = Array.from({ length: T }, (_, t) => Math.floor(code / V ** t) % V);
        const collapsed = path.filter((v, t) => v !== 0 && v !== path[t - 1]);
        if (collapsed.join() !== labels.join()) continue;
        total += path.reduce((p, v, t) => p * probability(t, b, v), 1);
      }
      expected -= Math.log(total);
    }
    expect(Number(found.loss.data[0])).toBeCloseTo(expected, 10);
  });

  it('has the gradient of finite differences', () => checkGradient([loss], {}, { probes: 40 }));
});

describe('a circular convolution of attention weights (Graves et al. 2014, equation 8)', () => {
  // w̃(i) = Σ_j w(j) s(i − j), shifts −1, 0, 1
  const shift = (w: g.Value, s: g.Value): g.Value => {
    const N = w.shape[1] as number;
    const wrapped = g.concat([g.slice(w, 1, N - 1, N), w, g.slice(w, 1, 0, 1)]);
    const terms = [2, 1, 0].map((from, k) =>
      g.mul(g.slice(wrapped, 1, from, from + N), g.slice(s, 1, k, k + 1)),
    );
    return g.sum(
      g.concat(
        terms.map((t) => g.unsqueeze(t, [0])),
        0,
      ),
      { axes: [0] },
    );
  };
  const y = shift(g.input('w', f, ['B', 6]), g.input('s', f, ['B', 3]));

  it('moves what is at the edge around it', async () => {
    const feeds = feedsFor([y], { B: 2 });
    const { y: found } = await compute({ y }, feeds);
    const [w, s] = [feeds.w.data, feeds.s.data].map((d) => Array.from(d as Float64Array));
    for (let b = 0; b < 2; b++) {
      for (let i = 0; i < 6; i++) {
        const expected = [-1, 0, 1].reduce((t, k) => t + w[b * 6 + ((i - k + 6) % 6)] * s[b * 3 + k + 1], 0);
        expect(Number(found.data[b * 6 + i])).toBeCloseTo(expected, 12);
      }
    }
  });

  it('has the gradient of finite differences', () => checkGradient([y], { B: 2 }));
});
