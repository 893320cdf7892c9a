/** One random case of every operation: inputs, how to build it, and what a plain implementation says. */
import { product } from '../../src/graph/dims.ts';
import * as g from '../../src/graph/index.ts';
import type { Random } from '../../src/random.ts';
import type { Tensor } from './reference.ts';
import * as ref from './reference.ts';

export interface CaseInput {
  readonly dtype: g.DType;
  readonly tensor: Tensor;
}
export interface Case {
  readonly inputs: readonly CaseInput[];
  readonly build: (values: readonly g.Value[], draw: Draw) => g.Value;
  readonly expected: (tensors: readonly Tensor[]) => Tensor;
}

/** Draws sizes and entries. A size that is named is named everywhere in the case. */
export class Draw {
  readonly random: Random;
  readonly names = new Map<number, boolean>();
  constructor(random: Random) {
    this.random = random;
  }
  integer(from: number, to: number): number {
    return from + this.random.integer(to - from + 1);
  }
  flip(): boolean {
    return this.random.integer(2) === 1;
  }
  pick<T>(items: readonly T[]): T {
    return items[this.random.integer(items.length)];
  }
  dim(n: number): g.Dim {
    if (n === 1) return 1;
    const named = this.names.get(n) ?? this.flip();
    this.names.set(n, named);
    return named ? `D${n}` : n;
  }
  dims(shape: ref.Index): g.Dim[] {
    return shape.map((n) => this.dim(n));
  }
  shape(from: number, to: number): number[] {
    return Array.from({ length: this.integer(from, to) }, () => this.integer(1, 4));
  }
  /** The shape with some leading axes dropped and some sizes made 1. */
  broadcastable(shape: ref.Index): number[] {
    return shape.slice(this.integer(0, shape.length)).map((d) => (this.random.integer(3) === 0 ? 1 : d));
  }
  order(rank: number): number[] {
    return this.random.shuffle(Array.from({ length: rank }, (_, i) => i));
  }
  axes(rank: number): number[] {
    return this.order(rank).slice(0, this.integer(1, rank));
  }
  floats(shape: ref.Index): CaseInput {
    return { dtype: 'float64', tensor: ref.build(shape, () => this.random.normal()) };
  }
  positive(shape: ref.Index): CaseInput {
    return { dtype: 'float64', tensor: ref.build(shape, () => 0.5 + 2 * this.random.uniform()) };
  }
  /** Entries no two of which (over all tensors) are near each other, nor any near 0: away from kinks. */
  apart(...shapes: readonly ref.Index[]): CaseInput[] {
    const counts = shapes.map((s) => s.reduce((a, b) => a * b, 1));
    const total = counts.reduce((a, b) => a + b, 0);
    const entries = this.random.shuffle(
      Array.from({ length: total }, (_, i) => (i - total / 2 + 0.3) * (4 / Math.max(8, total))),
    );
    return shapes.map((shape, i) => ({
      dtype: 'float64',
      tensor: { shape, data: entries.splice(0, counts[i]) },
    }));
  }
  integers(shape: ref.Index, below: number, dtype: g.DType = this.pick(['int32', 'int64'])): CaseInput {
    return { dtype, tensor: ref.build(shape, () => this.random.integer(below)) };
  }
}

type Make = (draw: Draw) => Case;

const unary =
  (
    operation: (x: g.Value) => g.Value,
    f: (x: number) => number,
    fill: 'floats' | 'positive' | 'apart',
  ): Make =>
  (draw) => {
    const shape = draw.shape(0, 4);
    const x = fill === 'apart' ? draw.apart(shape)[0] : draw[fill](shape);
    return { inputs: [x], build: ([v]) => operation(v), expected: ([t]) => ref.elementwise(f, t) };
  };

const binary =
  (
    operation: (a: g.Operand, b: g.Operand) => g.Value,
    f: (a: number, b: number) => number,
    fill: 'floats' | 'positive' | 'apart' | 'integers' = 'floats',
  ): Make =>
  (draw) => {
    const full = draw.shape(0, 4);
    const shapes = draw.flip() ? [full, draw.broadcastable(full)] : [draw.broadcastable(full), full];
    const inputs =
      fill === 'apart'
        ? draw.apart(...shapes)
        : shapes.map((s) => (fill === 'integers' ? draw.integers(s, 3, 'int32') : draw[fill](s)));
    const scalar = draw.random.integer(4);
    if (scalar === 0 && fill !== 'integers') {
      const number = 0.7321;
      return {
        inputs: [inputs[0]],
        build: ([v]) => operation(v, number),
        expected: ([t]) => ref.elementwise((x) => f(x, number), t),
      };
    }
    return { inputs, build: ([a, b]) => operation(a, b), expected: ([a, b]) => ref.elementwise(f, a, b) };
  };

const logical =
  (operation: (a: g.Value, b: g.Value) => g.Value, f: (a: number, b: number) => number): Make =>
  (draw) => {
    const full = draw.shape(0, 3);
    return {
      inputs: [draw.integers(full, 2, 'bool'), draw.integers(draw.broadcastable(full), 2, 'bool')],
      build: ([a, b]) => operation(a, b),
      expected: ([a, b]) => ref.elementwise(f, a, b),
    };
  };

const total = (entries: number[]): number => entries.reduce((a, b) => a + b, 0);
const logSumExp = (entries: number[]): number => {
  const largest = Math.max(...entries);
  return largest + Math.log(total(entries.map((x) => Math.exp(x - largest))));
};

const reduction =
  (
    operation: (x: g.Value, options: { axes?: readonly number[]; keep?: boolean }) => g.Value,
    fold: (entries: number[]) => number,
  ): Make =>
  (draw) => {
    const shape = draw.shape(1, 4);
    const axes = draw.axes(shape.length);
    const all = draw.random.integer(4) === 0;
    const keep = draw.flip();
    const given = axes.map((a) => (draw.flip() ? a : a - shape.length));
    return {
      inputs: draw.apart(shape),
      build: ([x]) => operation(x, { axes: all ? undefined : given, keep }),
      expected: ([t]) => ref.reduce(t, all ? shape.map((_, i) => i) : axes, keep, fold),
    };
  };

const alongAxis =
  (operation: (x: g.Value, axis: number) => g.Value, f: (line: number[], i: number) => number): Make =>
  (draw) => {
    const shape = draw.shape(1, 4);
    const axis = draw.integer(0, shape.length - 1);
    return {
      inputs: [draw.floats(shape)],
      build: ([x]) => operation(x, draw.flip() ? axis : axis - shape.length),
      expected: ([t]) => ref.build(shape, (index) => f(ref.line(t, axis, index), index[axis])),
    };
  };

/** Operations with a gradient. */
export const differentiable: Record<string, Make> = {
  add: binary(g.add, (a, b) => a + b),
  sub: binary(g.sub, (a, b) => a - b),
  mul: binary(g.mul, (a, b) => a * b),
  div: binary(g.div, (a, b) => a / b, 'positive'),
  maximum: binary(g.maximum, Math.max, 'apart'),
  minimum: binary(g.minimum, Math.min, 'apart'),
  pow: (draw) => {
    const exponent = draw.pick([-1, 0.5, 1, 2, 3]);
    return unary(
      (x) => g.pow(x, exponent),
      (x) => x ** exponent,
      'positive',
    )(draw);
  },
  neg: unary(g.neg, (x) => -x, 'floats'),
  exp: unary(g.exp, Math.exp, 'floats'),
  log: unary(g.log, Math.log, 'positive'),
  sqrt: unary(g.sqrt, Math.sqrt, 'positive'),
  abs: unary(g.abs, Math.abs, 'apart'),
  tanh: unary(g.tanh, Math.tanh, 'floats'),
  sigmoid: unary(g.sigmoid, (x) => 1 / (1 + Math.exp(-x)), 'floats'),
  relu: unary(g.relu, (x) => Math.max(x, 0), 'apart'),
  softplus: unary(g.softplus, (x) => Math.log(1 + Math.exp(x)), 'floats'),
  where: (draw) => {
    const full = draw.shape(0, 4);
    const [a, b] = [draw.floats(draw.broadcastable(full)), draw.floats(draw.broadcastable(full))];
    return {
      inputs: [draw.integers(full, 2, 'bool'), a, b],
      build: ([c, x, y]) => g.where(c, x, y),
      expected: ([c, x, y]) => ref.elementwise((p, q, r) => (p ? q : r), c, x, y),
    };
  },
  matmul: (draw) => {
    const [m, k, n] = [draw.integer(1, 4), draw.integer(1, 4), draw.integer(1, 4)];
    const batch = draw.shape(0, 2);
    const other = draw.flip() ? draw.broadcastable(batch) : [];
    const [first, second] = draw.flip() ? [batch, other] : [other, batch];
    const [transposeA, transposeB] = [draw.flip(), draw.flip()];
    const swap = (t: Tensor) =>
      ref.transpose(
        t,
        [...t.shape.keys()].map((i, _, all) => (i < all.length - 2 ? i : 2 * all.length - 3 - i)),
      );
    return {
      inputs: [
        draw.floats([...first, ...(transposeA ? [k, m] : [m, k])]),
        draw.floats([...second, ...(transposeB ? [n, k] : [k, n])]),
      ],
      build: ([a, b]) => g.matmul(a, b, { transposeA, transposeB }),
      expected: ([a, b]) => ref.matmul(transposeA ? swap(a) : a, transposeB ? swap(b) : b),
    };
  },
  sum: reduction(g.sum, total),
  mean: reduction(g.mean, (e) => total(e) / e.length),
  max: reduction(g.max, (e) => Math.max(...e)),
  logSumExp: reduction(g.logSumExp, logSumExp),
  softmax: alongAxis(g.softmax, (line, i) => Math.exp(line[i] - logSumExp(line))),
  logSoftmax: alongAxis(g.logSoftmax, (line, i) => line[i] - logSumExp(line)),
  cumsum: (draw) => {
    const [exclusive, reverse] = [draw.flip(), draw.flip()];
    return alongAxis(
      (x, axis) => g.cumsum(x, axis, { exclusive, reverse }),
      (line, i) => total(line.filter((_, k) => (reverse ? k > i : k < i))) + (exclusive ? 0 : line[i]),
    )(draw);
  },
  topK: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const k = draw.integer(1, shape[axis]);
    draw.names.set(shape[axis], false);
    return {
      inputs: draw.apart(shape),
      build: ([x]) => g.topK(x, k, axis).values,
      expected: ([t]) =>
        ref.build(
          shape.with(axis, k),
          (i) => ref.line(t, axis, i.with(axis, 0)).sort((a, b) => b - a)[i[axis]],
        ),
    };
  },
  gather: (draw) => {
    const table = draw.shape(1, 3);
    const lead = draw.shape(0, 2);
    return {
      inputs: [draw.floats(table), draw.integers(lead, table[0])],
      build: ([t, i]) => g.gather(t, i),
      expected: ([t, i]) =>
        ref.build([...lead, ...table.slice(1)], (index) =>
          ref.at(t, [ref.at(i, index.slice(0, lead.length)), ...index.slice(lead.length)]),
        ),
    };
  },
  addRows: (draw) => {
    const table = draw.shape(1, 3);
    const lead = draw.shape(1, 2);
    return {
      inputs: [draw.floats(table), draw.integers(lead, table[0]), draw.floats([...lead, ...table.slice(1)])],
      build: ([t, i, u]) => g.addRows(t, i, u),
      expected: ([t, i, u]) =>
        ref.build(table, (index) => {
          let entry = ref.at(t, index);
          for (const place of ref.indices(lead)) {
            if (ref.at(i, place) === index[0]) entry += ref.at(u, [...place, ...index.slice(1)]);
          }
          return entry;
        }),
    };
  },
  scatterRows: (draw) => {
    const rows = draw.integer(1, 4);
    const lead = draw.shape(1, 2);
    const row = draw.shape(0, 2);
    return {
      inputs: [draw.integers(lead, rows), draw.floats([...lead, ...row])],
      build: ([i, u]) => g.scatterRows(i, u, rows),
      expected: ([i, u]) =>
        ref.build([rows, ...row], (index) =>
          total(
            [...ref.indices(lead)]
              .filter((place) => ref.at(i, place) === index[0])
              .map((place) => ref.at(u, [...place, ...index.slice(1)])),
          ),
        ),
    };
  },
  takeAlong: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const taken = shape.with(axis, draw.integer(1, 4));
    return {
      inputs: [draw.floats(shape), draw.integers(taken, shape[axis])],
      build: ([x, i]) => g.takeAlong(x, i, axis),
      expected: ([t, i]) => ref.build(taken, (index) => ref.at(t, index.with(axis, ref.at(i, index)))),
    };
  },
  putAlong: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const size = draw.integer(1, 4);
    return {
      inputs: [draw.integers(shape, size), draw.floats(shape)],
      build: ([i, u]) => g.putAlong(i, u, axis, size),
      expected: ([i, u]) =>
        ref.build(shape.with(axis, size), (index) => {
          const places = ref.line(i, axis, index.with(axis, 0));
          const updates = ref.line(u, axis, index.with(axis, 0));
          return total(updates.filter((_, k) => places[k] === index[axis]));
        }),
    };
  },
  transpose: (draw) => {
    const shape = draw.shape(0, 4);
    const order = draw.order(shape.length);
    return {
      inputs: [draw.floats(shape)],
      build: ([x]) => g.mul(g.transpose(x, order), 1.5),
      expected: ([t]) => ref.elementwise((x) => 1.5 * x, ref.transpose(t, order)),
    };
  },
  reshape: (draw) => {
    const shape = draw.shape(1, 4);
    const at = draw.integer(0, shape.length - 1);
    const merged = shape.slice(at, at + 2).reduce((a, b) => a * b, 1);
    const target = [...shape.slice(0, at), merged, ...shape.slice(at + 2)];
    return {
      inputs: [draw.floats(shape)],
      build: ([x]) => {
        return g.reshape(x, [
          ...x.shape.slice(0, at),
          product(x.shape.slice(at, at + 2)),
          ...x.shape.slice(at + 2),
        ]);
      },
      expected: ([t]) => ref.reshape(t, target),
    };
  },
  unsqueeze: (draw) => {
    const shape = draw.shape(0, 3);
    const axes = draw
      .axes(shape.length + 2)
      .slice(0, 2)
      .sort((a, b) => a - b);
    const result = [...shape];
    const extra = axes.filter((a) => a < shape.length + axes.length);
    for (const a of extra) result.splice(a, 0, 1);
    return {
      inputs: [draw.floats(shape)],
      build: ([x]) => g.unsqueeze(x, extra),
      expected: ([t]) => ref.reshape(t, result),
    };
  },
  squeeze: (draw) => {
    const shape = draw.shape(0, 3);
    const wide = [...shape];
    const axis = draw.integer(0, shape.length);
    wide.splice(axis, 0, 1);
    return {
      inputs: [draw.floats(wide)],
      build: ([x]) => g.squeeze(x, [draw.flip() ? axis : axis - wide.length]),
      expected: ([t]) => ref.reshape(t, shape),
    };
  },
  broadcastTo: (draw) => {
    const full = draw.shape(0, 4);
    return {
      inputs: [draw.floats(draw.broadcastable(full))],
      build: ([x]) => {
        const own = full.map((_, i) => x.shape[i - full.length + x.shape.length] ?? 1);
        return g.broadcastTo(
          x,
          full.map((d, i) => (own[i] === 1 ? d : own[i])),
        );
      },
      expected: ([t]) => ref.broadcastTo(t, full),
    };
  },
  concat: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const parts = Array.from({ length: draw.integer(1, 3) }, () => shape.with(axis, draw.integer(1, 4)));
    return {
      inputs: parts.map((s) => draw.floats(s)),
      build: (values) => g.concat(values, draw.flip() ? axis : axis - shape.length),
      expected: (tensors) => ref.concat(tensors, axis),
    };
  },
  slice: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const start = draw.integer(0, shape[axis] - 1);
    const end = draw.integer(start + 1, shape[axis]);
    return {
      inputs: [draw.floats(shape)],
      build: ([x]) => g.slice(x, axis, start, end),
      expected: ([t]) => ref.slice(t, axis, start, end),
    };
  },
  split: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const sizes = [draw.integer(1, 3), draw.integer(1, 3)];
    const whole = shape.with(axis, sizes[0] + sizes[1]);
    draw.names.set(sizes[0] + sizes[1], false);
    return {
      inputs: [draw.floats(whole)],
      // The parts exchanged, so that each has its own place in the result.
      build: ([x]) => g.concat(g.split(x, axis, sizes).reverse(), axis),
      expected: ([t]) =>
        ref.concat(
          [ref.slice(t, axis, sizes[0], sizes[0] + sizes[1]), ref.slice(t, axis, 0, sizes[0])],
          axis,
        ),
    };
  },
  pad: (draw) => {
    const shape = draw.shape(1, 3);
    const axis = draw.integer(0, shape.length - 1);
    const [before, after] = [draw.integer(0, 2), draw.integer(0, 2)];
    return {
      inputs: [draw.floats(shape)],
      build: ([x]) => g.pad(x, axis, before, after),
      expected: ([t]) =>
        ref.build(shape.with(axis, before + shape[axis] + after), (i) =>
          ref.paddedAt(t, i.with(axis, i[axis] - before)),
        ),
    };
  },
  maxPool: pooling(g.maxPool, (e) => Math.max(...e)),
  averagePool: pooling(g.averagePool, (e) => total(e) / e.length),
};

function pooling(
  operation: (x: g.Value, windows: readonly number[]) => g.Value,
  fold: (entries: number[]) => number,
): Make {
  return (draw) => {
    const windows = Array.from({ length: draw.integer(1, 2) }, () => draw.integer(1, 3));
    const lead = draw.shape(0, 2);
    const spatial = windows.map((w) => w * draw.integer(1, 2) + draw.random.integer(w));
    for (const s of spatial) draw.names.set(s, false);
    const counts = windows.map((w, i) => Math.floor(spatial[i] / w));
    return {
      inputs: draw.apart([...lead, ...spatial]),
      build: ([x]) => operation(x, windows),
      expected: ([t]) =>
        ref.build([...lead, ...counts], (index) =>
          fold(
            [...ref.indices(windows)].map((offset) =>
              ref.at(t, [
                ...index.slice(0, lead.length),
                ...offset.map((o, i) => index[lead.length + i] * windows[i] + o),
              ]),
            ),
          ),
        ),
    };
  };
}

/** Operations through which nothing is differentiated. */
export const discrete: Record<string, Make> = {
  cast: (draw) => {
    const [from, to] = [
      draw.pick<g.DType>(['int32', 'int64', 'bool']),
      draw.pick<g.DType>(['float64', 'int64']),
    ];
    return {
      inputs: [draw.integers(draw.shape(0, 3), 2, from)],
      build: ([x]) => g.cast(x, to),
      expected: ([t]) => t,
    };
  },
  sign: unary(g.sign, Math.sign, 'apart'),
  greater: binary(g.greater, (a, b) => Number(a > b), 'integers'),
  greaterOrEqual: binary(g.greaterOrEqual, (a, b) => Number(a >= b), 'integers'),
  less: binary(g.less, (a, b) => Number(a < b), 'integers'),
  lessOrEqual: binary(g.lessOrEqual, (a, b) => Number(a <= b), 'integers'),
  equal: binary(g.equal, (a, b) => Number(a === b), 'integers'),
  and: logical(g.and, (a, b) => a & b),
  or: logical(g.or, (a, b) => a | b),
  not: (draw) => ({
    inputs: [draw.integers(draw.shape(0, 3), 2, 'bool')],
    build: ([x]) => g.not(x),
    expected: ([t]) => ref.elementwise((x) => 1 - x, t),
  }),
  stopGradient: unary(g.stopGradient, (x) => x, 'floats'),
  argMax: (draw) => {
    const shape = draw.shape(1, 4);
    const axis = draw.integer(0, shape.length - 1);
    return {
      inputs: [draw.integers(shape, 3, 'int32')],
      build: ([x]) => g.argMax(g.cast(x, 'float64'), draw.flip() ? axis : axis - shape.length),
      expected: ([t]) => ref.reduce(t, [axis], false, (e) => e.indexOf(Math.max(...e))),
    };
  },
  oneHot: (draw) => {
    const shape = draw.shape(0, 2);
    const size = draw.integer(1, 4);
    return {
      inputs: [draw.integers(shape, size + 1)],
      build: ([i]) => g.oneHot(i, size, 'float64'),
      expected: ([t]) =>
        ref.build([...shape, size], (index) => Number(ref.at(t, index.slice(0, -1)) === index[shape.length])),
    };
  },
  range: (draw) => {
    const n = draw.integer(1, 4);
    return {
      inputs: [draw.integers([n], 5, 'int64')],
      build: ([x]) => g.add(x, g.range(x.shape[0])),
      expected: ([t]) => ref.build([n], ([i]) => t.data[i] + i),
    };
  },
  size: (draw) => {
    const shape = draw.shape(1, 3);
    return {
      inputs: [draw.integers(shape, 5, 'int64')],
      build: ([x]) => g.add(x, g.size(x.shape, x)),
      expected: ([t]) => ref.elementwise((x) => x + t.data.length, t),
    };
  },
  full: (draw) => {
    const shape = draw.shape(1, 3);
    return {
      inputs: [draw.integers(shape, 5, 'int32')],
      build: ([x]) => g.add(x, g.full(x.shape, 3, 'int32')),
      expected: ([t]) => ref.elementwise((x) => x + 3, t),
    };
  },
  zeros: (draw) => {
    const shape = draw.shape(1, 3);
    return {
      inputs: [draw.integers(shape, 5, 'int32')],
      build: ([x]) => g.sub(g.zeros(x.shape, 'int32'), x),
      expected: ([t]) => ref.elementwise((x) => -x, t),
    };
  },
};
