import type { Attribute, Graph, Node } from '../graph/ir.js';
import { sameShape } from '../graph/shape.js';
import type { Trace } from '../graph/trace.js';

/** They give their first input back wherever they change neither its type nor its shape. */
const COPIES: ReadonlySet<string> = new Set('Cast Expand Flatten Identity Reshape Squeeze'.split(' '));

export interface Shortened {
  readonly graph: Graph;
  /** The name under which a value of the graph before is now found. */
  readonly nameOf: (value: string) => string;
}

/**
 * Leaves out nodes that give their input back unchanged: casts of float32 to float32, reshapes to the same shape. The runtime
 * would copy each, and so would their gradients. Whoever reads the result reads the input.
 *
 * @param trace of this graph
 */
export function withoutNoOperations(graph: Graph, trace: Trace): Shortened {
  const sources = new Map<string, string>();
  const nameOf = (value: string): string => sources.get(value) ?? value;
  const nodes = graph.nodes.flatMap((node) => {
    const [source = ''] = node.inputs;
    if (isCopy(node, trace)) {
      sources.set(node.outputs[0] ?? '', nameOf(source));
      return [];
    }
    return [node.inputs.some((input) => sources.has(input)) ? { ...node, inputs: node.inputs.map(nameOf) } : node];
  });
  const outputs = graph.outputs.map((output) => ({ ...output, name: nameOf(output.name) }));
  const captured = nodes.flatMap((node) => [...node.attributes.values()]).some(readsAny(sources));
  return captured ? { graph, nameOf: (value) => value } : { graph: { ...graph, nodes, outputs }, nameOf };
}

/** Subgraphs are kept as bytes, in which nothing can be renamed. */
function readsAny(sources: ReadonlyMap<string, string>) {
  return (attribute: Attribute): boolean =>
    attribute.kind === 'opaque' && attribute.captures.some((name) => sources.has(name));
}

function isCopy(node: Node, trace: Trace): boolean {
  if (node.domain !== '' || !COPIES.has(node.op)) return false;
  const [input, output] = [trace.get(node.inputs[0] ?? ''), trace.get(node.outputs[0] ?? '')];
  return input !== undefined && output?.type === input.type && sameShape(input.shape, output.shape);
}
