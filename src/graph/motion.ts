/**
 * Code motion around a loop, done while it is built:
 *
 * - hoist: what needs no state is computed for all steps at once, before the loop;
 * - sink: what no state needs is computed for all steps at once, after it;
 * - defer: a sum over time (the gradient of a weight) is one product over time × batch after the loop.
 *
 * Moving must never make a tensor `[T, …]` out of something large that a pass over small things makes in the loop
 * (tanh of the attention energies, [B, S, A] a step): such values stay, and are recomputed where they are needed.
 */
import { type Dim, evaluate } from './dims.ts';
import { add } from './operations/elementwise.ts';
import { matmul, matmulOf } from './operations/matmul.ts';
import { sum } from './operations/reduce.ts';
import { broadcastTo, transpose, zeros } from './operations/shape.ts';
import {
  addOutput,
  input,
  isConstant,
  type Node,
  type Operation,
  reapply,
  topological,
  type Value,
} from './value.ts';

/** A loop's own little graph. It refers to nothing outside but constants: outer values come in as captures. */
export interface ScanAttributes {
  /** run from the last step to the first; outputs stay at the place of the input they belong to */
  readonly reverse: boolean;
  readonly length: Dim;
  readonly states: number;
  readonly sequences: number;
  /** one per input of the node: carried states, slices of the sequences, captured outer values */
  readonly parameters: readonly Value[];
  /** one per output of the node: next states, then what is stacked over time (grows: see `stacked`) */
  readonly results: readonly Value[];
  /** size above which a cheap value is recomputed rather than stored */
  readonly isBig: (value: Value) => boolean;
}

/** A value of the body at every step, `[length, …]`: an output of the loop, added when it is first asked for. */
export function stacked(node: Node<ScanAttributes>, bodyValue: Value): Value {
  const { results, states, length } = node.attributes;
  let at = results.indexOf(bodyValue, states);
  if (at < 0) at = (results as Value[]).push(bodyValue) - 1;
  // A loop that was rebuilt shares its body with the one it came from, and may lag behind it.
  for (const v of results.slice(node.outputs.length, at + 1)) {
    addOutput(node as Node, { dtype: v.dtype, shape: [length, ...v.shape] });
  }
  return node.outputs[at];
}

/** A step that was traced over placeholders; it may use outer values as they are. */
export interface Traced {
  readonly states: readonly { readonly initial: Value; readonly parameter: Value; readonly next: Value }[];
  readonly sequences: readonly { readonly value: Value; readonly parameter: Value }[];
  /** wanted at every step */
  readonly outputs: readonly Value[];
  /** wanted summed over all steps */
  readonly sums: readonly Value[];
  readonly reverse: boolean;
  readonly length: Dim;
  /** what the loop becomes */
  readonly operation: Operation<ScanAttributes>;
}

/** What a named size is taken to be when storing is weighed against recomputing. */
const NOMINAL = 32;
const nominalSize = (v: Value): number => v.shape.reduce((p: number, d) => p * evaluate(d, () => NOMINAL), 1);
/** A value this many times larger than the largest state is big. */
const BIG = 8;

export function assemble(traced: Traced): { states: Value[]; outputs: Value[]; sums: Value[] } {
  const { length, reverse, operation } = traced;
  const roots = [...traced.states.map((s) => s.next), ...traced.outputs, ...traced.sums];
  const sequences = traced.sequences;
  const stateParameters = traced.states.map((s) => s.parameter);
  const sequenceOf = new Map(sequences.map((s) => [s.parameter, s.value]));
  const inside = new Set<Value>([...stateParameters, ...sequenceOf.keys()]);
  const stateful = new Set<Value>(stateParameters);
  for (const node of topological(roots)) {
    for (const set of [inside, stateful]) {
      if (node.inputs.some((v) => set.has(v))) for (const v of node.outputs) set.add(v);
    }
  }
  const largest = Math.max(0, ...stateParameters.map(nominalSize)) || Number.POSITIVE_INFINITY;
  const isBig = (v: Value) => nominalSize(v) > BIG * largest;

  // --- the loop under construction
  const loopSequences: { value: Value; parameter: Value }[] = [];
  const captures = new Map<Value, Value>();
  const transposed = new Map<Value, Value>();
  const inLoopMemo = new Map<Value, Value>(stateParameters.map((p) => [p, p]));
  const core = new Set<Value>(stateParameters);

  const addSequence = (value: Value): Value => {
    const known = loopSequences.find((s) => s.value === value);
    if (known !== undefined) return known.parameter;
    const parameter = input('slice', value.dtype, value.shape.slice(1));
    loopSequences.push({ value, parameter });
    return parameter;
  };
  const capture = (value: Value): Value => {
    let parameter = captures.get(value);
    if (parameter === undefined) {
      parameter = input('capture', value.dtype, value.shape);
      captures.set(value, parameter);
    }
    return parameter;
  };

  /** The value as the loop's body has it; hoists what can be hoisted. */
  const inLoop = (v: Value): Value => {
    const known = inLoopMemo.get(v);
    if (known !== undefined) return known;
    let result: Value;
    if (isConstant(v)) result = v;
    else if (!inside.has(v)) result = capture(v);
    else if (!stateful.has(v) && canHoist(v)) result = addSequence(lifted(v));
    else {
      result = rebuild(v);
      core.add(v);
    }
    inLoopMemo.set(v, result);
    return result;
  };
  const rebuild = (v: Value): Value => {
    const product = matmulOf(v);
    if (
      product &&
      !product.transposeB &&
      !inside.has(product.b) &&
      product.b.shape.length === 2 &&
      product.a.shape.length === 2
    ) {
      // A weight is multiplied at every step: given as [out, in] the product is about twice as fast.
      const { a, b, transposeA } = product;
      const weight = transposed.get(b) ?? transpose(b);
      transposed.set(b, weight);
      return matmul(inLoop(a), capture(weight), { transposeA, transposeB: true });
    }
    return reapply(v.node, v.node.inputs.map(inLoop))[v.index];
  };

  // --- outside the loop
  const liftMemo = new Map<Value, Value>();
  const isInside = (v: Value) => inside.has(v);
  /**
   * Whether `lifted` may be asked for: no tensor comes of it that is larger than what the loop would make anyway.
   * `stacks` says which of the loop's own values may be stacked up for that.
   */
  const mover = (stacks: (coreValue: Value) => boolean) => {
    const memo = new Map<Value, boolean>();
    const can = (v: Value): boolean => {
      if (!inside.has(v) || sequenceOf.has(v)) return true;
      if (core.has(v)) return stacks(v);
      let found = memo.get(v);
      if (found === undefined) {
        const { operation: op, inputs } = v.node;
        const inner = inputs.filter(isInside);
        const blowsUp = op.cost !== 'costly' && isBig(v) && !inner.some(isBig);
        found =
          op.lift !== undefined && (op.canLift?.(v.node, isInside) ?? true) && !blowsUp && inner.every(can);
        memo.set(v, found);
      }
      return found;
    };
    return { can, forget: () => memo.clear() };
  };
  // Before the loop nothing of its own can be had; after it, what is small.
  const { can: canHoist } = mover(() => false);
  const { can: canLift, forget } = mover((v) => !isBig(v));
  const liftInput = (v: Value) =>
    inside.has(v) ? { value: lifted(v), lifted: true } : { value: v, lifted: false };
  const lift = (v: Value): Value => v.node.operation.lift!(v.node, v.node.inputs.map(liftInput))[v.index];
  /** The value at all steps at once, `[length, …]`. */
  function lifted(v: Value): Value {
    let result = liftMemo.get(v);
    if (result === undefined) {
      result = sequenceOf.get(v) ?? (core.has(v) ? stacked(loop, inLoop(v)) : lift(v));
      liftMemo.set(v, result);
    }
    return result;
  }
  const atEveryStep = (v: Value): Value => {
    if (!inside.has(v)) return broadcastTo(v, [length, ...v.shape]);
    return canLift(v) ? lifted(v) : stacked(loop, inLoop(v));
  };

  /** Whether a sum over time can be made without its terms, or from small ones; else the loop carries it. */
  const canDefer = (v: Value): boolean => {
    if (!inside.has(v)) return false;
    const { operation: op, inputs } = v.node;
    if (isSum(v)) return inputs.every(canDefer);
    if (!core.has(v) && op.liftSum && inputs.every((i) => inside.has(i) && canLift(i))) return true;
    return !isBig(v) && canLift(v);
  };
  const deferred = (v: Value): Value => {
    const { operation: op, inputs } = v.node;
    if (isSum(v)) return add(deferred(inputs[0]), deferred(inputs[1]));
    if (!core.has(v) && op.liftSum && inputs.every((i) => inside.has(i) && canLift(i))) {
      return op.liftSum(v.node, inputs.map(liftInput));
    }
    return sum(lifted(v), { axes: [0] });
  };

  // --- put together: first all states, then what is stacked, then what that turned out to need
  const parameters: Value[] = [...stateParameters];
  const initial = traced.states.map((s) => s.initial);
  const results = traced.states.map((s) => inLoop(s.next));
  // What stays in the loop can make more stay (a large value that is there already is not made again outside), so
  // this is settled before anything moves.
  const places = traced.sums.map(() => -1);
  for (let size = -1; size !== core.size; ) {
    size = core.size;
    forget();
    for (const v of traced.outputs) if (inside.has(v) && !canLift(v)) inLoop(v);
    for (const [i, v] of traced.sums.entries()) {
      if (places[i] >= 0 || canDefer(v)) continue;
      const parameter = input('sum', v.dtype, v.shape);
      results.push(add(parameter, inLoop(v)));
      initial.push(zeros(v.shape, v.dtype));
      places[i] = parameters.push(parameter) - 1;
    }
  }
  const states = parameters.length;
  const attributes = { reverse, length, states, sequences: 0, parameters, results, isBig };
  const inputs: Value[] = [];
  const loop: Node<ScanAttributes> = { operation, inputs, attributes, outputs: [] };
  for (const v of results) addOutput(loop as Node, v);

  const outputs = traced.outputs.map(atEveryStep);
  const sums = traced.sums.map((v, i) => (places[i] < 0 ? deferred(v) : loop.outputs[places[i]]));

  if (loopSequences.length === 0) addSequence(traced.sequences[0].value);
  attributes.sequences = loopSequences.length;
  parameters.push(...loopSequences.map((s) => s.parameter), ...captures.values());
  inputs.push(...initial, ...loopSequences.map((s) => s.value), ...captures.keys());
  return { states: loop.outputs.slice(0, traced.states.length), outputs, sums };
}

const isSum = (v: Value): boolean =>
  v.node.operation.name === 'add' && v.node.inputs.every((i) => i.shape.length === v.shape.length);
