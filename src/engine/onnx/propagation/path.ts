import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/ir.js';
import { readsOf } from '../graph/walk.js';
import { prune } from '../passes/prune.js';
import { baselineAt, copyOf, filledLike, keep, type Propagated } from './beside.js';
import { SHARES, type PropagationPlace } from './form.js';

/**
 * The model at baseline + share (sample - baseline), whose gradient by the carrier is that by this point times the difference: what
 * integrated gradients add up along the way (Sundararajan et al. 2017, arXiv:1703.01365, equation 1).
 */
export function pathGraph(graph: Graph, { input, at, scores }: PropagationPlace): Propagated {
  const builder = new GraphBuilder(graph);
  const start = baselineAt(builder, graph, input, at);
  const difference = builder.node('Sub', [at, start]);
  const carrier = filledLike(builder, 0, at);
  const gone = builder.node('Add', [start, timesEachSample(builder, difference, SHARES)]);
  const point = builder.node('Add', [gone, builder.node('Mul', [carrier, difference])]);
  const values = new Map([[at, point]]);
  // What reads no more than shapes is copied too: else it would have the model run at the sample besides.
  for (const node of prune(graph, [scores]).nodes) {
    if (readsOf(node).some((name) => values.has(name))) keep(values, node, copyOf(builder, node, values));
  }
  return { builder, carrier, scores: values.get(scores) ?? scores };
}

/** [n, ...] times [n]: with its axes in reverse order, whatever their number, samples are the last, and numbers of samples fit. */
function timesEachSample(builder: GraphBuilder, value: string, factors: string): string {
  const own = builder.node('CastLike', [factors, value]);
  return builder.node('Transpose', [builder.node('Mul', [builder.node('Transpose', [value]), own])]);
}
