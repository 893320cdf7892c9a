import { ShapeError } from '../errors.ts';

/**
 * A dimension: a number, or an expression over named sizes that are known only at run time, in one canonical
 * spelling (`B`, `B*T`, `2*U+1`), so that equal sizes are equal strings.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** monomial ('' for the constant, 'B*T') → coefficient */
type Polynomial = Map<string, number>;

function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map([['', dim]]);
  const result: Polynomial = new Map();
  for (const term of dim.split('+')) {
    const factors = term.split('*');
    const lead = Number(factors[0]);
    const coefficient = Number.isNaN(lead) ? 1 : lead;
    const names = (Number.isNaN(lead) ? factors : factors.slice(1)).sort().join('*');
    result.set(names, (result.get(names) ?? 0) + coefficient);
  }
  return result;
}

function print(polynomial: Polynomial): Dim {
  const terms = [...polynomial].filter(([, c]) => c !== 0).sort(([a], [b]) => (a < b ? 1 : -1));
  if (terms.length === 0) return 0;
  if (terms.length === 1 && terms[0][0] === '') return terms[0][1];
  return terms.map(([names, c]) => (names === '' ? `${c}` : c === 1 ? names : `${c}*${names}`)).join('+');
}

/** The product of some dimensions; of none, 1. */
export function product(dims: Shape): Dim {
  let result = parse(1);
  for (const dim of dims) {
    const next: Polynomial = new Map();
    for (const [a, x] of result) {
      for (const [b, y] of parse(dim)) {
        const names = [...a.split('*'), ...b.split('*')]
          .filter((n) => n !== '')
          .sort()
          .join('*');
        next.set(names, (next.get(names) ?? 0) + x * y);
      }
    }
    result = next;
  }
  return print(result);
}

/** The sum of some dimensions. */
export function sum(dims: Shape): Dim {
  const result: Polynomial = new Map();
  for (const dim of dims) {
    for (const [names, c] of parse(dim)) result.set(names, (result.get(names) ?? 0) + c);
  }
  return print(result);
}

/**
 * A shape in the one spelling that makes equal sizes equal strings.
 *
 * @throws ShapeError for a size that is neither a whole number nor a sum of products of names
 */
export function canonical(operation: string, shape: Shape): Shape {
  return shape.map((dim) => {
    if (typeof dim === 'number' ? Number.isInteger(dim) && dim >= 0 : SPELLING.test(dim)) {
      return typeof dim === 'number' ? dim : print(parse(dim));
    }
    throw new ShapeError(
      `${operation}: a size '${dim}'`,
      "a whole number, a name such as 'T', or a sum of products such as '2*U+1'",
      'Give the size a name of its own.',
    );
  });
}
const SPELLING = /^(-?\d+|[A-Za-z_]\w*)(\*[A-Za-z_]\w*)*(\+(-?\d+|[A-Za-z_]\w*)(\*[A-Za-z_]\w*)*)*$/;

/**
 * ⌊dim / n⌋ where that is a dimension again: every named term has to be a multiple of n (`4*U+3` by 2 is `2*U+1`);
 * else undefined.
 */
export function floorDivide(dim: Dim, n: number): Dim | undefined {
  const result: Polynomial = new Map();
  for (const [names, c] of parse(dim)) {
    if (names !== '' && c % n !== 0) return undefined;
    result.set(names, Math.floor(c / n));
  }
  return print(result);
}

/** a − b */
export const minus = (a: Dim, b: Dim): Dim => sum([a, product([-1, b])]);

/** The value of a dimension when every named size is looked up. */
export function evaluate(dim: Dim, size: (name: string) => number): number {
  let total = 0;
  for (const [names, c] of parse(dim)) {
    total += names === '' ? c : names.split('*').reduce((p, n) => p * size(n), c);
  }
  return total;
}

/** The terms of a dimension, `[coefficient, names]`, for code that must compute it at run time. */
export function terms(dim: Dim): readonly (readonly [number, readonly string[]])[] {
  return [...parse(dim)].map(([names, c]) => [c, names === '' ? [] : names.split('*')] as const);
}

export const printShape = (shape: Shape): string => `[${shape.join(', ')}]`;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i]);

/** NumPy's broadcasting rule over symbolic shapes; a name broadcasts only with itself and with 1. */
export function broadcast(operation: string, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((s) => s.length));
  const result: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    let dim: Dim = 1;
    for (const shape of shapes) {
      const d = shape[axis - rank + shape.length] ?? 1;
      if (d === 1 || d === dim) continue;
      if (dim !== 1) {
        throw new ShapeError(
          `${operation}: shapes ${shapes.map(printShape).join(' and ')}`,
          'shapes that broadcast (aligned at the right, each pair of sizes equal or one of them 1)',
          `Sizes ${dim} and ${d} meet at axis ${axis - rank}; reshape, or transpose one of them.`,
        );
      }
      dim = d;
    }
    result.push(dim);
  }
  return result;
}
