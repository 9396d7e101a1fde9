import { intOf } from '../../graph/attributes.js';
import { int64Constant } from '../../graph/constants.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Decomposition, DecompositionTable, Layer } from './layer.js';
import { positions } from './scaled-dot-product.js';

/** Rows of the tables are chosen by positions where there are some, else they are given for each sample. */
const rotaryEmbedding: Decomposition = (layer) => rotated(layer, { cosines: 1, sines: 2, positions: 3 });

/** Positions are [batch, length], or one number: where every sample starts. */
const fusedRotaryEmbedding: Decomposition = (layer) => {
  if (intOf(layer.node, 'is_packed_batching', 0) !== 0) return null;
  return rotated(layer, { positions: 1, cosines: 2, sines: 3 });
};

export const rotaryEmbeddingLayers: DecompositionTable = {
  RotaryEmbedding: rotaryEmbedding,
  'com.microsoft.RotaryEmbedding': fusedRotaryEmbedding,
};

/** Which input is what. */
interface Inputs {
  readonly cosines: number;
  readonly sines: number;
  readonly positions: number;
}

/**
 * (x1 cos - x2 sin, x1 sin + x2 cos) for pairs (x1, x2) of the values of a head (Su et al. 2021, arXiv:2104.09864, equation 34):
 * its neighbours, or one from each half. The input is [batch, length, heads * size] or [batch, heads, length, size].
 */
function rotated(layer: Layer, inputs: Inputs): (string | null)[] | null {
  const { node, builder } = layer;
  const [x, rank, width] = [layer.input(0) ?? '', layer.shape(0)?.length, layer.size(0, -1)];
  const half = layer.size(inputs.cosines, -1);
  const length = layer.size(0, -2);
  if (layer.type(0) !== 'float32' || width === null || half === null || length === null) return null;
  if (rank !== 3 && rank !== 4) return null;
  const isFlat = rank === 3;
  const heads = intOf(node, 'num_heads', 0);
  const size = isFlat ? width / (heads === 0 ? width / (2 * half) : heads) : width;
  const split = isFlat ? builder.reshape(x, [0, 0, -1, size]) : x;
  const rest = size - 2 * half;
  const [turned = split, kept] =
    rest === 0 ? [] : builder.nodes('Split', [split, builder.integers([2 * half, rest])], 2, { axis: -1 });
  const isInterleaved = intOf(node, 'interleaved', 0) !== 0;
  // Behind it stand [half, 2] or [2, half], so the pair lies along the last axis or along that before.
  const pair = isInterleaved ? -1 : -2;
  const axes = [isFlat ? -3 : -4, pair];
  const [cosines, sines] = [inputs.cosines, inputs.sines].map((table) =>
    layer.once(`rotation ${layer.input(table)} ${layer.input(inputs.positions)} ${axes.join()} ${length}`, () =>
      builder.node('Unsqueeze', [rowsOf(layer, table, inputs.positions, length), builder.integers(axes)]),
    ),
  );
  const pairs = builder.reshape(turned, [0, 0, 0, ...(isInterleaved ? [-1, 2] : [2, -1])]);
  const turnedPairs = turn(builder, pairs, pair, cosines ?? '', sines ?? '');
  const result = builder.reshape(turnedPairs, [0, 0, 0, 2 * half]);
  const whole = kept === undefined ? result : builder.node('Concat', [result, kept], { axis: -1 });
  return [isFlat ? builder.reshape(whole, [0, 0, width]) : whole];
}

function turn(builder: GraphBuilder, pairs: string, axis: number, cosines: string, sines: string): string {
  const [first = '', second = ''] = builder.nodes('Split', [pairs], 2, { axis, num_outputs: 2 });
  const times = (value: string, factor: string): string => builder.node('Mul', [value, factor]);
  const real = builder.node('Sub', [times(first, cosines), times(second, sines)]);
  const imaginary = builder.node('Add', [times(first, sines), times(second, cosines)]);
  return builder.node('Concat', [real, imaginary], { axis });
}

/** [batch, length, half], or [length, half] where it is the same for every sample. */
function rowsOf(layer: Layer, table: number, chosenBy: number, length: number): string {
  const { builder } = layer;
  const [rows, chosen] = [layer.input(table) ?? '', layer.input(chosenBy)];
  if (chosen === null) return rows;
  if (layer.shape(chosenBy)?.length === 2) return builder.node('Gather', [rows, chosen]);
  const steps = builder.constant(int64Constant([length], positions(length)));
  return builder.node('Gather', [rows, builder.node('Add', [chosen, steps])]);
}
