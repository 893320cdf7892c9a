import { describe, expect, it } from 'vitest';
import { add, input, matmul, toOnnx } from '../../src/graph/index.ts';
import { type HostTensor, openRuntime } from '../../src/runtime/index.ts';

const a = input('a', 'float32', ['M', 'K']);
const b = input('b', 'float32', ['K', 'N']);
const bytes = toOnnx({ product: matmul(a, b), twice: add(a, a) }).bytes;

const memories: readonly [string, () => ArrayBuffer][] = [
  ['an ordinary buffer', () => new ArrayBuffer(65536)],
  ['a WebAssembly memory', () => new WebAssembly.Memory({ initial: 1, maximum: 1 }).buffer],
];

describe.each(['native', 'wasm'] as const)('%s', (device) => {
  describe.each(memories)('with views into %s', (_, make) => {
    it('reads inputs from them and writes outputs given in `into` there and nowhere else', async ({
      skip,
    }) => {
      const backend = await openRuntime({ device, threads: 1 }).catch((error: Error) => skip(error.message));
      const program = await backend.load(bytes);
      const all = new Float32Array(make()).fill(7);
      const at = (offset: number, shape: number[]): HostTensor & { data: Float32Array } => {
        const data = all.subarray(offset, offset + shape[0] * shape[1]);
        return { dtype: 'float32', shape, data };
      };
      const feeds = { a: at(17, [2, 3]), b: at(101, [3, 2]) };
      feeds.b.data.set([1, 0, 0, 1, 1, 1]);
      const product = at(1003, [2, 2]);
      for (const first of [1, 10]) {
        feeds.a.data.set([first, 2, 3, 4, 5, 6]); // the second run reads the array as it is then
        const got = await program.run(feeds, { into: { product } });
        expect([...product.data]).toEqual([first + 3, 5, 10, 11]);
        expect(got.product).toBe(product);
        expect(got.twice.data).toEqual(Float32Array.of(2 * first, 4, 6, 8, 10, 12));
      }
      expect([all[1002], all[1007]]).toEqual([7, 7]);
      await program.dispose();
    });
  });
});
