import { GraphBuilder } from './graph/builder.js';
import type { Graph, Node } from './graph/ir.js';
import {
  BLOCKED_WEIGHTS,
  CHANNEL_STATISTICS,
  COLUMNS_APART,
  COLUMNS_TOGETHER,
  DECONVOLUTION_RELU,
  GUIDED_RELU,
  OWN_DOMAIN,
} from './own-operators.js';
import { lowerColumnsApart, lowerColumnsTogether } from './passes/blocked/columns.js';
import { lowerFedWeights } from './passes/blocked/fed-weights.js';
import { lowerStatistics } from './training/channel-statistics.js';

const LOWERINGS: Readonly<Record<string, (builder: GraphBuilder, node: Node, samples: number | null) => void>> = {
  [BLOCKED_WEIGHTS]: lowerFedWeights,
  [CHANNEL_STATISTICS]: lowerStatistics,
  [COLUMNS_APART]: lowerColumnsApart,
  [COLUMNS_TOGETHER]: lowerColumnsTogether,
  [DECONVOLUTION_RELU]: lowerRelu,
  [GUIDED_RELU]: lowerRelu,
};

/**
 * Puts the runtime's operators in the place of Assay's own.
 *
 * @param samples in each execution; null where it has to run with any number, as for a trace
 */
export function lowered(graph: Graph, samples: number | null): Graph {
  if (!graph.nodes.some(({ domain }) => domain === OWN_DOMAIN)) return graph;
  const builder = new GraphBuilder(graph, []);
  for (const node of graph.nodes) {
    const lower = node.domain === OWN_DOMAIN ? LOWERINGS[node.op] : undefined;
    if (lower === undefined) builder.append(node);
    else lower(builder, node, samples);
  }
  return builder.build(graph.outputs);
}

function lowerRelu(builder: GraphBuilder, node: Node): void {
  builder.append({ ...node, domain: '', op: 'Relu' });
}
