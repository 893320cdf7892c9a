import { FormatError } from '../errors.ts';
import type { ParameterSpec } from '../nn/builder.ts';
import { Random } from '../random.ts';
import type { HostTensor } from '../runtime/index.ts';

/**
 * All parameters of a model in one contiguous array, with a named view of each; gradients are laid out the same
 * way. Clipping, optimizers, averaging and files are one pass over one array.
 */
export class ParameterLayout {
  readonly specs: readonly ParameterSpec[];
  readonly size: number;
  private readonly offsets: readonly number[];

  constructor(specs: readonly ParameterSpec[]) {
    this.specs = specs;
    const offsets: number[] = [];
    let at = 0;
    for (const spec of specs) {
      offsets.push(at);
      at += spec.shape.reduce((a, b) => a * b, 1);
    }
    this.offsets = offsets;
    this.size = at;
  }

  /**
   * Fresh parameters, written into `flat` (zeros). Each draws from a generator of its own (of `seed` and its name),
   * so that adding one leaves the others.
   */
  initialize(seed: number, flat: Float32Array = new Float32Array(this.size)): Float32Array {
    for (const [name, tensor] of Object.entries(this.views(flat))) {
      const spec = this.specs.find((s) => s.name === name) as ParameterSpec;
      spec.initialize(tensor.data as Float32Array, spec.shape, new Random(seed + hash(name)));
    }
    return flat;
  }

  /** Views into a flat array by name; `suffix` is appended to the names. */
  views(flat: Float32Array, prefix = ''): Record<string, HostTensor> {
    return Object.fromEntries(
      this.specs.map((spec, i) => {
        const data = flat.subarray(this.offsets[i], this.offsets[i + 1] ?? this.size);
        return [prefix + spec.name, { dtype: 'float32' as const, shape: spec.shape, data }];
      }),
    );
  }

  /**
   * The flat array of named tensors, as they come from a file.
   *
   * @param origin where they come from, for the error
   * @throws FormatError when one is missing, unknown or of another shape
   */
  collect(
    tensors: Readonly<Record<string, { shape: readonly number[]; data: ArrayLike<number> }>>,
    origin = 'the weights',
  ): Float32Array {
    const flat = new Float32Array(this.size);
    const views = this.views(flat);
    const refuse = (arrived: string, expected: string) =>
      new FormatError(
        `${origin}: ${arrived}`,
        expected,
        'Recipe and vocabularies must be those that the weights were trained with; put them back together.',
      );
    for (const name of Object.keys(tensors)) {
      if (!(name in views)) {
        throw refuse(`a tensor '${name}'`, `those of this model: ${Object.keys(views).join(', ')}`);
      }
    }
    for (const spec of this.specs) {
      const found = tensors[spec.name];
      const shape = `[${spec.shape.join(', ')}]`;
      if (found === undefined) throw refuse(`no tensor '${spec.name}'`, `one of shape ${shape}`);
      if (found.shape.join() !== spec.shape.join()) {
        throw refuse(
          `'${spec.name}' has the shape [${found.shape.join(', ')}]`,
          `${shape}, by the recipe and the vocabularies beside it`,
        );
      }
      (views[spec.name].data as Float32Array).set(found.data);
    }
    return flat;
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
