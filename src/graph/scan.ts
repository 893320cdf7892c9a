/**
 * Time: `scan` runs a step over sequences, carrying states. Its gradient is another scan that runs the other way.
 * What goes into the loop and what stays outside is decided in motion.ts; this file holds the operation.
 */
import { printShape, type Shape, sameShape } from './dims.ts';
import { backpropagate } from './gradient.ts';
import { assemble, type ScanAttributes, stacked } from './motion.ts';
import { liveness, Scope } from './onnx.ts';
import { zeros } from './operations/shape.ts';
import {
  input,
  isConstant,
  isFloat,
  isLeaf,
  type Node,
  type Operation,
  reapply,
  shapeError,
  topological,
  type Value,
} from './value.ts';

export const scanOperation: Operation<ScanAttributes> = {
  name: 'scan',
  cost: 'costly',
  infer: (_, { results, states, length }) =>
    results.map((v, i) => ({ dtype: v.dtype, shape: i < states ? v.shape : [length, ...v.shape] })),
  liveInputs(node, isLive) {
    const { parameters } = node.attributes;
    const roots = liveResults(node, isLive);
    const live = liveness(topological(roots), roots);
    // A loop needs a sequence to know how often to run.
    return parameters.map((p, i) => i < node.attributes.states + 1 || live.has(p));
  },
  emit(node, inputs, scope) {
    const { states, sequences, parameters, reverse } = node.attributes;
    const body = new Scope(scope);
    const bodyInputs: [string, Value][] = [];
    const outer: string[] = [];
    for (const [i, p] of parameters.entries()) {
      if (inputs[i] === '') continue;
      if (i >= states + sequences) body.bind(p, inputs[i]);
      else {
        const name = scope.fresh(i < states ? 'state' : 'slice');
        body.bind(p, name);
        bodyInputs.push([name, p]);
        outer.push(inputs[i]);
      }
    }
    const isLive = (v: Value) => scope.isLive(v);
    const roots = liveResults(node, isLive);
    body.write(roots);
    const bodyOutputs = roots.map((v, i) => [scope.fresh(i < states ? 'next' : 'out'), v] as const);
    const graph = body.graph(scope.fresh('body'), bodyInputs, bodyOutputs);
    const scanInputs = outer.length - states;
    const directions = (count: number) => Array.from({ length: count }, () => (reverse ? 1 : 0));
    const names = scope.node(
      'Scan',
      outer,
      {
        body: graph,
        num_scan_inputs: scanInputs,
        scan_input_directions: directions(scanInputs),
        ...(roots.length > states && { scan_output_directions: directions(roots.length - states) }),
      },
      roots.length,
    );
    let next = states;
    return node.outputs.map((v, i) => (i < states ? names[i] : isLive(v) ? names[next++] : ''));
  },
  gradient: (node, gradients, needed) => scanGradient(node as Node<ScanAttributes>, gradients, needed),
};

const liveResults = (node: Node<ScanAttributes>, isLive: (output: Value) => boolean): Value[] =>
  node.attributes.results.filter((_, i) => i < node.attributes.states || isLive(node.outputs[i]));

export interface ScanOptions {
  /** states before the first step */
  readonly states: readonly Value[];
  /** `[T, …]` each; the step sees one slice at a time */
  readonly sequences: readonly Value[];
  /** from the last step to the first (default false); outputs keep the order of the inputs */
  readonly reverse?: boolean;
}

export interface StepResult {
  readonly states: readonly Value[];
  readonly outputs?: readonly Value[];
}

/**
 * Runs `step` once per time step, carrying states. Outer values may be used in the step as they are. Returns the
 * last states and the outputs of all steps, `[T, …]`.
 *
 * The step is written as the paper has it. What needs no state is computed for all steps at once before the loop,
 * what no state needs after it, and gradients of captured values (weights) as one product over all steps.
 *
 * @throws ShapeError when sequences differ in length or a next state differs from its state in shape or dtype
 */
export function scan(
  options: ScanOptions,
  step: (states: readonly Value[], slices: readonly Value[]) => StepResult,
): { states: Value[]; outputs: Value[] } {
  const { states, sequences } = options;
  const length = sequences[0]?.shape[0];
  if (length === undefined || sequences.some((s) => s.shape[0] !== length)) {
    shapeError('scan', sequences, 'at least one sequence, all of one length', 'Check their first axes.');
  }
  const parameter = (kind: string, dtype: Value['dtype'], shape: Shape) => input(kind, dtype, shape);
  const stateParameters = states.map((s) => parameter('state', s.dtype, s.shape));
  const slices = sequences.map((s) => parameter('slice', s.dtype, s.shape.slice(1)));
  const { states: next, outputs = [] } = step(stateParameters, slices);
  if (next.length !== states.length) {
    shapeError('scan', next, `${states.length} next states`, 'Return one for each carried state.');
  }
  for (const [i, s] of states.entries()) {
    if (next[i].dtype !== s.dtype || !sameShape(next[i].shape, s.shape)) {
      shapeError(
        'scan',
        [next[i]],
        `next state ${i} like its state, ${s.dtype} ${printShape(s.shape)}`,
        'A state keeps its type.',
      );
    }
  }
  const result = assemble({
    states: states.map((initial, i) => ({ initial, parameter: stateParameters[i], next: next[i] })),
    sequences: sequences.map((value, i) => ({ value, parameter: slices[i] })),
    outputs,
    sums: [],
    reverse: options.reverse ?? false,
    length,
    operation: scanOperation,
  });
  return { states: result.states, outputs: result.outputs };
}

/** Which inputs carry gradient: the needed ones, and states that these reach around the loop. */
function activeParameters({ attributes }: Node<ScanAttributes>, needed: readonly boolean[]): Set<Value> {
  const { parameters, results, states } = attributes;
  const active = new Set(parameters.filter((p, i) => needed[i] && isFloat(p)));
  const order = topological(results);
  for (let size = -1; size !== active.size; ) {
    size = active.size;
    const reached = new Set(active);
    for (const node of order) {
      if (node.inputs.some((v) => reached.has(v))) for (const v of node.outputs) reached.add(v);
    }
    for (let i = 0; i < states; i++) {
      if (reached.has(results[i]) && isFloat(results[i])) active.add(parameters[i]);
    }
  }
  return active;
}

function scanGradient(
  node: Node<ScanAttributes>,
  gradients: readonly (Value | undefined)[],
  needed: readonly boolean[],
): (Value | undefined)[] {
  const { parameters, results, states, sequences, reverse, length, isBig } = node.attributes;
  const active = activeParameters(node, needed);
  const own = new Set<Value>(); // gradient placeholders
  const placeholder = (like: Value) => {
    const p = input('gradient', like.dtype, like.shape);
    own.add(p);
    return p;
  };
  const count = gradients.length; // outputs that existed before residuals are added
  const incoming = results.slice(0, count).map((v, i) => {
    const carries = i < states ? active.has(parameters[i]) : gradients[i] !== undefined;
    return carries ? placeholder(v) : undefined;
  });
  const wrt = parameters.filter((p) => active.has(p));
  const found = backpropagate(results.slice(0, count), incoming, wrt);
  const vjp = new Map(wrt.map((p, i) => [p, found[i]]));

  // Forward values that the backward step needs: recomputed when large and cheap, stored otherwise.
  const bodyNodes = new Set(topological(results));
  const residuals: { value: Value; parameter: Value }[] = [];
  const memo = new Map<Value, Value>();
  const store = (bodyValue: Value, value: Value): Value => {
    const p = input('residual', bodyValue.dtype, bodyValue.shape);
    residuals.push({ value, parameter: p });
    return p;
  };
  const resolve = (v: Value): Value => {
    if (own.has(v) || isConstant(v)) return v;
    const known = memo.get(v);
    if (known !== undefined) return known;
    const at = parameters.indexOf(v);
    const { cost } = v.node.operation;
    const stored = bodyNodes.has(v.node) && !isLeaf(v) && cost !== 'view' && !(cost === 'cheap' && isBig(v));
    const found =
      at >= states + sequences
        ? node.inputs[at]
        : at >= states
          ? store(v, node.inputs[at])
          : at >= 0 || stored
            ? store(v, stacked(node, v))
            : reapply(v.node, v.node.inputs.map(resolve))[v.index];
    memo.set(v, found);
    return found;
  };
  const resolved = (p: Value): Value | undefined => {
    const g = vjp.get(p);
    return g === undefined ? undefined : resolve(g);
  };

  const carried = parameters.slice(0, states).filter((p) => active.has(p));
  const slices = parameters.slice(states, states + sequences).filter((p) => active.has(p) && vjp.get(p));
  const captures = parameters.slice(states + sequences).filter((p) => active.has(p) && vjp.get(p));
  // Resolving finds the residuals, so it comes before they are listed.
  const carriedStates = carried.map((p) => {
    const i = parameters.indexOf(p);
    return {
      initial: gradients[i] ?? zeros(p.shape, p.dtype),
      parameter: incoming[i] as Value,
      next: resolved(p) ?? zeros(p.shape, p.dtype),
    };
  });
  const outputs = slices.map((p) => resolved(p) as Value);
  const sums = captures.map((p) => resolved(p) as Value);
  const outputGradients = incoming.flatMap((parameter, i) =>
    i >= states && parameter ? [{ value: gradients[i] as Value, parameter }] : [],
  );
  const backwardSequences = [...outputGradients, ...residuals];
  if (backwardSequences.length === 0) {
    // Nothing but the length is needed of any sequence.
    store(parameters[states], node.inputs[states]);
    backwardSequences.push(...residuals);
  }
  const backward = assemble({
    states: carriedStates,
    sequences: backwardSequences,
    outputs,
    sums,
    reverse: !reverse,
    length,
    operation: scanOperation,
  });
  return parameters.map((p, i) => {
    if (!needed[i]) return undefined;
    if (i < states) return backward.states[carried.indexOf(p)];
    if (i < states + sequences) return backward.outputs[slices.indexOf(p)];
    return backward.sums[captures.indexOf(p)];
  });
}
