import { intOf } from '../../graph/attributes.js';
import { float32Constant, float32Of, integersOf } from '../../graph/constants.js';
import type { Constant, Node } from '../../graph/ir.js';
import type { RealForm, Rewriter } from './real-form.js';

/**
 * x W', where rows of W are cut into blocks that have a scale and a zero point each, and where several numbers of a few
 * bits share a byte, the first in its lowest bits. The weights become real.
 */
const matMulNBits: Rewriter = (node, form) => {
  const [x = '', , , , order = '', bias = ''] = node.inputs;
  const weights = order === '' ? unpacked(node, form) : null;
  if (weights === null) return false;
  const inputs = [x, form.builder.constant(weights, 'unpacked')];
  if (bias === '') return form.replace(node, 'MatMul', inputs);
  return form.replace(node, 'Add', [form.builder.node('MatMul', inputs), bias]);
};

export const packedWeights: Readonly<Record<string, Rewriter>> = { 'com.microsoft.MatMulNBits': matMulNBits };

/** [K, N]; null where something is computed or of another type. */
function unpacked(node: Node, form: RealForm): Constant | null {
  const [packed, scales, zeros] = node.inputs.slice(1, 4).map((name) => form.builder.constantOf(name));
  const isComputed = zeros === undefined && (node.inputs[3] ?? '') !== '';
  if (packed?.type !== 'uint8' || scales?.type !== 'float32' || isComputed) return null;
  const [inner, columns] = [intOf(node, 'K', 0), intOf(node, 'N', 0)];
  const bits = intOf(node, 'bits', 4);
  const size = intOf(node, 'block_size', 0);
  const blocks = Math.ceil(inner / size);
  const [values, scale] = [integersOf(packed), float32Of(scales)];
  const zero = zeroPoints(zeros, bits, blocks);
  const weights = new Float32Array(inner * columns);
  for (let n = 0; n < columns; n++) {
    for (let k = 0; k < inner; k++) {
      const block = Math.floor(k / size);
      const value = fieldAt(values, n * blocks * size + k, bits);
      weights[k * columns + n] = (value - zero(n, block)) * (scale[n * blocks + block] ?? NaN);
    }
  }
  return float32Constant([inner, columns], weights);
}

/** Packed like the weights, each row padded to a byte, or real; the middle of the range where there are none. */
function zeroPoints(zeros: Constant | undefined, bits: number, blocks: number): (row: number, block: number) => number {
  if (zeros === undefined) return () => 2 ** (bits - 1);
  if (zeros.type !== 'uint8') {
    const real = float32Of(zeros);
    return (row, block) => real[row * blocks + block] ?? NaN;
  }
  const values = integersOf(zeros);
  const perRow = Math.ceil((blocks * bits) / 8) * (8 / bits);
  return (row, block) => fieldAt(values, row * perRow + block, bits);
}

/** The number at a position of a sequence of numbers of `bits` bits. */
function fieldAt(bytes: readonly number[], position: number, bits: number): number {
  const start = position * bits;
  const byte = bytes[Math.floor(start / 8)] ?? NaN;
  return (byte >> (start % 8)) & (2 ** bits - 1);
}
