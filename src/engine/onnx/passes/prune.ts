import type { Graph, Node } from '../graph/ir.js';
import { readsOf } from '../graph/walk.js';

/** Only the nodes and constants that the given values depend on. */
export function prune(graph: Graph, outputs: readonly string[]): Graph {
  const needed = new Set(outputs);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const name of readsOf(node)) needed.add(name);
  }
  return {
    ...graph,
    nodes: nodes.reverse(),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
  };
}
