import { DECONVOLUTION_RELU, GUIDED_RELU, OWN_DOMAIN } from '../own-operators.js';
import type { Graph } from '../graph/ir.js';

const RELUS = { 'guided-backpropagation': GUIDED_RELU, deconvolution: DECONVOLUTION_RELU } as const;

/** Every ReLU as one with another way back. Other activations keep their derivative, as in the papers and in captum. */
export function withOtherRelus(graph: Graph, kind: keyof typeof RELUS): Graph {
  const nodes = graph.nodes.map((node) =>
    node.domain === '' && node.op === 'Relu' ? { ...node, domain: OWN_DOMAIN, op: RELUS[kind] } : node,
  );
  return { ...graph, nodes };
}
