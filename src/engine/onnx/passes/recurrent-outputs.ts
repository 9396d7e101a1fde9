import type { Graph, Node } from '../graph/ir.js';

const LAYERS: ReadonlySet<string> = new Set(['GRU', 'LSTM', 'RNN']);

/** Every recurrent layer gives the hidden states of all its steps, which its gradient needs, even if nothing reads them. */
export function recurrentOutputs(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => (leavesOutStates(node) ? withStates(node) : node)) };
}

function leavesOutStates({ op, domain, outputs }: Node): boolean {
  return domain === '' && LAYERS.has(op) && outputs[0] === '';
}

function withStates(node: Node): Node {
  const [, ...last] = node.outputs;
  const named = last.find((output) => output !== '') ?? node.name;
  return { ...node, outputs: [`${named}/states`, ...last] };
}
