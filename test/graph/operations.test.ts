import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.ts';
import { isFloat } from '../../src/graph/value.ts';
import { Random } from '../../src/random.ts';
import type { HostTensor } from '../../src/runtime/index.ts';
import { type Case, type CaseInput, Draw, differentiable, discrete } from './cases.ts';
import { checkGradient, compute, type Feeds } from './check.ts';
import { broadcastTo, stack, type Tensor } from './reference.ts';

const SIZES = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`D${n}`, n]));

function host(dtype: g.DType, { shape, data }: Tensor): HostTensor {
  if (dtype === 'int64') return { dtype, shape, data: BigInt64Array.from(data, BigInt) };
  if (dtype === 'int32') return { dtype, shape, data: Int32Array.from(data) };
  if (dtype === 'bool') return { dtype, shape, data: Uint8Array.from(data) };
  return { dtype, shape, data: Float64Array.from(data) };
}

function expectClose(found: HostTensor, expected: Tensor, tolerance = 1e-10): void {
  expect(found.shape).toEqual(expected.shape);
  for (const [i, e] of expected.data.entries()) {
    const x = Number(found.data[i]);
    expect(Math.abs(x - e), `entry ${i}: ${x}, expected ${e}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(e)),
    );
  }
}

const property = (runs: number, check: (draw: Draw, seed: number) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 1e9 }), (seed) => check(new Draw(new Random(seed)), seed)),
    { seed: 20150519, numRuns: runs, endOnFailure: true },
  );

function bind(inputs: readonly CaseInput[], draw: Draw): { values: g.Value[]; feeds: Feeds } {
  const values = inputs.map(({ dtype, tensor }, i) => g.input(`x${i}`, dtype, draw.dims(tensor.shape)));
  return {
    values,
    feeds: Object.fromEntries(inputs.map(({ dtype, tensor }, i) => [`x${i}`, host(dtype, tensor)])),
  };
}

/** Other entries of the same kind for every step: the same ones, moved on. */
const rotate = ({ shape, data }: Tensor, by: number): Tensor => ({
  shape,
  data: data.map((_, i) => data[(i + by) % data.length]),
});

/** The case inside a loop: each input is captured, a sequence, or a sequence that is made to depend on the state. */
function inLoop(made: Case, draw: Draw): { output: g.Value; state: g.Value; feeds: Feeds; expected: Tensor } {
  const length = draw.integer(1, 3);
  const reverse = draw.flip();
  const kinds = made.inputs.map(() => draw.pick(['captured', 'sequence', 'stateful'] as const));
  const feeds: Feeds = {
    clock: { dtype: 'float64', shape: [length], data: new Float64Array(length).fill(0.5) },
  };
  const values = made.inputs.map(({ dtype, tensor }, i) => {
    const steps = Array.from({ length }, (_, t) => rotate(tensor, t));
    feeds[`x${i}`] = host(dtype, kinds[i] === 'captured' ? tensor : stack(steps));
    const dims = draw.dims(tensor.shape);
    return g.input(`x${i}`, dtype, kinds[i] === 'captured' ? dims : ['T', ...dims]);
  });
  const clock = g.input('clock', 'float64', ['T']);
  const inSequence = values.filter((_, i) => kinds[i] !== 'captured');
  const { states, outputs } = g.scan(
    { states: [g.constant(0, 'float64')], sequences: [clock, ...inSequence], reverse },
    ([s], [tick, ...slices]) => {
      const operands = values.map((v, i) => {
        if (kinds[i] === 'captured') return v;
        const x = slices.shift() as g.Value;
        // The state stays 0, but the graph does not know.
        return kinds[i] === 'stateful' && isFloat(x) ? g.add(x, s) : x;
      });
      return { states: [g.mul(s, tick)], outputs: [made.build(operands, draw)] };
    },
  );
  const expected = stack(
    Array.from({ length }, (_, t) =>
      made.expected(
        made.inputs.map(({ tensor }, i) => (kinds[i] === 'captured' ? tensor : rotate(tensor, t))),
      ),
    ),
  );
  return { output: outputs[0], state: states[0], feeds, expected };
}

describe('every operation', () => {
  for (const [name, make] of Object.entries({ ...differentiable, ...discrete })) {
    it(`${name}: values, and gradient by differences`, async () => {
      await property(10, async (draw, seed) => {
        const made = make(draw);
        const { values, feeds } = bind(made.inputs, draw);
        const y = made.build(values, draw);
        const { result } = await compute({ result: y }, feeds);
        expectClose(result, made.expected(made.inputs.map((i) => i.tensor)));
        if (name in differentiable) await checkGradient([y], SIZES, { given: feeds, seed, probes: 6 });
      });
    });

    it(`${name} inside a loop: the same at every step`, async () => {
      await property(8, async (draw, seed) => {
        const { output, state, feeds, expected } = inLoop(make(draw), draw);
        const { result } = await compute({ result: output, state }, feeds);
        expectClose(result, expected);
        if (name in differentiable) {
          await checkGradient(
            [output, state],
            { ...SIZES, T: expected.shape[0] },
            { given: feeds, seed, probes: 4 },
          );
        }
      });
    });
  }

  it('has a case here, when it is exported', () => {
    // What is no operation, or has tests of its own.
    const others = {
      graph: ['gradient', 'toOnnx', 'input', 'constant', 'printShape', 'floorDivide', 'alike', 'alignLifted'],
      'scan.test.ts and randomScan.test.ts': ['scan'],
      'loops are not differentiated': ['loop'],
      'crossEntropy.test.ts': ['crossEntropy'],
      'convolution.test.ts': ['conv'],
      'ctc.test.ts': ['ctc'],
    };
    const known = [...Object.keys(differentiable), ...Object.keys(discrete), ...Object.values(others).flat()];
    expect(Object.keys(g).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('of the discrete ones lets no gradient through', () => {
    const x = g.input('x', 'float64', [3]);
    for (const y of [g.sign(x), g.stopGradient(x), g.oneHot(g.argMax(x, 0), 3, 'float64')]) {
      const [d] = g.gradient(g.sum(y), [x]);
      expect(d.node.operation.name).toBe('broadcastTo');
    }
    expect(broadcastTo({ shape: [], data: [0] }, [3]).data).toEqual([0, 0, 0]);
  });
});
