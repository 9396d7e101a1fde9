import type { Graph, Node } from '../graph/ir.js';
import { dynamicOperators } from './dequantization/dynamic-operators.js';
import { packedWeights } from './dequantization/packed-weights.js';
import { RealForm, type Rewriter } from './dequantization/real-form.js';
import { staticOperators } from './dequantization/static-operators.js';
import { prune } from './prune.js';

const REWRITERS: ReadonlyMap<string, Rewriter> = new Map(
  Object.entries({ ...staticOperators, ...dynamicOperators, ...packedWeights }),
);

/**
 * Operators that compute on integers become the real operators that they stand for, between quantizers and dequantizers,
 * which is the form in which a quantized graph has gradients. Sums of products of integers are exact in both; what is
 * rounded to integers again may come out as the neighbouring one where a real sum falls on the other side of a half.
 */
export function dequantizedOperators(graph: Graph): Graph {
  const form = new RealForm(graph);
  for (const node of graph.nodes) {
    const rewrite = REWRITERS.get(keyOf(node));
    if (rewrite?.(node, form) !== true) form.builder.append(node);
  }
  const rewritten = form.builder.build(graph.outputs);
  return prune(
    rewritten,
    graph.outputs.map(({ name }) => name),
  );
}

function keyOf({ domain, op }: Node): string {
  return domain === '' ? op : `${domain}.${op}`;
}
