/** Runs the SIMD kernels of assembly/kernels.ts. */
import { FormatError } from '../errors.ts';
import { kernelsBase64 } from './kernels.generated.ts';

/** Addresses in bytes, sizes in floats, a multiple of four. */
export interface Kernels {
  sumOfSquares(gradients: number, size: number): number;
  adam(...addressesSizeAndNumbers: number[]): void;
  adaDelta(...addressesSizeAndNumbers: number[]): void;
  sgd(...addressesSizeAndNumbers: number[]): void;
  momentum(...addressesSizeAndNumbers: number[]): void;
  approach(...addressesSizeAndNumbers: number[]): void;
}

const pageBytes = 65536;
/** wasm32 has 65536 pages; the last stays free, so that no address behind an array wraps to 0 */
const maxPages = 65535;

/** The kernels of every memory, by the buffer its arrays have in common. */
const kernelsByBuffer = new WeakMap<ArrayBufferLike, Kernels>();
let module: WebAssembly.Module | undefined;

/**
 * The buffer of a memory of fixed size (growing would detach the arrays) with kernels; undefined where that is not
 * possible: without WebAssembly SIMD, beyond 4 GiB, or beyond a limit of the address space.
 */
export function kernelMemory(bytes: number): ArrayBuffer | undefined {
  const pages = Math.ceil(bytes / pageBytes);
  if (typeof WebAssembly === 'undefined' || pages > maxPages) return undefined;
  if (module === undefined) {
    const binary = Uint8Array.from(atob(kernelsBase64), (c) => c.charCodeAt(0));
    if (!WebAssembly.validate(binary)) return undefined; // no SIMD
    module = new WebAssembly.Module(binary);
  }
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  kernelsByBuffer.set(memory.buffer, exports as unknown as Kernels);
  return memory.buffer;
}

/** The kernels that reach all these arrays; undefined unless they lie in one memory and are of one length. */
export function kernelsOf(first: Float32Array, ...others: readonly Float32Array[]): Kernels | undefined {
  const alike = others.every((array) => array.buffer === first.buffer && array.length === first.length);
  return alike ? kernelsByBuffer.get(first.buffer) : undefined;
}

/** @throws FormatError when the arrays of an update are not all of the length that its optimizer was made for */
export function checkLengths(
  arrays: readonly Float32Array[],
  names: readonly string[],
  length: number,
): void {
  if (arrays.every((array) => array.length === length)) return;
  throw new FormatError(
    arrays.map((array, i) => `${array.length} ${names[i]}`).join(', '),
    `${length} of each, as the optimizer was made for`,
    'Make the optimizer for the number of parameters that it updates.',
  );
}

/** The largest multiple of four up to `size`: what the kernels take; the rest is left to the plain loops. */
export function wholeVectors(size: number): number {
  return size - (size % 4);
}

/** floats of each array that are carried at a time: as many such pieces as a kernel takes stay in a core's own cache */
const piece = 16384;
/** the most arrays that a kernel takes */
const most = 4;
let carriers: readonly Float32Array[] | undefined;

/**
 * Runs a kernel over arrays of one length, at most four, of which it only reads the first. Arrays that the kernels do
 * not reach are carried piece by piece through a small memory that they do.
 *
 * @returns how many elements of each were done; what is left is fewer than four, or all without WebAssembly SIMD
 */
export function runKernel(
  arrays: readonly Float32Array[],
  kernel: (kernels: Kernels, addresses: readonly number[], size: number) => void,
): number {
  const whole = wholeVectors(arrays[0].length);
  const direct = kernelsOf(arrays[0], ...arrays.slice(1));
  if (direct) {
    kernel(direct, addresses(arrays), whole);
    return whole;
  }
  const buffer = carriers?.[0].buffer ?? kernelMemory(4 * most * piece);
  if (buffer === undefined) return 0;
  carriers ??= Array.from({ length: most }, (_, i) => new Float32Array(buffer, 4 * i * piece, piece));
  const used = carriers.slice(0, arrays.length);
  const kernels = kernelsOf(used[0]) as Kernels;
  for (let start = 0; start < whole; start += piece) {
    const size = Math.min(piece, whole - start);
    const pieces = arrays.map((array) => array.subarray(start, start + size));
    for (const [i, carrier] of used.entries()) carrier.set(pieces[i]);
    kernel(kernels, addresses(used), size);
    for (let i = 1; i < used.length; i++) pieces[i].set(used[i].subarray(0, size));
  }
  return whole;
}

function addresses(arrays: readonly Float32Array[]): readonly number[] {
  return arrays.map((array) => array.byteOffset);
}
