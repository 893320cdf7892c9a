/**
 * Writes a graph of values as an ONNX model. Each operation knows its own ONNX form (`emit`); this file knows
 * names, constants, run-time sizes, nested bodies, and the protobuf around them.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { ShapeError } from '../errors.ts';
import { type Dim, type Shape, terms } from './dims.ts';
import {
  type ConstantData,
  type DType,
  inputName,
  isLeaf,
  type Node,
  type TensorType,
  topological,
  type Value,
} from './value.ts';

export const ONNX_OPSET = 18;

const DATA_TYPES: Record<DType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  float64: TensorProto_DataType.DOUBLE,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

/** The ONNX number of a dtype, for `Cast`. */
export const onnxType = (dtype: DType): number => DATA_TYPES[dtype];

/** An attribute: an integer, `{ float }`, a list of integers, a string or a nested graph. */
export type Attribute = number | { float: number } | readonly number[] | string | GraphProto;

function attribute(name: string, value: Attribute): AttributeProto {
  const made = (fields: Partial<Omit<AttributeProto, '$typeName' | '$unknown'>>) =>
    create(AttributeProtoSchema, { name, ...fields });
  if (typeof value === 'number') return made({ type: Kind.INT, i: BigInt(value) });
  if (typeof value === 'string') return made({ type: Kind.STRING, s: new TextEncoder().encode(value) });
  if (Array.isArray(value)) return made({ type: Kind.INTS, ints: value.map((v: number) => BigInt(v)) });
  if ('float' in value) return made({ type: Kind.FLOAT, f: value.float });
  return made({ type: Kind.GRAPH, g: value as GraphProto });
}

function valueInfo(name: string, { dtype, shape }: TensorType) {
  const dim = shape.map((d) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof d === 'number' ? { case: 'dimValue', value: BigInt(d) } : { case: 'dimParam', value: d },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: DATA_TYPES[dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  const type = create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } });
  return create(ValueInfoProtoSchema, { name, type });
}

function rawData({ dtype, data }: ConstantData): Uint8Array<ArrayBuffer> {
  if (dtype === 'bool') return Uint8Array.from(data);
  if (dtype === 'int64') return new Uint8Array(BigInt64Array.from(data, (v) => BigInt(v)).buffer);
  if (dtype === 'int32') return new Uint8Array(Int32Array.from(data).buffer);
  if (dtype === 'float64') return new Uint8Array(Float64Array.from(data).buffer);
  return new Uint8Array(Float32Array.from(data).buffer);
}

/** Where nodes are written: the main graph, or the body of a loop inside another scope (whose names it sees). */
export class Scope {
  readonly nodes: NodeProto[] = [];
  private readonly names = new Map<Value, string>();
  private readonly parent: Scope | undefined;
  private readonly root: Scope;
  /** only in the root */
  private readonly initializers = new Map<string, TensorProto>();
  private readonly sizes = new Map<string, string>();
  private counter = 0;
  /** values that are needed by the outputs of this scope */
  private live: ReadonlySet<Value> = new Set();

  constructor(parent?: Scope) {
    this.parent = parent;
    this.root = parent?.root ?? this;
  }

  /** A name nobody has. */
  fresh(hint: string): string {
    return `${hint}_${this.root.counter++}`;
  }

  name(value: Value): string {
    const name = this.names.get(value) ?? this.parent?.name(value);
    if (name === undefined)
      throw new Error(`value ${value.id} (${value.node.operation.name}) has no name here`);
    return name;
  }

  bind(value: Value, name: string): void {
    this.names.set(value, name);
    // Sizes that have a name are read off the first value of the main graph that has them.
    if (this.parent !== undefined) return;
    for (const [axis, dim] of value.shape.entries()) {
      if (typeof dim !== 'string' || this.sizes.has(dim)) continue;
      this.sizes.set(dim, `${name}\n${axis}`);
    }
  }

  isLive(value: Value): boolean {
    return this.live.has(value);
  }

  /** Writes a node and returns the names of its outputs. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    outputs: number | readonly string[] = 1,
    domain = '',
  ): string[] {
    const output =
      typeof outputs === 'number' ? Array.from({ length: outputs }, () => this.fresh(type)) : [...outputs];
    this.nodes.push(
      create(NodeProtoSchema, {
        opType: type,
        name: output.find((o) => o !== ''),
        input: [...inputs],
        output,
        domain,
        attribute: Object.entries(attributes).map(([k, v]) => attribute(k, v)),
      }),
    );
    return output;
  }

  /** A constant, shared by all who ask for the same one, bodies included. */
  constant(data: ConstantData): string {
    const root = this.root;
    const key = `${data.dtype}${JSON.stringify(data.shape)}${data.data.map((v) => (Object.is(v, -0) ? '-0' : v)).join()}`;
    let tensor = root.initializers.get(key);
    if (tensor === undefined) {
      const name = this.fresh('constant');
      tensor = create(TensorProtoSchema, {
        name,
        dataType: DATA_TYPES[data.dtype],
        dims: data.shape.map(BigInt),
        rawData: rawData(data),
      });
      root.initializers.set(key, tensor);
    }
    return tensor.name;
  }

  ints(data: readonly number[]): string {
    return this.constant({ dtype: 'int64', shape: [data.length], data });
  }

  /** An int64 tensor `[1]` with the run-time value of a dimension. */
  dim(dim: Dim): string {
    if (typeof dim === 'number') return this.ints([dim]);
    const root = this.root;
    const known = root.sizes.get(dim);
    if (known !== undefined) {
      if (!known.includes('\n')) return known;
      const [tensor, axis] = known.split('\n');
      const [name] = root.node('Shape', [tensor], { start: Number(axis), end: Number(axis) + 1 });
      root.sizes.set(dim, name);
      return name;
    }
    const parts = terms(dim);
    if (parts.length === 1 && parts[0][0] === 1 && parts[0][1].length === 1) {
      const multiple = this.multipleOf(dim);
      if (multiple !== undefined) {
        const [name] = root.node('Div', [this.dim(multiple.dim), this.ints([multiple.times])]);
        root.sizes.set(dim, name);
        return name;
      }
      throw new ShapeError(
        `size '${dim}'`,
        'a size that some input of the graph has',
        'Name it in an input.',
      );
    }
    const summands = parts.map(([coefficient, names]) => {
      let name = this.ints([coefficient]);
      for (const n of names) name = root.node('Mul', [name, this.dim(n)])[0];
      return name;
    });
    const name = summands.reduce((a, b) => root.node('Add', [a, b])[0]);
    root.sizes.set(dim, name);
    return name;
  }

  /** A known size that is a multiple of a name (`8*U` of `U`), which may have no input of its own. */
  private multipleOf(name: string): { dim: Dim; times: number } | undefined {
    for (const dim of this.root.sizes.keys()) {
      const [[times, names], ...others] = terms(dim);
      if (others.length === 0 && names.length === 1 && names[0] === name) return { dim, times };
    }
    return undefined;
  }

  /** An int64 vector with a shape's run-time value. */
  shape(shape: Shape): string {
    if (shape.every((d) => typeof d === 'number')) return this.ints(shape as readonly number[]);
    return this.node(
      'Concat',
      shape.map((d) => this.dim(d)),
      { axis: 0 },
    )[0];
  }

  /** Writes everything that `roots` need, down to values that already have names. */
  write(roots: readonly Value[]): void {
    const bound = (value: Value) => this.has(value);
    const order = topological(roots, bound);
    this.live = liveness(order, roots);
    for (const node of order) {
      if (!node.outputs.some((v) => this.live.has(v))) continue;
      const inputs = node.inputs.map((v) => (this.has(v) ? this.name(v) : ''));
      const names = node.operation.emit(node, inputs, this);
      for (const [i, name] of names.entries()) if (name !== '') this.bind(node.outputs[i], name);
    }
  }

  private has(value: Value): boolean {
    return this.names.has(value) || (this.parent?.has(value) ?? false);
  }

  /** This scope as a graph with the given inputs and outputs; outputs get names of their own. */
  graph(
    name: string,
    inputs: readonly (readonly [string, TensorType])[],
    outputs: readonly (readonly [string, Value])[],
  ): GraphProto {
    const own = new Set(this.nodes.flatMap((n) => n.output));
    const renamed = new Map<string, string>();
    for (const [outputName, value] of outputs) {
      const current = this.name(value);
      // What another scope made, what is only passed through, and a second name for the same value are copied.
      if (!own.has(current) || renamed.has(current)) this.node('Identity', [current], {}, [outputName]);
      else renamed.set(current, outputName);
    }
    rename(this.nodes, renamed);
    return create(GraphProtoSchema, {
      name,
      node: this.nodes,
      initializer: [...this.initializers.values()],
      input: inputs.map(([n, type]) => valueInfo(n, type)),
      output: outputs.map(([n, type]) => valueInfo(n, type)),
    });
  }
}

/** Gives tensors other names, in nodes and in the bodies inside them. */
function rename(nodes: readonly NodeProto[], names: ReadonlyMap<string, string>): void {
  if (names.size === 0) return;
  for (const node of nodes) {
    node.input = node.input.map((n) => names.get(n) ?? n);
    node.output = node.output.map((n) => names.get(n) ?? n);
    for (const { g } of node.attribute) if (g !== undefined) rename(g.node, names);
  }
}

/** Which values are needed: of nodes with many outputs only those asked for, of their inputs only what these need. */
export function liveness(order: readonly Node[], roots: readonly Value[]): Set<Value> {
  const live = new Set(roots);
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    if (!node.outputs.some((v) => live.has(v))) continue;
    const needed = node.operation.liveInputs?.(node, (v) => live.has(v));
    for (const [k, v] of node.inputs.entries()) if (needed === undefined || needed[k]) live.add(v);
  }
  return live;
}

/**
 * The bytes of an ONNX model (opset 18) that computes `outputs`. Inputs are the graph's leaves that the outputs
 * need, under their own names. An output whose name equals another's is an error.
 *
 * @returns the bytes, and the names of the inputs that are really needed
 */
export function toOnnx(
  outputs: Readonly<Record<string, Value>>,
  options: {
    name?: string;
    metadata?: Readonly<Record<string, string>>;
    /** inputs that become part of the model, by name: weights of a program that only predicts */
    weights?: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;
  } = {},
): { bytes: Uint8Array; inputs: string[]; outputs: string[] } {
  const scope = new Scope();
  const roots = Object.values(outputs);
  const order = topological(roots);
  const live = liveness(order, roots);
  const leaves = order.map((n) => n.outputs[0]).filter((v) => isLeaf(v) && live.has(v));
  const names = leaves.map(inputName);
  for (const [i, n] of names.entries()) {
    if (names.indexOf(n) !== i || n in outputs) {
      throw new ShapeError(
        `two tensors named '${n}'`,
        'inputs and outputs with different names',
        'Rename one.',
      );
    }
  }
  for (const leaf of leaves) scope.bind(leaf, inputName(leaf));
  scope.write(roots);
  const { weights = {} } = options;
  const fed = leaves.filter((v) => !(inputName(v) in weights));
  const graph = scope.graph(
    options.name ?? 'heed',
    fed.map((v) => [inputName(v), v] as const),
    Object.entries(outputs),
  );
  for (const name of names.filter((n) => n in weights)) {
    const { shape, data } = weights[name];
    const rawData = new Uint8Array(data.slice().buffer);
    const dims = shape.map(BigInt);
    graph.initializer.push(
      create(TensorProtoSchema, { name, dataType: TensorProto_DataType.FLOAT, dims, rawData }),
    );
  }
  const model = create(ModelProtoSchema, {
    irVersion: 9n,
    producerName: 'heed',
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(ONNX_OPSET) })],
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
    graph,
  });
  return {
    bytes: toBinary(ModelProtoSchema, model),
    inputs: fed.map(inputName),
    outputs: Object.keys(outputs),
  };
}
