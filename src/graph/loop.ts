/**
 * A loop whose end is found while it runs: decoding inside the model. Not differentiable (training knows its length
 * and uses `scan`).
 */
import { printShape, type Shape, sameShape } from './dims.ts';
import { liveness, Scope } from './onnx.ts';
import {
  apply,
  input,
  isConstant,
  type Node,
  type Operation,
  reapply,
  shapeError,
  topological,
  type Value,
} from './value.ts';

interface LoopAttributes {
  readonly states: number;
  /** the name of the size of the steps that are run */
  readonly steps: string;
  /** one per input after the first (the limit): carried states, then captured outer values */
  readonly parameters: readonly Value[];
  readonly condition: Value;
  /** next states, then what is stacked over the steps that were run */
  readonly results: readonly Value[];
}

const loopOperation: Operation<LoopAttributes> = {
  name: 'loop',
  cost: 'costly',
  infer: (_, { results, states, steps }) =>
    results.map((v, i) => ({ dtype: v.dtype, shape: i < states ? v.shape : [steps, ...v.shape] })),
  liveInputs(node, isLive) {
    const { parameters, states } = node.attributes;
    const roots = liveRoots(node, isLive);
    const live = liveness(topological(roots), roots);
    return [true, ...parameters.map((p, i) => i < states || live.has(p))];
  },
  emit(node, [limit, ...outer], scope) {
    const { states, parameters, condition } = node.attributes;
    const body = new Scope(scope);
    const bodyInputs: [string, { dtype: Value['dtype']; shape: Shape }][] = [
      [scope.fresh('iteration'), { dtype: 'int64', shape: [] }],
      [scope.fresh('condition'), { dtype: 'bool', shape: [] }],
    ];
    for (const [i, p] of parameters.entries()) {
      if (outer[i] === '') continue;
      if (i >= states) body.bind(p, outer[i]);
      else {
        const name = scope.fresh('state');
        body.bind(p, name);
        bodyInputs.push([name, p]);
      }
    }
    const isLive = (v: Value) => scope.isLive(v);
    const roots = liveRoots(node, isLive);
    body.write([condition, ...roots]);
    const outputs: [string, Value][] = [
      [scope.fresh('continue'), condition],
      ...roots.map((v): [string, Value] => [scope.fresh('next'), v]),
    ];
    const graph = body.graph(scope.fresh('body'), bodyInputs, outputs);
    const always = scope.constant({ dtype: 'bool', shape: [], data: [1] });
    const names = scope.node(
      'Loop',
      [limit, always, ...outer.slice(0, states)],
      { body: graph },
      roots.length,
    );
    let next = states;
    return node.outputs.map((v, i) => (i < states ? names[i] : isLive(v) ? names[next++] : ''));
  },
};

const liveRoots = ({ attributes, outputs }: Node<LoopAttributes>, isLive: (v: Value) => boolean): Value[] =>
  attributes.results.filter((_, i) => i < attributes.states || isLive(outputs[i]));

/**
 * Runs `step` until its condition is false, at most `limit` times (int64 scalar, at least 1). Outputs are stacked over
 * the steps that were run, an axis of the size named `steps`. Outer values may be used in the step as they are.
 *
 * @throws ShapeError when a next state differs from its state in shape or dtype, or the condition is no bool scalar
 */
export function loop(
  options: { states: readonly Value[]; limit: Value; steps: string },
  step: (states: readonly Value[]) => {
    states: readonly Value[];
    outputs: readonly Value[];
    condition: Value;
  },
): { states: Value[]; outputs: Value[] } {
  const { states, limit, steps } = options;
  const parameters = states.map((s) => input('state', s.dtype, s.shape));
  const traced = step(parameters);
  if (traced.condition.dtype !== 'bool' || traced.condition.shape.length !== 0) {
    shapeError('loop', [traced.condition], 'a condition bool []', 'Reduce it to one value.');
  }
  for (const [i, s] of states.entries()) {
    const next = traced.states[i];
    if (next === undefined || next.dtype !== s.dtype || !sameShape(next.shape, s.shape)) {
      shapeError(
        'loop',
        next ? [next] : [],
        `next state ${i} like its state, ${s.dtype} ${printShape(s.shape)}`,
        'A state keeps its type.',
      );
    }
  }
  // The body becomes a graph of its own, in which outer values are parameters.
  const roots = [...traced.states, ...traced.outputs, traced.condition];
  const inside = new Set<Value>(parameters);
  for (const node of topological(roots)) {
    if (node.inputs.some((v) => inside.has(v))) for (const v of node.outputs) inside.add(v);
  }
  const captures = new Map<Value, Value>();
  const memo = new Map<Value, Value>(parameters.map((p) => [p, p]));
  const inBody = (v: Value): Value => {
    let made = memo.get(v);
    if (made === undefined) {
      if (isConstant(v)) made = v;
      else if (inside.has(v)) made = reapply(v.node, v.node.inputs.map(inBody))[v.index];
      else {
        made = input('capture', v.dtype, v.shape);
        captures.set(v, made);
      }
      memo.set(v, made);
    }
    return made;
  };
  const body = roots.map(inBody);
  const condition = body.pop() as Value;
  const outputs = apply(loopOperation, [limit, ...states, ...captures.keys()], {
    states: states.length,
    steps,
    parameters: [...parameters, ...captures.values()],
    condition,
    results: body,
  });
  return { states: outputs.slice(0, states.length), outputs: outputs.slice(states.length) };
}
