import { float32Constant, float32Of } from '../../graph/constants.js';
import type { Constant } from '../../graph/ir.js';

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
  inBlocks(filled, inputs, height * width, block, (plain, blocked) => {
    // Beyond the last output there is nothing to read.
    values[blocked] = source[plain] ?? 0;
  });
  return float32Constant([filled, inputs, height, width], values);
}

/** The inverse, for weights whose outputs fill their blocks. */
export function unblockedWeights(weight: Constant, block: number): Constant {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = weight.shape;
  const source = float32Of(weight);
  const values = new Float32Array(source.length);
  inBlocks(outputs, inputs, height * width, block, (plain, blocked) => {
    values[plain] = source[blocked] ?? 0;
  });
  return float32Constant(weight.shape, values);
}

/** Visits the positions of each weight in the plain and in the blocked order, the latter ascending. */
function inBlocks(
  outputs: number,
  inputs: number,
  area: number,
  block: number,
  visit: (plain: number, blocked: number) => void,
): void {
  const lanes = inputs < block ? 1 : block;
  let blocked = 0;
  for (let o = 0; o < outputs; o += block) {
    for (let i = 0; i < inputs; i += lanes) {
      for (let k = 0; k < area; k++) {
        for (let lane = i; lane < i + lanes; lane++) {
          for (let output = o; output < o + block; output++) visit((output * inputs + lane) * area + k, blocked++);
        }
      }
    }
  }
}
