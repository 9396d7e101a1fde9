import type { Graph } from './ir.js';
import { RANDOM } from './structure.js';

/** Any number: what matters is that two graphs share it. */
const SEED = 1;

/** The graph with its draws fixed: the first execution of two such graphs draws the same numbers. */
export function withSeeds(graph: Graph): Graph {
  const nodes = graph.nodes.map((node) => {
    if (node.domain !== '' || !RANDOM.has(node.op)) return node;
    return { ...node, attributes: new Map([...node.attributes, ['seed', { kind: 'float', value: SEED } as const]]) };
  });
  return { ...graph, nodes };
}
