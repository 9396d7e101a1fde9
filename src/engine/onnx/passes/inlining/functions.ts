import { AssayError } from '#base/errors';
import { describeNode } from '../../graph/describe.js';
import { opsetOf, type Graph, type Node } from '../../graph/ir.js';
import { readFunction, type LocalFunction } from '../../proto/body.js';
import { Inliner } from './inline.js';

/** How deep functions may call each other; the format forbids that they call themselves. */
const MAX_DEPTH = 32;

/**
 * Puts the body of each function that a model defines for itself in the place of its calls: PyTorch's newer exporter writes
 * whole modules that way.
 *
 * @throws AssayError `operator` where a function is written in another opset than the model, or calls itself.
 */
export function inlineFunctions(graph: Graph): Graph {
  if (graph.functions.length === 0) return graph;
  const model = { main: graph.name, files: new Map<string, Uint8Array>() };
  const functions = new Map(
    graph.functions.map((bytes) => {
      const local = readFunction(model, bytes);
      return [`${local.domain}/${local.name}`, local] as const;
    }),
  );
  const inliner = new Inliner(graph);
  const place = (node: Node, depth: number): void => {
    const local = functions.get(`${node.domain}/${node.op}`);
    if (local === undefined) return inliner.keep(node);
    requireSound(graph, node, local, depth);
    for (const inner of inliner.inline(node, local.body(node.attributes), node.inputs)) place(inner, depth + 1);
  };
  for (const node of graph.nodes) place(node, 0);
  return { ...inliner.build(), functions: [] };
}

function requireSound(graph: Graph, node: Node, local: LocalFunction, depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new AssayError('operator', { what: `${describeNode(node)} calls functions more than ${MAX_DEPTH} deep` });
  }
  if (local.opset !== undefined && local.opset !== opsetOf(graph)) {
    throw new AssayError('operator', {
      what: `${describeNode(node)} is a function in opset ${local.opset}, and the model is in opset ${opsetOf(graph)}`,
    });
  }
}
