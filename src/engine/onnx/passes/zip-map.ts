import type { Attribute, Graph, Node, ValueInfo } from '../graph/ir.js';

/**
 * Replaces `ZipMap` (ai.onnx.ml), which makes a list of maps from labels to probabilities out of a tensor of
 * probabilities, by the tensor itself: [n, labels] in the order of the labels. Converters of scikit-learn and of boosted
 * trees put one at the end of a classifier, and neither Assay nor the runtime's interface for Node reads maps.
 */
export function withoutZipMaps(graph: Graph): Graph {
  const labels = new Map(graph.nodes.filter(isZipMap).map((node) => [node.outputs[0] ?? '', labelCount(node)]));
  if (labels.size === 0) return graph;
  const plain = (output: ValueInfo): ValueInfo => {
    const count = labels.get(output.name);
    return count === undefined ? output : { name: output.name, type: 'float32', shape: [null, count] };
  };
  return {
    ...graph,
    outputs: graph.outputs.map(plain),
    nodes: graph.nodes.map((node) =>
      isZipMap(node) ? { ...node, op: 'Identity', domain: '', attributes: new Map<string, Attribute>() } : node,
    ),
  };
}

function isZipMap({ op, domain }: Node): boolean {
  return op === 'ZipMap' && domain === 'ai.onnx.ml';
}

/** Null where the node does not list its labels. */
function labelCount({ attributes }: Node): number | null {
  const list = attributes.get('classlabels_int64s') ?? attributes.get('classlabels_strings');
  return list?.kind === 'ints' || list?.kind === 'strings' ? list.value.length : null;
}
