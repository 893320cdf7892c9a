/** A small NumPy in plain loops, written to be read: what the graph's operations are compared with. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
export type Index = readonly number[];

const count = (shape: Index): number => shape.reduce((a, b) => a * b, 1);

/** All indices of a shape, row-major. */
export function* indices(shape: Index): Generator<number[]> {
  for (let flat = 0; flat < count(shape); flat++) {
    const index: number[] = [];
    let rest = flat;
    for (const size of [...shape].reverse()) {
      index.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    yield index;
  }
}

export const build = (shape: Index, entry: (index: number[]) => number): Tensor => ({
  shape,
  data: [...indices(shape)].map(entry),
});

export const at = (t: Tensor, index: Index): number =>
  t.data[index.reduce((flat, i, axis) => flat * t.shape[axis] + i, 0)];

export function broadcastShape(shapes: readonly Index[]): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((s) => s[axis - rank + s.length] ?? 1)),
  );
}

/** The entry a tensor has at an index of the shape it is broadcast to. */
const broadcastAt = (t: Tensor, index: Index): number =>
  at(
    t,
    t.shape.map((size, axis) => (size === 1 ? 0 : index[axis + index.length - t.shape.length])),
  );

export const elementwise = (f: (...entries: number[]) => number, ...tensors: readonly Tensor[]): Tensor =>
  build(broadcastShape(tensors.map((t) => t.shape)), (index) =>
    f(...tensors.map((t) => broadcastAt(t, index))),
  );

export const broadcastTo = (t: Tensor, shape: Index): Tensor =>
  build(shape, (index) => broadcastAt(t, index));

export function transpose(t: Tensor, order: Index): Tensor {
  return build(
    order.map((a) => t.shape[a]),
    (index) =>
      at(
        t,
        order.map((_, axis) => index[order.indexOf(axis)]),
      ),
  );
}

export const reshape = (t: Tensor, shape: Index): Tensor => ({ shape, data: t.data });

export function matmul(a: Tensor, b: Tensor): Tensor {
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const [m, k] = a.shape.slice(-2);
  const n = b.shape[b.shape.length - 1];
  const wideA = broadcastTo(a, [...batch, m, k]);
  const wideB = broadcastTo(b, [...batch, k, n]);
  return build([...batch, m, n], (index) => {
    const [lead, i, j] = [index.slice(0, -2), index[index.length - 2], index[index.length - 1]];
    let total = 0;
    for (let l = 0; l < k; l++) total += at(wideA, [...lead, i, l]) * at(wideB, [...lead, l, j]);
    return total;
  });
}

/** Folds the entries of `axes` into one. */
export function reduce(t: Tensor, axes: Index, keep: boolean, fold: (entries: number[]) => number): Tensor {
  const rest = t.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  const kept = build(rest, (index) =>
    fold(
      [...indices(t.shape)]
        .filter((i) => i.every((x, a) => axes.includes(a) || x === index[a]))
        .map((i) => at(t, i)),
    ),
  );
  return keep
    ? kept
    : reshape(
        kept,
        t.shape.filter((_, i) => !axes.includes(i)),
      );
}

/** The line of a tensor along `axis` through `index`. */
export const line = (t: Tensor, axis: number, index: Index): number[] =>
  Array.from({ length: t.shape[axis] }, (_, i) => at(t, index.with(axis, i)));

export const concat = (tensors: readonly Tensor[], axis: number): Tensor => {
  const sizes = tensors.map((t) => t.shape[axis]);
  const shape = tensors[0].shape.with(
    axis,
    sizes.reduce((a, b) => a + b),
  );
  return build(shape, (index) => {
    let place = index[axis];
    let which = 0;
    while (place >= sizes[which]) place -= sizes[which++];
    return at(tensors[which], index.with(axis, place));
  });
};

export const slice = (t: Tensor, axis: number, start: number, end: number): Tensor =>
  build(t.shape.with(axis, end - start), (index) => at(t, index.with(axis, index[axis] + start)));

/** Zeros outside, for windows that reach over the edge. */
export const paddedAt = (t: Tensor, index: Index): number =>
  index.every((i, a) => i >= 0 && i < t.shape[a]) ? at(t, index) : 0;

export const stack = (tensors: readonly Tensor[]): Tensor => ({
  shape: [tensors.length, ...tensors[0].shape],
  data: tensors.flatMap((t) => t.data),
});
