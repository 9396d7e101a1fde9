import { rowSize, rowsOf, type Tensor } from '#base/tensor';
import { quantities, type Answers, type Quantity } from './quantity.js';

/** What a column is set to: one value for each of its positions. */
export type Setting = readonly number[];

/**
 * Individual conditional expectations (Goldstein et al. 2015, Peeking Inside the Black Box): what the model says of each row
 * when a column is set to one value after another and everything else stays.
 *
 * @param positions of the column within a sample; of a one-hot column several
 * @returns [rows, settings]
 */
export async function individualExpectations(
  model: Answers,
  inputs: Tensor,
  positions: readonly number[],
  settings: readonly Setting[],
  quantity: Quantity,
): Promise<Float64Array> {
  const n = rowsOf(inputs);
  const lines = new Float64Array(n * settings.length);
  for (const [k, setting] of settings.entries()) {
    const values = await quantities(model, withSetting(inputs, positions, setting), quantity);
    for (let i = 0; i < n; i++) lines[i * settings.length + k] = values[i] ?? NaN;
  }
  return lines;
}

/** Partial dependence (Friedman 2001, Greedy Function Approximation, section 8.2): the mean of the lines at each setting. */
export function partialDependence(lines: Float64Array, settings: number): Float64Array {
  const mean = new Float64Array(settings);
  const n = lines.length / settings;
  for (let i = 0; i < lines.length; i++) mean[i % settings] = (mean[i % settings] ?? NaN) + (lines[i] ?? NaN) / n;
  return mean;
}

/** Each line less its value at one setting, so that lines of the same shape lie on each other (Goldstein et al., section 3.2). */
export function centred(lines: Float64Array, settings: number, at = 0): Float64Array {
  return lines.map((value, i) => value - (lines[i - (i % settings) + at] ?? NaN));
}

function withSetting(inputs: Tensor, positions: readonly number[], setting: Setting): Tensor {
  const data = inputs.data.slice();
  const size = rowSize(inputs);
  for (let i = 0; i < data.length; i += size) {
    for (let k = 0; k < positions.length; k++) data[i + (positions[k] ?? -1)] = setting[k] ?? NaN;
  }
  return { shape: inputs.shape, data };
}
