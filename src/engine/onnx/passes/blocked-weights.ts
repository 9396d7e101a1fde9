import { float32Constant, float32Of } from '../graph/constants.js';
import type { Constant } from '../graph/ir.js';

/**
 * Weights of a convolution, [outputs, inputs, height, width], in the order in which ONNX Runtime's blocked kernels read
 * them: `OIHWBiBo`, or `OIHWBo` where there are fewer inputs than a block has lanes. The declared shape stays; outputs
 * are filled up with zeros to a whole number of blocks.
 */
export function blockedWeights(weight: Constant, block: number): Constant {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const filled = Math.ceil(outputs / block) * block;
  const source = float32Of(weight);
  const values = new Float32Array(filled * inputs * height * width);
  let to = 0;
  for (const { output, input, y, x } of positions(filled, inputs, height, width, block)) {
    values[to++] = output < outputs ? (source[((output * inputs + input) * height + y) * width + x] ?? 0) : 0;
  }
  return float32Constant([filled, inputs, height, width], values);
}

/** The inverse, for weights whose outputs fill their blocks. */
export function unblockedWeights(weight: Constant, block: number): Constant {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const source = float32Of(weight);
  const values = new Float32Array(source.length);
  let from = 0;
  for (const { output, input, y, x } of positions(outputs, inputs, height, width, block)) {
    values[((output * inputs + input) * height + y) * width + x] = source[from++] ?? 0;
  }
  return float32Constant(weight.shape, values);
}

interface Position {
  readonly output: number;
  readonly input: number;
  readonly y: number;
  readonly x: number;
}

/** Every weight in blocked order. */
function* positions(
  outputs: number,
  inputs: number,
  height: number,
  width: number,
  block: number,
): Generator<Position> {
  const inner = inputs < block ? 1 : block;
  for (let o = 0; o < outputs; o += block) {
    for (let i = 0; i < inputs; i += inner) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          for (let bi = 0; bi < inner; bi++) {
            for (let bo = 0; bo < block; bo++) yield { output: o + bo, input: i + bi, y, x };
          }
        }
      }
    }
  }
}
