import { OWN_DOMAIN, STRAIGHT_THROUGH } from '../own-operators.js';
import { prune } from '../passes/prune.js';
import { GraphBuilder } from './builder.js';
import type { Graph, Node } from './ir.js';

/** Puts a mark behind a value: whoever reads the value, subgraphs included, reads what comes out behind it. */
export function markPreprocessor(graph: Graph, input: string, value: string): Graph {
  const computed = new GraphBuilder(graph).fresh('preprocessed');
  const mark: Node = {
    op: STRAIGHT_THROUGH,
    domain: OWN_DOMAIN,
    name: `${computed}/straight_through`,
    inputs: [input, computed],
    outputs: [value],
    attributes: new Map(),
  };
  const nodes = graph.nodes.flatMap((node) =>
    node.outputs.includes(value)
      ? [{ ...node, outputs: node.outputs.map((name) => (name === value ? computed : name)) }, mark]
      : [node],
  );
  return { ...graph, nodes };
}

/** The graph as a runtime executes it: behind a mark stands what is in front of it. */
export function withoutMarks(graph: Graph): Graph {
  if (!graph.nodes.some(isMark)) return graph;
  const nodes = graph.nodes.map((node): Node =>
    isMark(node) ? { ...node, domain: '', op: 'Identity', inputs: node.inputs.slice(1) } : node,
  );
  return { ...graph, nodes };
}

/** The nodes on the ways back from `outputs`: from a mark they go to the input alone. */
export function withoutPreprocessor(graph: Graph, outputs: readonly string[]): readonly Node[] {
  if (!graph.nodes.some(isMark)) return graph.nodes;
  const nodes = graph.nodes.map((node) => (isMark(node) ? { ...node, inputs: node.inputs.slice(0, 1) } : node));
  return prune({ ...graph, nodes }, outputs).nodes;
}

function isMark({ domain, op }: Node): boolean {
  return domain === OWN_DOMAIN && op === STRAIGHT_THROUGH;
}
