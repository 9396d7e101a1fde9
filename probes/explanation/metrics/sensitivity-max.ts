import { row, rowsOf, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';

export interface SensitivityMax {
  /** The largest |phi(x') - phi(x)| / |phi(x)| of the inputs x' that count, in the Frobenius norm; NaN where none does. */
  readonly value: number;
  /** Neighbours that count: those with the decision of the sample. */
  readonly kept: number;
  readonly drawn: number;
}

export interface Neighbours {
  /** The largest distance of a value from its own, in the units of the data. Captum has 0.02, Quantus 0.2. */
  readonly radius: number;
  /** Captum draws 10, Quantus 200. */
  readonly draws: number;
  /** Which of some inputs have the decision of the sample: an explanation may change where that does. All, when it is left out. */
  readonly keeps?: (inputs: Tensor) => Promise<readonly boolean[]>;
}

/**
 * How much an explanation changes at most near a sample (sensitivity-max, Yeh et al. 2019, arXiv:1901.09392, definition 3.1), by
 * uniform draws from the L-infinity ball, as captum has it: the norm of an explanation of zeros counts as 1.
 *
 * @param explain the attributions of one input, [1, ...shape], any number of values
 * @param sample [1, ...shape]
 */
export async function sensitivityMax(
  explain: (inputs: Tensor) => Promise<Float64Array>,
  sample: Tensor,
  { radius, draws, keeps }: Neighbours,
  random: RandomStreams,
): Promise<SensitivityMax> {
  const near = neighbours(sample, radius, draws, random);
  const whether = await keeps?.(near);
  const kept = Array.from({ length: draws }, (_, i) => i).filter((i) => whether?.[i] ?? true);
  const own = await explain(sample);
  const norm = normOf(own) || 1;
  let value = kept.length === 0 ? NaN : 0;
  for (const i of kept) {
    const other = await explain({ shape: sample.shape, data: row(near, i) });
    value = Math.max(value, normOf(own.map((each, j) => (other[j] ?? NaN) - each)) / norm);
  }
  return { value, kept: kept.length, drawn: rowsOf(near) };
}

function neighbours(sample: Tensor, radius: number, draws: number, random: RandomStreams): Tensor {
  const values = row(sample, 0);
  const data = new Float32Array(draws * values.length);
  for (let i = 0; i < draws; i++) {
    const source = random.of(i);
    data.set(
      values.map((value) => value + radius * (2 * source.uniform() - 1)),
      i * values.length,
    );
  }
  return { shape: [draws, ...sample.shape.slice(1)], data };
}

function normOf(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
