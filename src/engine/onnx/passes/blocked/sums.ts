import type { Graph, Node } from '../../graph/ir.js';
import { Uses } from '../uses.js';
import { BLOCKED } from './domain.js';

/**
 * A sum behind a blocked convolution that nothing else reads is computed by the convolution, as its fourth input. That is how
 * gradients meet that come along two ways, as behind every residual block; each one saved is a pass over memory.
 *
 * The convolution takes the place of the sum, so that its other part is there already.
 */
export function fuseSums(graph: Graph): Graph {
  const uses = new Uses(graph);
  const replaced = new Map<Node, Node | null>();
  for (const sum of graph.nodes) {
    if (sum.op !== 'Add' || sum.domain !== '' || sum.inputs[0] === sum.inputs[1]) continue;
    for (const position of [1, 0]) {
      const conv = uses.producer(sum.inputs[position] ?? '');
      if (conv === undefined || replaced.has(conv) || !takesSum(conv)) continue;
      if (!uses.areOnlyFor(new Set([conv, sum]), sum.outputs[0] ?? '')) continue;
      // Whatever is added to a blocked tensor has its shape: others are turned back first.
      const other = sum.inputs[1 - position] ?? '';
      const [source = '', weights = '', bias = ''] = conv.inputs;
      replaced.set(conv, null);
      replaced.set(sum, { ...conv, inputs: [source, weights, bias, other], outputs: sum.outputs });
      break;
    }
  }
  const nodes = graph.nodes.flatMap((node) => {
    const now = replaced.get(node);
    return now === undefined ? [node] : now === null ? [] : [now];
  });
  return { ...graph, nodes };
}

function takesSum(node: Node): boolean {
  const hasRoom = (node.inputs[3] ?? '') === '' && !node.attributes.has('activation');
  return node.domain === BLOCKED && node.op === 'Conv' && hasRoom;
}
