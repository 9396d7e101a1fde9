import { float32Constant, float32Of } from '../../onnx/graph/constants.js';
import type { Graph, Node } from '../../onnx/graph/ir.js';

/** The place of the biases among the inputs of a recurrent operator. */
const BIASES = 3;

/**
 * Brings the two biases of a recurrent operator, of the input and of the state, together as one of the input: training moves
 * both, and Keras has one. The operators add them (ONNX, LSTM, GRU, RNN), except a GRU that resets behind its product, for which
 * Keras has two as well.
 */
export function withOneBias(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const names = new Set(graph.nodes.filter(addsBiases).map(({ inputs }) => inputs[BIASES] ?? ''));
  for (const name of names) {
    const constant = constants.get(name);
    if (constant?.type === 'float32')
      constants.set(name, float32Constant(constant.shape, together(float32Of(constant))));
  }
  return { ...graph, constants };
}

function addsBiases({ op, domain, attributes }: Node): boolean {
  const resets = attributes.get('linear_before_reset');
  const isApart = op === 'GRU' && resets?.kind === 'int' && resets.value !== 0;
  return domain === '' && ['LSTM', 'GRU', 'RNN'].includes(op) && !isApart;
}

/** [1, 2 width] of one direction: the sums, then zeros. */
function together(biases: Float32Array): Float32Array {
  const width = biases.length / 2;
  return biases.map((value, i) => (i < width ? value + (biases[i + width] ?? 0) : 0));
}
