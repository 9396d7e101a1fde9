import { GraphBuilder } from '../../graph/builder.js';
import type { Graph, Node } from '../../graph/ir.js';
import type { Trace } from '../../graph/trace.js';
import { prune } from '../prune.js';
import { attentionLayers } from './attention.js';
import { embeddingLayers } from './embedding.js';
import { featureLayers } from './features.js';
import { fusedAttentionLayers } from './fused-attention.js';
import { Layer, type Decomposition } from './layer.js';
import { linearLayers } from './linear.js';
import { rotaryEmbeddingLayers } from './rotary-embedding.js';

const DECOMPOSITIONS: ReadonlyMap<string, Decomposition> = new Map(
  Object.entries({
    ...attentionLayers,
    ...embeddingLayers,
    ...featureLayers,
    ...fusedAttentionLayers,
    ...linearLayers,
    ...rotaryEmbeddingLayers,
  }),
);

/**
 * Operators that are whole layers become operators that have gradients. A layer in a form that is not covered stays as it is,
 * and one that has outputs besides those of its parts stays for them. Takes a graph of opset 20 or later.
 */
export function decompose(graph: Graph, trace: Trace): Graph {
  const opsets = new Map([['com.microsoft', 1], ...graph.opsets]);
  const builder = new GraphBuilder({ ...graph, opsets }, []);
  const shared = new Map<string, string>();
  const names = new Map<string, string>();
  for (const node of graph.nodes) {
    const decomposition = DECOMPOSITIONS.get(node.domain === '' ? node.op : `${node.domain}.${node.op}`);
    const results = decomposition?.(new Layer(node, builder, trace, shared)) ?? [];
    const outputs = node.outputs.map((output, i) => {
      const result = results[i] ?? null;
      if (result === null || output === '') return output;
      names.set(result, output);
      return builder.fresh(node.op);
    });
    if (node.outputs.some((output, i) => output !== '' && output === outputs[i])) builder.append({ ...node, outputs });
  }
  if (names.size === 0) return graph;
  const decomposed = builder.build(graph.outputs);
  return prune(
    { ...decomposed, nodes: decomposed.nodes.map((node) => renamed(node, names)) },
    graph.outputs.map(({ name }) => name),
  );
}

function renamed(node: Node, names: ReadonlyMap<string, string>): Node {
  const rename = (name: string): string => names.get(name) ?? name;
  return { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) };
}
