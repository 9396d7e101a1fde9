import { row, rowSize, type Tensor } from '#base/tensor';
import { permutation, type RandomStreams } from '#stats/random';

/** Changes of one sample, which never lie in memory as a whole, and what its attributions are multiplied by for each. */
export interface Perturbations {
  readonly count: number;
  /**
   * Writes a changed sample, and its factors: what was taken away of each value, for attributions per unit of the input; 1 where a
   * value is absent and else 0, for those that add up to the score. Equal whatever was asked for before.
   */
  write(index: number, input: Float32Array, factors: Float64Array): void;
}

/**
 * Normal noise I on every value, taken off: x - I. For attributions per unit of the input, such as gradients.
 *
 * @param sample [1, ...shape]
 * @param spread the standard deviation, in the units of the data
 */
export function noise(sample: Tensor, spread: number, count: number, random: RandomStreams): Perturbations {
  const values = row(sample, 0);
  return {
    count,
    write: (index, input, factors) => {
      const source = random.of(index);
      values.forEach((value, j) => {
        input[j] = value - spread * source.normal();
        // What is really gone, rounding to float32 included.
        factors[j] = value - (input[j] ?? NaN);
      });
    },
  };
}

/**
 * Some values at once replaced by those of a baseline. For attributions that add up to the score, which say what absence takes away.
 *
 * @param sample [1, ...shape]
 * @param baseline as many values as the sample
 * @param absent the values that are absent, a list for each change
 */
export function absences(
  sample: Tensor,
  baseline: ArrayLike<number>,
  absent: readonly ArrayLike<number>[],
): Perturbations {
  return {
    count: absent.length,
    write: (index, input, factors) => {
      input.set(row(sample, 0));
      factors.fill(0);
      for (const at of Array.from(absent[index] ?? [])) {
        input[at] = baseline[at] ?? NaN;
        factors[at] = 1;
      }
    },
  };
}

/**
 * Subsets of a given size: each of them once where there are no more than asked for, otherwise so many drawn with equal chances.
 *
 * @param size of all, of which each subset has `chosen`
 */
export function subsets(size: number, chosen: number, count: number, random: RandomStreams): readonly number[][] {
  if (combinations(size, chosen) <= count) return everySubset(size, chosen);
  return Array.from({ length: count }, (_, i) =>
    permutation(size, random.of(i))
      .slice(0, chosen)
      .sort((a, b) => a - b),
  );
}

function everySubset(size: number, chosen: number, first = 0): number[][] {
  if (chosen === 0) return [[]];
  const found: number[][] = [];
  for (let i = first; i <= size - chosen; i++) {
    for (const rest of everySubset(size, chosen - 1, i + 1)) found.push([i, ...rest]);
  }
  return found;
}

function combinations(n: number, k: number): number {
  let count = 1;
  for (let i = 0; i < Math.min(k, n - k); i++) count = (count * (n - i)) / (i + 1);
  return count;
}

/** As many values go through the model at once, but never less rows than these. */
const CHUNK_VALUES = 2 ** 20;
const LEAST_ROWS = 32;

/** Shows a model all changed samples, in batches. @param visit is given each change's score and factors, which are not to be kept */
export async function visitPerturbations(
  scores: (inputs: Tensor) => Promise<Float64Array>,
  sample: Tensor,
  perturbations: Perturbations,
  visit: (score: number, factors: Float64Array) => void,
): Promise<void> {
  const { count } = perturbations;
  const size = rowSize(sample);
  const most = Math.max(LEAST_ROWS, Math.floor(CHUNK_VALUES / size));
  for (let start = 0; start < count; start += most) {
    const rows = Math.min(most, count - start);
    const data = new Float32Array(rows * size);
    const factors = new Float64Array(rows * size);
    for (let i = 0; i < rows; i++) {
      const [from, to] = [i * size, (i + 1) * size];
      perturbations.write(start + i, data.subarray(from, to), factors.subarray(from, to));
    }
    const found = await scores({ shape: [rows, ...sample.shape.slice(1)], data });
    for (let i = 0; i < rows; i++) visit(found[i] ?? NaN, factors.subarray(i * size, (i + 1) * size));
  }
}
