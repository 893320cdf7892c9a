import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import * as g from '../../src/graph/index.ts';
import { Builder } from '../../src/nn/builder.ts';
import { framesOf, pyramid, pyramidStack, type Reduction } from '../../src/nn/pyramid.ts';
import { Random } from '../../src/random.ts';
import { checkGradient, compute, feedsFor } from '../graph/check.ts';
import { frameFeeds, pyramidReference, randomFrames } from '../models/frames.ts';
import { Weights } from './plain.ts';

const F = 3;
const lengths = [7, 1, 4];
const items = randomFrames(new Random(1), lengths, F);
const inputs = (reduction: Reduction, dtype: 'float32' | 'float64' = 'float64') => ({
  source: g.input('source', dtype, [framesOf(reduction), 'B', F]),
  sourceMask: g.input('sourceMask', dtype, [framesOf(reduction), 'B']),
});

describe('pyramid', () => {
  it('sets neighbouring frames side by side; half a pair is padding, and counts as zeros', async () => {
    const { source, sourceMask } = inputs(2);
    const { states, mask } = pyramid(source, sourceMask);
    expect(states.shape).toEqual(['U', 'B', 2 * F]);
    expect(mask.shape).toEqual(['U', 'B']);
    const { feeds, S } = frameFeeds(items, 'float64', { reduction: 2, pad: 1 });
    const found = await compute({ states, mask }, feeds);
    expect(found.states.shape).toEqual([S / 2, 3, 2 * F]);
    const none = Array(F).fill(0);
    for (let u = 0; u < S / 2; u++) {
      for (const [b, frames] of items.entries()) {
        const at = u * 3 + b;
        const pair = Array.from(found.states.data.slice(at * 2 * F, (at + 1) * 2 * F) as Float64Array);
        expect(pair.map((x) => x + 0)).toEqual([...(frames[2 * u] ?? none), ...(frames[2 * u + 1] ?? none)]);
        expect(found.mask.data[at]).toBe(2 * u < frames.length ? 1 : 0);
      }
    }
  });

  it('halves what is a multiple again, and refuses what may be odd', () => {
    const { source, sourceMask } = inputs(8);
    const once = pyramid(source, sourceMask);
    expect(once.states.shape).toEqual(['4*U', 'B', 2 * F]);
    expect(pyramid(once.states, once.mask).mask.shape).toEqual(['2*U', 'B']);
    const odd = inputs(1);
    expect(() => pyramid(odd.source, odd.sourceMask)).toThrow(
      "pyramid: U frames; expected an even number of them. Name it as a multiple ('2*U')",
    );
    const five = g.input('x', 'float32', [5, 'B', F]);
    expect(() => pyramid(five, g.input('m', 'float32', [5, 'B']))).toThrow(ShapeError);
  });
});

describe('pyramidStack', () => {
  for (const [layers, reduction, projection] of [
    [1, 1, undefined],
    [2, 2, 3],
    [3, 4, undefined],
    [3, 2, undefined],
  ] as const) {
    const hidden = 4;
    const make = (reals: ReturnType<typeof inputs>, builder: Builder) =>
      pyramidStack(builder.within('encoder'), reals.source, reals.sourceMask, hidden, {
        layers,
        reduction,
        projection,
        cell: 'lstm',
      });

    it(`is what the paper's equations say: ${layers} layers, one frame of ${reduction}, projection ${projection}`, async () => {
      const { states, mask } = make(inputs(reduction), new Builder({ dtype: 'float64' }));
      const width = projection ?? hidden;
      expect(states.shape).toEqual(['U', 'B', width]);
      const { feeds } = frameFeeds(items, 'float64', { reduction, pad: 1 });
      const all = feedsFor([states], {}, feeds, 4, 0.7);
      const found = await compute({ states, mask }, all);
      const w = new Weights(all);
      for (const [b, frames] of items.entries()) {
        const expected = pyramidReference(w, frames, {
          layers,
          halvings: Math.log2(reduction),
          hidden,
          projected: projection !== undefined,
        });
        const real = Array.from({ length: found.mask.shape[0] }, (_, u) =>
          Number(found.mask.data[u * 3 + b]),
        );
        expect(real.reduce((x, y) => x + y)).toBe(expected.length);
        for (const [u, row] of expected.entries()) {
          expect(real[u]).toBe(1);
          for (const [k, x] of row.entries()) {
            expect(Number(found.states.data[(u * 3 + b) * width + k])).toBeCloseTo(x, 12);
          }
        }
      }
    });

    it(`has the gradient of finite differences: ${layers} layers, one frame of ${reduction}`, async () => {
      const { states, mask } = make(inputs(reduction), new Builder({ dtype: 'float64' }));
      const { feeds, S } = frameFeeds(items, 'float64', { reduction });
      const sizes = { B: 3, U: S / reduction, [framesOf(reduction)]: S };
      await checkGradient([g.mul(states, g.unsqueeze(mask, [2]))], sizes, {
        given: feeds,
        probes: 6,
        scale: 0.7,
        except: ['sourceMask'],
      });
    });
  }

  it('refuses an odd size, and more halvings than there are places for', () => {
    const stack = (size: number, layers: number, reduction: Reduction) => {
      const { source, sourceMask } = inputs(reduction, 'float32');
      return () => pyramidStack(new Builder(), source, sourceMask, size, { layers, reduction });
    };
    expect(stack(5, 1, 1)).toThrow(
      'bidirectional layers of size 5; expected an even size, half of it each way',
    );
    expect(stack(4, 2, 4)).toThrow(
      '2 layers that make one frame of 4; expected 3 or more: time is halved 2 times',
    );
    expect(stack(4, 3, 4)).not.toThrow();
  });
});
