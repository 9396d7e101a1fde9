import type { Graph, Node } from '../graph/ir.js';

/** Only the nodes and constants that the given values depend on. */
export function prune(graph: Graph, outputs: readonly string[]): Graph {
  const needed = new Set(outputs);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) needed.add(input);
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'opaque') attribute.captures.forEach((name) => needed.add(name));
    }
  }
  return {
    ...graph,
    nodes: nodes.reverse(),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
  };
}
