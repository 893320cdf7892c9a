import { ShapeError } from '../errors.ts';
import { type DType, input, printShape, type Shape, type Value } from '../graph/index.ts';
import type { Random } from '../random.ts';

/** Fills a fresh parameter; `shape` is the parameter's, `data` its row-major entries. */
export type Initializer = (data: Float32Array, shape: readonly number[], random: Random) => void;

export interface ParameterSpec {
  /** dotted path, e.g. `encoder.forward.recurrent` */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialize: Initializer;
}

/** A dropout mask that is fed to a training program: entries 1/(1−rate) with probability 1−rate, else 0. */
export interface MaskSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly rate: number;
}

/**
 * Sees a value that a layer computes, by its name, and says what goes on in its place (usually the same). Names: of
 * attention `annotations`, `query`, `energies`, `weights`, `context`; of the output layer `readoutInput`, `readout`.
 */
export type Watcher = (name: string, value: Value) => Value;

interface Registry {
  readonly parameters: Map<string, { spec: ParameterSpec; value: Value }>;
  readonly masks: Map<string, { spec: MaskSpec; value: Value }>;
}

/**
 * Where layers get their parameters and dropout masks from. It only declares: a parameter is an input of the graph
 * with a name, a shape and a way to fill it. Asking twice for a name gives the same one, so that the training
 * program, the step and the decoder of one model share their parameters by construction.
 */
export class Builder {
  readonly dtype: DType;
  /** dropout is active */
  readonly training: boolean;
  readonly watcher?: Watcher;
  private readonly prefix: string;
  private readonly registry: Registry;

  constructor(
    options: { dtype?: DType; training?: boolean; watcher?: Watcher } = {},
    prefix = '',
    registry?: Registry,
  ) {
    this.dtype = options.dtype ?? 'float32';
    this.training = options.training ?? false;
    this.watcher = options.watcher;
    this.prefix = prefix;
    this.registry = registry ?? { parameters: new Map(), masks: new Map() };
  }

  /** The same builder, whose names begin with `name.`. */
  within(name: string): Builder {
    return new Builder(this, `${this.prefix}${name}.`, this.registry);
  }

  /** @throws ShapeError when the name was declared with another shape */
  parameter(name: string, shape: readonly number[], initialize: Initializer): Value {
    const path = this.prefix + name;
    const known = this.registry.parameters.get(path);
    if (known !== undefined) {
      if (printShape(known.spec.shape) !== printShape(shape)) {
        throw new ShapeError(
          `parameter '${path}' asked for as ${printShape(shape)}`,
          `${printShape(known.spec.shape)}, as declared before`,
          'Give the two parameters different names.',
        );
      }
      return known.value;
    }
    const value = input(path, this.dtype, shape);
    this.registry.parameters.set(path, { spec: { name: path, shape, initialize }, value });
    return value;
  }

  /** A value that whoever compiles the model may look at or replace; itself where nobody watches. */
  watched(name: string, value: Value): Value {
    return this.watcher?.(name, value) ?? value;
  }

  /** A dropout mask, or undefined when nothing is to be dropped. */
  mask(name: string, shape: Shape, rate: number): Value | undefined {
    if (!this.training || rate === 0) return undefined;
    const path = `dropout.${this.prefix}${name}`;
    const known = this.registry.masks.get(path);
    if (known !== undefined) return known.value;
    const value = input(path, this.dtype, shape);
    this.registry.masks.set(path, { spec: { name: path, shape, rate }, value });
    return value;
  }

  /** All parameters declared so far, in order of declaration. */
  get parameters(): readonly { readonly spec: ParameterSpec; readonly value: Value }[] {
    return [...this.registry.parameters.values()];
  }

  get masks(): readonly { readonly spec: MaskSpec; readonly value: Value }[] {
    return [...this.registry.masks.values()];
  }
}
