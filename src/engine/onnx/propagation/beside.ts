import { OWN_DOMAIN, STRAIGHT_THROUGH } from '../own-operators.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/ir.js';
import { readsShape } from '../graph/structure.js';
import { dependentsOf, readsOf } from '../graph/walk.js';
import { prune } from '../passes/prune.js';
import { BASELINES } from './form.js';

/** The nodes by which a value makes the scores, in the order in which they run. */
export function nodesBetween(graph: Graph, from: string, to: string): readonly Node[] {
  const { nodes } = prune(graph, [to]);
  const active = dependentsOf(nodes, [from], (_, node) => !readsShape(node));
  return nodes.filter((node) => !readsShape(node) && readsOf(node).some((name) => active.has(name)));
}

/** Adds a node once more, which reads other values in the place of some, and gives its outputs. */
export function copyOf(builder: GraphBuilder, node: Node, instead: ReadonlyMap<string, string>): string[] {
  const outputs = node.outputs.map((output) => (output === '' ? '' : builder.fresh(node.op)));
  const inputs = node.inputs.map((name) => instead.get(name) ?? name);
  builder.append({ ...node, name: outputs[0] ?? '', inputs, outputs });
  return outputs;
}

/** `value`, with the gradient of `way` in the place of its own. */
export function attached(builder: GraphBuilder, way: string, value: string): string {
  return builder.add(OWN_DOMAIN, STRAIGHT_THROUGH, [way, value], new Map());
}

/** A number of the type of a value. */
export function scalarLike(builder: GraphBuilder, number: number, like: string): string {
  return builder.node('CastLike', [builder.scalar(number), like]);
}

/** A number in the shape and type of a value. */
export function filledLike(builder: GraphBuilder, number: number, like: string): string {
  return builder.node('Expand', [scalarLike(builder, number, like), builder.node('Shape', [like])]);
}

/** max(x, 0) */
export function positivePart(builder: GraphBuilder, value: string): string {
  return builder.node('Relu', [value]);
}

/** min(x, 0) */
export function negativePart(builder: GraphBuilder, value: string): string {
  return builder.node('Sub', [value, positivePart(builder, value)]);
}

/** A graph with another way back: `scores` has the gradient of a linear model of `carrier`. */
export interface Propagated {
  readonly builder: GraphBuilder;
  readonly carrier: string;
  readonly scores: string;
}

/** What stands at `at` for a baseline. */
export function baselineAt(builder: GraphBuilder, graph: Graph, input: string, at: string): string {
  const reference = new Map([[input, BASELINES]]);
  for (const node of prune(graph, [at]).nodes) {
    if (node.inputs.some((name) => reference.has(name))) keep(reference, node, copyOf(builder, node, reference));
  }
  return reference.get(at) ?? at;
}

/** Under the names of what a node gives, the outputs of its copy. */
export function keep(values: Map<string, string>, node: Node, outputs: readonly string[]): void {
  node.outputs.forEach((name, i) => values.set(name, outputs[i] ?? ''));
}
