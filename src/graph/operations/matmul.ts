import { broadcast, type Dim, product } from '../dims.ts';
import { apply1, isFloat, type Operation, shapeError, type Value } from '../value.ts';
import { alignLifted } from './elementwise.ts';
import { sumTo } from './reduce.ts';
import { reshape, transpose } from './shape.ts';

interface Orientation {
  /** use aᵀ (over the last two axes) */
  readonly transposeA: boolean;
  /** use bᵀ */
  readonly transposeB: boolean;
}

const swapLast = (rank: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
const rows = (v: Value, t: boolean): Dim => v.shape[v.shape.length - (t ? 1 : 2)];
const columns = (v: Value, t: boolean): Dim => v.shape[v.shape.length - (t ? 2 : 1)];

const operation: Operation<Orientation> = {
  name: 'matmul',
  cost: 'costly',
  infer([a, b], { transposeA, transposeB }) {
    const described = `${transposeA ? '(first transposed) ' : ''}${transposeB ? '(second transposed) ' : ''}`;
    if (a.shape.length < 2 || b.shape.length < 2) {
      shapeError('matmul', [a, b], `two matrices or stacks of them ${described}`, 'Unsqueeze vectors first.');
    }
    if (columns(a, transposeA) !== rows(b, transposeB) || a.dtype !== b.dtype || !isFloat(a)) {
      shapeError(
        'matmul',
        [a, b],
        `[…, M, K] and […, K, N] of one floating-point dtype ${described}`,
        'Transpose one, or check the sizes.',
      );
    }
    const batch = broadcast('matmul', [a.shape.slice(0, -2), b.shape.slice(0, -2)]);
    return [{ dtype: a.dtype, shape: [...batch, rows(a, transposeA), columns(b, transposeB)] }];
  },
  gradient(node, [g], needed) {
    if (g === undefined) return [undefined, undefined];
    const [a, b] = node.inputs;
    const { transposeA: ta, transposeB: tb } = node.attributes;
    const da = () =>
      ta ? matmul(b, g, { transposeA: tb, transposeB: true }) : matmul(g, b, { transposeB: !tb });
    const db = () => {
      // One matrix used for a whole stack: its gradient is one product over the stack, not a sum of products.
      if (b.shape.length === 2 && a.shape.length > 2 && !ta) {
        const [x, y] = [flat(a), flat(g)];
        return tb ? matmul(y, x, { transposeA: true }) : matmul(x, y, { transposeA: true });
      }
      return tb ? matmul(g, a, { transposeA: true, transposeB: ta }) : matmul(a, g, { transposeA: !ta });
    };
    return [needed[0] ? sumTo(da(), a.shape) : undefined, needed[1] ? sumTo(db(), b.shape) : undefined];
  },
  emit(node, [a, b], scope) {
    const { transposeA, transposeB } = node.attributes;
    const [ra, rb] = node.inputs.map((v) => v.shape.length);
    if (ra === 2 && rb === 2) {
      return scope.node('Gemm', [a, b], { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 });
    }
    const swap = (name: string, rank: number) => scope.node('Transpose', [name], { perm: swapLast(rank) })[0];
    return scope.node('MatMul', [transposeA ? swap(a, ra) : a, transposeB ? swap(b, rb) : b]);
  },
  lift(node, inputs) {
    const [a, b] = inputs;
    const { transposeA, transposeB } = node.attributes;
    if (a.lifted && !b.lifted && b.value.shape.length === 2 && !transposeA) {
      return [matmul(a.value, b.value, { transposeB })];
    }
    const rank = Math.max(...node.inputs.map((v) => v.shape.length));
    const [x, y] = alignLifted(inputs, rank);
    return [matmul(x, y, node.attributes)];
  },
  liftSum(node, [a, b]) {
    const { transposeA, transposeB } = node.attributes;
    // Σ_t A_t·B_t is one product in which time joins the axis that is summed over.
    return matmul(joinTime(a.value, transposeA), joinTime(b.value, !transposeB), {
      transposeA: true,
      transposeB: false,
    });
  },
};

/** [T, …, K, M] → [T…, …, T·K, M], so that M's product sums over time too; `ready`: K already stands before M. */
function joinTime(x: Value, ready: boolean): Value {
  const rank = x.shape.length;
  const [time] = x.shape;
  const order = Array.from({ length: rank - 3 }, (_, i) => i + 1);
  order.push(0, ...(ready ? [rank - 2, rank - 1] : [rank - 1, rank - 2]));
  const moved = transpose(x, order);
  const [k, m] = moved.shape.slice(-2);
  return reshape(moved, [...moved.shape.slice(0, -3), product([time, k]), m]);
}

/** [.., K] → [product, K] */
const flat = (x: Value): Value => reshape(x, [product(x.shape.slice(0, -1)), x.shape[x.shape.length - 1]]);

/**
 * Product of matrices, or of stacks of them (leading axes broadcast): `[…, M, K] · […, K, N]`. With
 * `transposeA`/`transposeB` an operand is given as its transpose.
 */
export const matmul = (a: Value, b: Value, orientation: Partial<Orientation> = {}): Value =>
  apply1(operation, [a, b], {
    transposeA: orientation.transposeA ?? false,
    transposeB: orientation.transposeB ?? false,
  });

/** The operands, when a value is a product. */
export const matmulOf = (x: Value): ({ a: Value; b: Value } & Orientation) | undefined =>
  x.node.operation === (operation as Operation)
    ? { a: x.node.inputs[0], b: x.node.inputs[1], ...(x.node.attributes as Orientation) }
    : undefined;

/** (A·B)ᵀ = Bᵀ·Aᵀ for a product of two matrices. */
export function matmulTransposed(x: Value): Value {
  const { a, b, transposeA, transposeB } = matmulOf(x) as NonNullable<ReturnType<typeof matmulOf>>;
  return a.shape.length === 2 && b.shape.length === 2
    ? matmul(b, a, { transposeA: !transposeB, transposeB: !transposeA })
    : x;
}
