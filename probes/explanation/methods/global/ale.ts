import { row, rowsOf, type Tensor } from '#base/tensor';
import { quantileGrid } from './grid.js';
import { quantities, type Answers, type Quantity } from './quantity.js';

export interface AccumulatedEffects {
  /** Ascending; each is a value of the data. One alone where the column never changes. */
  readonly edges: readonly number[];
  /** One an edge: the effect, on average 0 over the rows. */
  readonly effects: Float64Array;
  /** Rows in each bin, one less than edges: those above the edge before, up to its own; the first has its lower edge too. */
  readonly rows: Int32Array;
}

/**
 * First-order accumulated local effects (Apley & Zhu 2020, Visualizing the Effects of Predictor Variables in Black Box
 * Supervised Learning Models, equations 15 and 16): within each bin the mean difference of the model between the two edges, for
 * the rows that are there, summed up from the left. Unlike partial dependence it asks for no combination far from the data.
 * Centred as in the authors' package, by the mean over bins of the middle of their two edges, weighted by rows.
 *
 * @param position of the column within a sample
 * @param bins at most so many, with as many rows each as values that tie allow
 */
export async function accumulatedLocalEffects(
  model: Answers,
  inputs: Tensor,
  position: number,
  bins: number,
  quantity: Quantity,
): Promise<AccumulatedEffects> {
  const n = rowsOf(inputs);
  const own = Float64Array.from({ length: n }, (_, i) => row(inputs, i)[position] ?? NaN);
  const edges = quantileGrid(own, bins);
  const binOf = Int32Array.from(own, (value) => Math.max(edges.findIndex((edge) => value <= edge) - 1, 0));
  const below = await quantities(model, atEdge(inputs, position, edges, binOf, 0), quantity);
  const above = await quantities(model, atEdge(inputs, position, edges, binOf, 1), quantity);
  const rows = new Int32Array(edges.length - 1);
  const sums = new Float64Array(edges.length - 1);
  for (let i = 0; i < n && rows.length > 0; i++) {
    const bin = binOf[i] ?? -1;
    rows[bin] = (rows[bin] ?? 0) + 1;
    sums[bin] = (sums[bin] ?? NaN) + (above[i] ?? NaN) - (below[i] ?? NaN);
  }
  return { edges, effects: accumulated(sums, rows), rows };
}

/** Sums from the left of the bins' means, less their mean over the rows. */
function accumulated(sums: Float64Array, rows: Int32Array): Float64Array {
  const effects = new Float64Array(sums.length + 1);
  let [weighted, n] = [0, 0];
  for (let k = 0; k < sums.length; k++) {
    const count = rows[k] ?? 0;
    const before = effects[k] ?? NaN;
    const after = before + (sums[k] ?? NaN) / count;
    effects[k + 1] = after;
    weighted += (count * (before + after)) / 2;
    n += count;
  }
  return n === 0 ? effects : effects.map((effect) => effect - weighted / n);
}

/** A copy in which every row stands at the lower (0) or the upper (1) edge of its bin. */
function atEdge(inputs: Tensor, position: number, edges: readonly number[], binOf: Int32Array, side: 0 | 1): Tensor {
  const copy: Tensor = { shape: inputs.shape, data: inputs.data.slice() };
  for (let i = 0; i < binOf.length; i++) {
    row(copy, i)[position] = edges[Math.min((binOf[i] ?? NaN) + side, edges.length - 1)] ?? NaN;
  }
  return copy;
}
