/** ONNX Runtime convolves in float32 only; normalisation is checked in float64. */
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { Builder } from '../../src/nn/builder.ts';
import {
  type ConvolutionBlock,
  type ConvolutionStackOptions,
  convolution,
  convolutionStack,
  gridCentres,
  gridOf,
  groupNorm,
  he,
} from '../../src/nn/convolution.ts';
import { Random } from '../../src/random.ts';
import type { HostTensor } from '../../src/runtime/index.ts';
import { checkGradient, compute, type Feeds, feedsFor } from '../graph/check.ts';
import { convolve, groupNormed, type Maps, pooled } from './pictureLayers.ts';

const maps = ({ shape, data }: HostTensor, b: number): Maps => {
  const [, C, Y, X] = shape;
  return Array.from({ length: C }, (_, c) =>
    Array.from({ length: Y }, (_, y) =>
      Array.from({ length: X }, (_, x) => Number(data[((b * C + c) * Y + y) * X + x])),
    ),
  );
};

function expectMaps(found: HostTensor, expected: readonly Maps[], off: number): void {
  expect(found.shape).toEqual([
    expected.length,
    expected[0].length,
    expected[0][0].length,
    expected[0][0][0].length,
  ]);
  const wanted = expected.flat(3);
  const worst = Math.max(...wanted.map((v, i) => Math.abs(v - Number(found.data[i]))));
  expect(worst).toBeLessThan(off);
}

describe('groupNorm', () => {
  for (const groups of [1, 2, 4]) {
    it(`is the paper's equation, a picture at a time, with the gradient of finite differences: ${groups} of 4`, async () => {
      const builder = new Builder({ dtype: 'float64' });
      const y = groupNorm(builder, g.input('x', 'float64', ['B', 4, 3, 2]), groups);
      const feeds = feedsFor([y], { B: 3 });
      const found = await compute({ y }, feeds);
      const [gain, bias] = ['gain', 'bias'].map((name) => Array.from(feeds[name].data as Float64Array));
      const expected = [0, 1, 2].map((b) => groupNormed(maps(feeds.x, b), groups, gain, bias));
      expectMaps(found.y, expected, 1e-12);
      await checkGradient([y], { B: 3 });
    });
  }

  it('refuses groups that do not divide the channels', () => {
    const x = g.input('x', 'float64', ['B', 4, 3, 2]);
    expect(() => groupNorm(new Builder(), x, 3)).toThrow(/3 groups of 4 channels/);
  });
});

describe('convolution', () => {
  it('keeps the size, or divides it by the stride, rounded up', async () => {
    for (const [stride, rows, columns] of [
      [1, 5, 6],
      [2, 3, 3],
      [[1, 2], 5, 3],
    ] as const) {
      const builder = new Builder();
      const y = convolution(builder, g.input('x', 'float32', ['B', 2, 5, 6]), 3, { stride });
      expect(y.shape).toEqual(['B', 3, rows, columns]);
      const feeds = feedsFor([y], { B: 2 });
      const found = await compute({ y }, feeds);
      const expected = [0, 1].map((b) => convolve(maps(feeds.x, b), feeds.kernel, feeds.bias, stride));
      expectMaps(found.y, expected, 1e-4);
      await checkGradient([y], { B: 2 }, { step: 0.1 });
    }
    expect(() =>
      convolution(new Builder(), g.input('x', 'float32', ['B', 2, 5, 6]), 3, { kernel: 2 }),
    ).toThrow(/kernel of 2/);
  });

  it('begins with weights that keep the variance through ReLU (He et al. 2015)', () => {
    const data = new Float32Array(64 * 32 * 9);
    he(data, [64, 32, 3, 3], new Random(1));
    const variance = data.reduce((sum, v) => sum + v * v, 0) / data.length;
    expect(variance).toBeCloseTo(2 / (32 * 9), 3);
  });
});

describe('convolutionStack', () => {
  const BLOCKS: readonly ConvolutionBlock[] = [
    { channels: 4, layers: 2 },
    { channels: 32, reduction: [1, 2] },
  ];
  const KINDS: Record<string, ConvolutionStackOptions> = {
    'strided, normalised': {},
    'pooled, normalised': { downsample: 'max' },
    'strided, plain': { normalise: 'none' },
  };
  for (const [name, options] of Object.entries(KINDS)) {
    it(`is its layers one after another: ${name}`, async () => {
      const builder = new Builder();
      const y = convolutionStack(builder, g.input('x', 'float32', ['B', 2, 5, 8]), BLOCKS, options);
      const feeds: Feeds = feedsFor([y], { B: 2 }, {}, 3, 0.7);
      const found = await compute({ y }, feeds);
      const plain = (start: Maps): Maps => {
        let x = start;
        for (const [place, groups, stride] of [
          ['block1.layer1', 1, [2, 2]],
          ['block1.layer2', 1, [1, 1]],
          ['block2.layer1', 2, [1, 2]],
        ] as const) {
          const steps = options.downsample === 'max' ? 1 : stride;
          x = convolve(x, feeds[`${place}.kernel`], feeds[`${place}.bias`], steps);
          if (options.normalise !== 'none') {
            const [gain, bias] = ['gain', 'bias'].map((p) => [
              ...(feeds[`${place}.norm.${p}`].data as Float32Array),
            ]);
            x = groupNormed(x, groups, gain, bias);
          }
          x = x.map((rows) => rows.map((row) => row.map((v) => Math.max(0, v))));
          if (options.downsample === 'max' && place !== 'block1.layer1') {
            x = pooled(x, place === 'block1.layer2' ? [2, 2] : [1, 2]);
          }
        }
        return x;
      };
      expectMaps(
        found.y,
        [0, 1].map((b) => plain(maps(feeds.x, b))),
        1e-4,
      );
      expect(found.y.shape.slice(2)).toEqual(gridOf([5, 8], BLOCKS, options));
    });
  }

  it('has the gradient of finite differences where no unit is at its kink', async () => {
    // Of 9 numbers with mean 0 and variance 1 none is beyond √8: these biases keep every ReLU open or shut.
    const builder = new Builder();
    const y = convolutionStack(builder, g.input('x', 'float32', ['B', 2, 6, 6]), [
      { channels: 4, layers: 2 },
    ]);
    const given: Feeds = {};
    for (const layer of ['layer1', 'layer2']) {
      const tensor = (...data: number[]): HostTensor => ({
        dtype: 'float32',
        shape: [4],
        data: Float32Array.from(data),
      });
      given[`block1.${layer}.norm.bias`] = tensor(3, 3, -3, 3);
      given[`block1.${layer}.norm.gain`] = tensor(1, 0.9, 1, 0.8);
    }
    await checkGradient([y], { B: 2 }, { given, step: 0.05, probes: 6 });
  });
});

describe('gridCentres', () => {
  const blocks: readonly ConvolutionBlock[] = [
    { channels: 1, layers: 2 },
    { channels: 1, reduction: [1, 3] },
    { channels: 1, reduction: [2, 1] },
  ];
  it.each(['stride', 'max'] as const)('are the middles of what a place sees, with %s', (downsample) => {
    const size = [12, 30] as const;
    const centres = gridCentres(size, blocks, { downsample });
    expect(centres.map((axis) => axis.length)).toEqual(gridOf(size, blocks, { downsample }));
    for (const [axis, found] of centres.entries()) {
      for (const [i, centre] of found.entries()) {
        // From the last layer to the first: a convolution sees one more on either side.
        let [first, last] = [i, i];
        for (const { layers = 1, reduction = 2 } of blocks.toReversed()) {
          const step = typeof reduction === 'number' ? reduction : reduction[axis];
          if (downsample === 'max') [first, last] = [first * step, last * step + step - 1];
          [first, last] = [first - (layers - 1), last + (layers - 1)];
          const stride = downsample === 'stride' ? step : 1;
          [first, last] = [first * stride - 1, last * stride + 1];
        }
        expect(centre).toBeCloseTo(((first + last) / 2 + 0.5) / size[axis], 12);
      }
    }
  });
});
