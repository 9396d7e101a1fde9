import { floatOf } from '../../graph/attributes.js';
import { float } from '../../graph/builder.js';
import { int64Constant } from '../../graph/constants.js';
import type { Decomposition, DecompositionTable, Layer } from './layer.js';
import { positions } from './scaled-dot-product.js';

const MASK = 7;
const POSITIONS = 8;

/**
 * The normalized sum of the embeddings of words, of their positions and of the segments that they belong to (Devlin et al.
 * 2018, arXiv:1810.04805, figure 2). Gives the number of words that the mask has, and the sum, too.
 */
const embedLayerNormalization: Decomposition = (layer) => {
  const { node, builder } = layer;
  const [words = '', segments = '', wordTable = '', positionTable = '', segmentTable = '', scale = '', bias = ''] =
    node.inputs;
  const length = layer.size(0, 1);
  if (length === null || layer.type(2) !== 'float32') return null;
  const chosen = layer.input(POSITIONS) ?? builder.constant(int64Constant([length], positions(length)));
  const word = builder.node('Gather', [wordTable, words]);
  const placed = builder.node('Add', [word, builder.node('Gather', [positionTable, chosen])]);
  const isSegmented = segments !== '' && segmentTable !== '';
  const sum = isSegmented ? builder.node('Add', [placed, builder.node('Gather', [segmentTable, segments])]) : placed;
  const attributes = { axis: -1, epsilon: float(floatOf(node, 'epsilon', 1e-12)) };
  return [builder.node('LayerNormalization', [sum, scale, bias], attributes), wordsIn(layer), sum];
};

export const embeddingLayers: DecompositionTable = {
  'com.microsoft.EmbedLayerNormalization': embedLayerNormalization,
};

/** How many ones the mask of each sample has. */
function wordsIn(layer: Layer): string | null {
  const { builder } = layer;
  const mask = layer.input(MASK);
  if (mask === null) return null;
  const ones = builder.node('Equal', [builder.cast(mask, 'int64'), builder.constant(int64Constant([], [1]))]);
  return builder.reduceSum(builder.cast(ones, 'int32'), [1], false);
}
