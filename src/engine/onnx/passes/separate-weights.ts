import { GraphBuilder } from '../graph/builder.js';
import { isUniform } from '../graph/constants.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
import { WEIGHT_INPUTS } from '../training/parameters.js';

/**
 * Gives each layer weights of its own where an exporter has merged equal ones: before a model is trained, scales are ones,
 * biases zeros and running variances ones, and PyTorch's exporters write each such tensor once, read by all layers or by way
 * of an Identity. Trained as they stand, the layers would be tied. A weight whose elements differ and that is read twice is
 * meant to be tied and stays so.
 */
export function separateWeights(graph: Graph): Graph {
  const isShared = remembered(isUniformWeight);
  const builder = new GraphBuilder(graph, []);
  const constants = new Map(graph.constants);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const taken = new Set<string>();
  const own = (name: string): string => {
    const constant = constants.get(name);
    if (constant === undefined || !isShared(constant)) return name;
    const found = taken.has(name) ? builder.fresh(name.split('.').at(-1) ?? name) : name;
    taken.add(found);
    constants.set(found, constant);
    return found;
  };
  for (const node of graph.nodes) {
    const [source = ''] = node.inputs;
    const [output = ''] = node.outputs;
    const constant = node.op === 'Identity' && node.domain === '' ? constants.get(source) : undefined;
    if (constant !== undefined && isShared(constant) && !outputs.has(output)) constants.set(output, constant);
    else builder.append(withOwn(node, own));
  }
  return { ...builder.build(graph.outputs), constants };
}

function withOwn(node: Node, own: (name: string) => string): Node {
  const positions = node.domain === '' ? [...(WEIGHT_INPUTS[node.op] ?? []), ...(STATISTICS[node.op] ?? [])] : [];
  if (positions.length === 0) return node;
  return { ...node, inputs: node.inputs.map((name, i) => (positions.includes(i) ? own(name) : name)) };
}

const STATISTICS: Readonly<Record<string, readonly number[]>> = { BatchNormalization: [3, 4] };

/** Each constant is looked at once. */
function remembered(test: (constant: Constant) => boolean): (constant: Constant) => boolean {
  const known = new Map<Constant, boolean>();
  return (constant) => {
    const found = known.get(constant) ?? test(constant);
    known.set(constant, found);
    return found;
  };
}

function isUniformWeight(constant: Constant): boolean {
  return constant.type === 'float32' && constant.shape.length > 0 && isUniform(constant);
}
