/** What an ONNX model is made of: nodes of the main graph, and of the bodies of its loops. */
import { fromBinary } from '@bufbuild/protobuf';
import { type GraphProto, ModelProtoSchema, type NodeProto } from 'onnx-buf';

export interface Nodes {
  /** operator types outside every loop, and how many of each */
  readonly outside: Record<string, number>;
  /** one a loop, nested ones included */
  readonly loops: {
    readonly inside: Record<string, number>;
    readonly node: NodeProto;
    readonly body: GraphProto;
  }[];
}

const tally = (nodes: readonly NodeProto[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { opType } of nodes) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
};

export function nodesOf(bytes: Uint8Array): Nodes {
  const { graph } = fromBinary(ModelProtoSchema, bytes);
  const loops: Nodes['loops'] = [];
  const visit = (nodes: readonly NodeProto[]) => {
    for (const node of nodes) {
      for (const { g: body } of node.attribute) {
        if (body === undefined) continue;
        loops.push({ inside: tally(body.node), node, body });
        visit(body.node);
      }
    }
  };
  const main = graph?.node ?? [];
  visit(main);
  return { outside: tally(main), loops };
}

/** Shapes of what a loop carries, and of what it stacks up, a step each. */
export function traffic({ body, node }: Nodes['loops'][number]): { states: string[]; stacked: string[] } {
  const slices = Number(node.attribute.find((a) => a.name === 'num_scan_inputs')?.i);
  const states = body.input.length - slices;
  const shapes = body.output.map((o) => {
    const type = o.type?.value;
    if (type?.case !== 'tensorType') throw new Error('a tensor');
    return (type.value.shape?.dim ?? []).map((d) => String(d.value.value)).join(' ');
  });
  return { states: shapes.slice(0, states), stacked: shapes.slice(states) };
}
