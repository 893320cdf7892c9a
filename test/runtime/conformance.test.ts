/** One suite for both runtimes: whoever keeps the contract of runtime/backend.ts passes it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import * as g from '../../src/graph/index.ts';
import { rnnsearch } from '../../src/models/index.ts';
import { pairLoss } from '../../src/programs/pairLoss.ts';
import { TrainingProgram } from '../../src/programs/training.ts';
import { Random } from '../../src/random.ts';
import { type Backend, type Executable, type HostTensor, openRuntime } from '../../src/runtime/index.ts';
import { pairBatch } from '../../src/tasks/pairs.ts';

const floats = (shape: number[], data: number[] | Float32Array): HostTensor => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

const small = rnnsearch({
  sourceVocabulary: 12,
  targetVocabulary: 12,
  embedding: 8,
  hidden: 8,
  attention: 8,
  readout: 8,
  readoutType: 'maxout',
  dropout: 0,
  initialization: 'glorot',
});
const batch = pairBatch([
  { source: [4, 5, 6], target: [6, 5, 4] },
  { source: [7, 8], target: [8, 7] },
]);

for (const device of ['native', 'wasm'] as const) {
  describe(`the ${device} runtime`, () => {
    let backend: Backend;
    let program: Executable;

    beforeAll(async () => {
      backend = await openRuntime({ device, threads: 1 });
      const x = g.input('x', 'float32', ['N', 3]);
      const w = g.input('w', 'float32', [3, 2]);
      program = await backend.load(g.toOnnx({ y: g.matmul(x, w), total: g.sum(x) }).bytes);
    });
    afterAll(() => program.dispose());

    it('says its name, inputs and outputs', () => {
      expect(backend.name).toBe(device);
      expect([...program.inputs].sort()).toEqual(['w', 'x']);
      expect(program.outputs).toEqual(['y', 'total']);
    });

    it('computes, whatever the size of a named dimension', async () => {
      const w = floats([3, 2], [1, 0, 0, 1, 1, 1]);
      for (const n of [1, 4]) {
        const x = floats(
          [n, 3],
          Array.from({ length: 3 * n }, (_, i) => i),
        );
        const { y, total } = await program.run({ x, w });
        expect(y.shape).toEqual([n, 2]);
        expect(Array.from(y.data.subarray(0, 2) as Float32Array)).toEqual([0 + 2, 1 + 2]);
        expect(total.data[0]).toBe(((3 * n - 1) * 3 * n) / 2);
      }
    });

    it('takes views into larger arrays and writes into given ones', async () => {
      const buffer = new Float32Array(20).fill(7);
      buffer.set([1, 2, 3], 4);
      const x: HostTensor = { dtype: 'float32', shape: [1, 3], data: buffer.subarray(4, 7) };
      const into: HostTensor = { dtype: 'float32', shape: [1, 2], data: buffer.subarray(10, 12) };
      const w = floats([3, 2], [1, 0, 0, 1, 0, 0]);
      const found = await program.run({ x, w }, { fetch: ['y'], into: { y: into } });
      expect(Object.keys(found)).toEqual(['y']);
      expect(Array.from(buffer.subarray(8, 14))).toEqual([7, 7, 1, 2, 7, 7]);
    });

    it('has every dtype', async () => {
      const ints = g.input('ints', 'int32', ['N']);
      const wide = g.cast(ints, 'int64');
      const model = { wide, double: g.cast(ints, 'float64'), flag: g.greater(ints, 1), same: g.add(ints, 1) };
      const all = await backend.load(g.toOnnx(model).bytes);
      const found = await all.run({ ints: { dtype: 'int32', shape: [3], data: Int32Array.of(0, 1, 2) } });
      await all.dispose();
      expect(found.wide.data).toEqual(BigInt64Array.of(0n, 1n, 2n));
      expect(found.double.data).toEqual(Float64Array.of(0, 1, 2));
      expect(Array.from(found.flag.data as Uint8Array)).toEqual([0, 0, 1]);
      expect(found.same.data).toEqual(Int32Array.of(1, 2, 3));
      expect(Object.values(found).map((t) => t.dtype)).toEqual(['int64', 'float64', 'bool', 'int32']);
    });

    it('says which input is missing, which output is unknown, and that it was disposed of', async () => {
      await expect(program.run({ x: floats([1, 3], [1, 2, 3]) })).rejects.toThrow(
        /inputs x; expected an input 'w' too/,
      );
      const feeds = { x: floats([1, 3], [1, 2, 3]), w: floats([3, 2], [1, 2, 3, 4, 5, 6]) };
      await expect(program.run(feeds, { fetch: ['z'] })).rejects.toThrow(
        /output 'z'; expected one of y, total/,
      );
      const gone = await backend.load(g.toOnnx({ y: g.neg(g.input('x', 'float32', [1])) }).bytes);
      await gone.dispose();
      await gone.dispose(); // once is enough, twice is no harm
      await expect(gone.run({ x: floats([1], [1]) })).rejects.toThrow(FormatError);
    });

    it('trains: scans, gradients and all', async () => {
      const training = await TrainingProgram.compile(pairLoss(small), backend, { seed: 1 });
      const losses: number[] = [];
      for (let step = 0; step < 30; step++) {
        losses.push((await training.step(batch, new Random(1))).loss);
        for (let i = 0; i < training.parameters.length; i++)
          training.parameters[i] -= 0.5 * training.gradients[i];
      }
      await training.dispose();
      expect(losses[0]).toBeGreaterThan(2);
      expect(losses[29]).toBeLessThan(losses[0] / 2);
    });
  });
}

describe('both runtimes', () => {
  it('agree on loss and gradients', async () => {
    const found = [];
    for (const device of ['native', 'wasm'] as const) {
      const training = await TrainingProgram.compile(
        pairLoss(small),
        await openRuntime({ device, threads: 1 }),
        {
          seed: 3,
        },
      );
      const { loss } = await training.step(batch, new Random(1));
      found.push({ loss, gradients: Array.from(training.gradients) });
      await training.dispose();
    }
    const [native, wasm] = found;
    expect(wasm.loss).toBeCloseTo(native.loss, 5);
    const worst = Math.max(...native.gradients.map((v, i) => Math.abs(v - wasm.gradients[i])));
    expect(worst).toBeLessThan(1e-6);
  });
});

describe('openRuntime', () => {
  it('prefers native where it loads, and says nothing', async () => {
    const said: string[] = [];
    expect((await openRuntime({ onFallback: (m) => said.push(m) })).name).toBe('native');
    expect(said).toEqual([]);
  });
});

describe('memory', () => {
  for (const device of ['native', 'wasm']) {
    it(`does not grow over 10,000 steps (${device})`, async () => {
      const script = fileURLToPath(new URL('steps.mjs', import.meta.url));
      // What 10,000 leaked sets of outputs would take at the very least: a few hundred bytes of handles each.
      const limit = 10_000 * 400;
      const args = ['--expose-gc', script, device, String(limit)];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      expect(Number.parseInt(stdout, 10)).toBeLessThan(limit);
    });
  }
});
