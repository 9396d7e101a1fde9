import { row, rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { LayerModel } from './class-activation.js';
import { baselineAt, between, residualsOf, type PathAttributions } from './integrated-gradients.js';
import { visitPoints } from './score-model.js';

/**
 * The conductance of a layer (Dhamdhere, Sundararajan & Yan 2018, arXiv:1805.12233, equation 2): what flows through each of its values
 * y on the straight way from a baseline to the input, the sum over the way of dF/dy dy. Where everything that the input does to the
 * score goes through the layer, its values add up to F(x) - F(x').
 *
 * The way is cut into equal steps; each takes the gradient in its middle times what y changes by from end to end. So neither end is asked
 * for its gradient, and it is exact where that is constant within each step.
 *
 * @param inputs [n, ...shape]
 * @param baselines one for all, [1, ...shape], or one a sample
 * @param scores the index of the score that is explained, one a sample
 * @returns values in the shape of the layer, [n, ...layer]
 */
export async function layerConductance(
  model: LayerModel,
  inputs: Tensor,
  baselines: Tensor,
  scores: ArrayLike<number>,
  layer: string,
  steps: number,
): Promise<PathAttributions> {
  // Ends of steps at even points, their middles at odd ones.
  const stride = 2 * steps + 1;
  const n = rowsOf(inputs);
  const points = {
    shape: inputs.shape.slice(1),
    count: n * stride,
    write: (index: number, into: Float32Array) => {
      const i = Math.floor(index / stride);
      between(into, baselineAt(baselines, i), row(inputs, i), (index % stride) / (2 * steps));
    },
    scoreAt: (index: number) => scores[Math.floor(index / stride)] ?? NaN,
  };
  const differences = new Float64Array(n);
  let shape: readonly number[] = [];
  let values = new Float64Array();
  let before = new Float32Array();
  let middle = new Float32Array();
  await visitPoints(
    points,
    (batch, loss) => model.atLayer(batch, loss, layer),
    (index, { activation, gradient, loss }, at) => {
      const [i, place] = [Math.floor(index / stride), index % stride];
      if (index === 0) {
        shape = activation.shape.slice(1);
        values = new Float64Array(n * rowSize(activation));
      }
      if (place === 0 || place === stride - 1) differences[i] = (loss[at] ?? NaN) - (differences[i] ?? NaN);
      if (place % 2 === 1) {
        middle = row(gradient, at).slice();
        return;
      }
      const now = row(activation, at).slice();
      if (place > 0) addProducts(values, i * now.length, middle, now, before);
      before = now;
    },
  );
  return { shape: [n, ...shape], values, differences, residuals: residualsOf(values, differences) };
}

/** gradient (to - from) */
function addProducts(
  sums: Float64Array,
  offset: number,
  gradient: Float32Array,
  to: Float32Array,
  from: Float32Array,
): void {
  for (let j = 0; j < to.length; j++) {
    sums[offset + j] = (sums[offset + j] ?? NaN) + (gradient[j] ?? NaN) * ((to[j] ?? NaN) - (from[j] ?? NaN));
  }
}
