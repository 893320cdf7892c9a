/** ONNX Runtime convolves in float32 only, so values and gradients are compared to 1e-3 of their size. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { Random } from '../../src/random.ts';
import type { HostTensor } from '../../src/runtime/index.ts';
import { Draw } from './cases.ts';
import { checkGradient, compute, feedsFor } from './check.ts';
import { at, build, indices, paddedAt, type Tensor } from './reference.ts';

const f = 'float32' as const;
const tensor = ({ shape, data }: HostTensor): Tensor => ({ shape, data: Array.from(data as Float32Array) });

/** y[b, o, p] = Σ_{c, k} x[b, c, p·stride + k − pad] · kernel[o, c, k] */
function convolve(x: Tensor, kernel: Tensor, strides: number[], pads: (readonly [number, number])[]): Tensor {
  const window = kernel.shape.slice(2);
  const spatial = window.map((k, i) =>
    Math.floor((x.shape[i + 2] + pads[i][0] + pads[i][1] - k) / strides[i] + 1),
  );
  return build([x.shape[0], kernel.shape[0], ...spatial], ([b, o, ...place]) => {
    let total = 0;
    for (const [c, ...k] of indices(kernel.shape.slice(1))) {
      const from = place.map((p, i) => p * strides[i] + k[i] - pads[i][0]);
      total += paddedAt(x, [b, c, ...from]) * at(kernel, [o, c, ...k]);
    }
    return total;
  });
}

function expectClose(found: HostTensor, expected: Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  const size = Math.max(1, ...expected.data.map(Math.abs));
  expected.data.forEach((e, i) => {
    expect(Math.abs(Number(found.data[i]) - e) / size).toBeLessThan(1e-5);
  });
}

function random(seed: number) {
  const draw = new Draw(new Random(seed));
  const rank = draw.integer(1, 2);
  const list = <T>(make: () => T) => Array.from({ length: rank }, make);
  const strides = list(() => draw.integer(1, 3));
  const pads = list((): [number, number] => [draw.integer(0, 2), draw.integer(0, 2)]);
  const window = list(() => draw.integer(1, 3));
  const spatial = window.map((k) => k + draw.integer(0, 5));
  const x = g.input('x', f, ['B', 2, ...spatial]);
  const kernel = g.input('kernel', f, [3, 2, ...window]);
  return { strides, pads, x, kernel, sizes: { B: draw.integer(1, 3) } };
}

describe('conv', () => {
  it('is the sum it is defined as, with the gradient of finite differences', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e9), async (seed) => {
        const { strides, pads, x, kernel, sizes } = random(seed);
        const y = g.conv(x, kernel, { strides, pads });
        const feeds = feedsFor([y], sizes, {}, seed);
        const found = await compute({ y }, feeds);
        expectClose(found.y, convolve(tensor(feeds.x), tensor(feeds.kernel), strides, pads));
        await checkGradient([y], sizes, { seed, probes: 6, step: 0.1 });
      }),
      { seed: 5, numRuns: 25, endOnFailure: true },
    );
  });

  it('has gradients that have gradients', async () => {
    const { x, kernel } = random(12);
    const y = g.conv(x, kernel, { strides: 2, pads: 1 });
    const [dx, dk] = g.gradient(g.sum(g.mul(y, y)), [x, kernel]);
    await checkGradient([dx, dk], { B: 2 }, { probes: 4, step: 0.1, scale: 0.5 });
  });

  it('takes a size known at run time when it is named as a multiple of the stride', async () => {
    const x = g.input('x', f, ['B', 2, '4*U']);
    const kernel = g.input('kernel', f, [3, 2, 3]);
    const once = g.conv(x, kernel, { strides: 2, pads: 1 });
    expect(once.shape).toEqual(['B', 3, '2*U']);
    const { y } = await compute({ y: once }, feedsFor([once], { B: 2, '4*U': 8 }));
    expect(y.shape).toEqual([2, 3, 4]);
    await checkGradient([once], { B: 2, '4*U': 8 }, { step: 0.1 });
  });

  for (const kind of ['sequence', 'stateful'] as const) {
    it(`of a ${kind} inside a loop is the same at every step`, async () => {
      const x = g.input('x', f, ['T', 'B', 2, 5]);
      const kernel = g.input('kernel', f, [3, 2, 3]);
      const { states, outputs } = g.scan({ states: [g.constant(0, f)], sequences: [x] }, ([s], [xt]) => ({
        states: [g.mul(s, 0.5)],
        outputs: [g.conv(kind === 'stateful' ? g.add(xt, s) : xt, kernel, { pads: 1 })],
      }));
      const feeds = feedsFor(outputs, { T: 3, B: 2 });
      const found = await compute({ y: outputs[0] }, feeds);
      const all = tensor(feeds.x);
      const joined = { shape: [6, 2, 5], data: all.data };
      const expected = convolve(joined, tensor(feeds.kernel), [1], [[1, 1]]);
      expectClose({ ...found.y, shape: [6, 3, 5] }, expected);
      await checkGradient([...outputs, ...states], { T: 3, B: 2 }, { probes: 4, step: 0.1 });
    });
  }
});
