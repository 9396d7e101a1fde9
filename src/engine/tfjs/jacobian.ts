import { rowRange, sizeOf, type Tensor } from '#base/tensor';
import type { EngineJacobian } from '../contract.js';

/**
 * Rows of the Jacobian one after the other: TensorFlow.js forgets a forward pass with its first way back.
 *
 * @param place shape of one sample where gradients are taken
 * @param gradientOf the score of each sample with the given index
 */
export function jacobianByRows(
  samples: number,
  indices: Float64Array,
  width: number,
  place: readonly number[],
  gradientOf: (labels: Float64Array) => { readonly scores: Tensor; readonly gradient: Tensor },
): EngineJacobian {
  const count = samples === 0 ? 0 : indices.length / samples;
  const size = sizeOf(place);
  const rows: Tensor = { shape: [samples, count, ...place], data: new Float32Array(samples * count * size) };
  let scores: Tensor = { shape: [samples, width], data: new Float32Array(samples * width) };
  for (let row = 0; row < count; row++) {
    const found = gradientOf(Float64Array.from({ length: samples }, (_, i) => indices[i * count + row] ?? NaN));
    scores = found.scores;
    for (let i = 0; i < samples; i++) {
      rows.data.set(rowRange(found.gradient, i, i + 1).data, (i * count + row) * size);
    }
  }
  return { scores, rows };
}
