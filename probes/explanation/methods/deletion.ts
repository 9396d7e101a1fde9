import { sizeOf, type Tensor } from '#base/tensor';
import { permutation, type Rng } from '#stats/random';

/** A sample whose features are taken away, or put back, one after another. */
export interface RemovalGame {
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly sample: Float32Array;
  /** What stands in the place of what is taken away. */
  readonly baseline: Float32Array;
  /** The feature of each value; -1: it stays as it is. */
  readonly of: Int32Array;
  readonly features: number;
  /** The explained score of each of some inputs, [n, ...shape]. */
  scores(inputs: Tensor): Promise<Float64Array>;
}

/** The score after 0, ... and all features were taken away from the sample, and put into the baseline. */
export interface RemovalCurves {
  /** How many features, ascending from 0 to all. */
  readonly counts: Int32Array;
  readonly deletion: Float64Array;
  readonly insertion: Float64Array;
}

/**
 * Deletion and insertion (Petsiuk, Das & Saenko 2018, arXiv:1806.07421, section 3.3) of the features in the given order:
 * whoever names what matters first makes the one fall, and the other rise, early.
 *
 * @param order every feature once, the most important first
 * @param steps how many points beside the first; with fewer features each is a step of its own
 */
export async function removalCurves(
  game: RemovalGame,
  order: ArrayLike<number>,
  steps: number,
): Promise<RemovalCurves> {
  const counts = countsOf(game.features, steps);
  const rank = rankOf(order);
  const points = counts.length;
  const size = sizeOf(game.shape);
  const data = new Float32Array(2 * points * size);
  for (let point = 0; point < points; point++) {
    const count = counts[point] ?? 0;
    mix(game, rank, count, true, data.subarray(point * size, (point + 1) * size));
    mix(game, rank, count, false, data.subarray((points + point) * size, (points + point + 1) * size));
  }
  const scores = await game.scores({ shape: [2 * points, ...game.shape], data });
  return { counts, deletion: scores.slice(0, points), insertion: scores.slice(points) };
}

/** Curves of random orders, [orders, points]: what an explanation that knows nothing comes to. */
export interface RandomCurves {
  readonly orders: number;
  readonly counts: Int32Array;
  readonly deletion: Float64Array;
  /** Those of the same orders from their ends: each is the deletion read backwards. */
  readonly insertion: Float64Array;
}

/** @param progress after each order */
export async function randomCurves(
  game: RemovalGame,
  orders: number,
  steps: number,
  source: Rng,
  progress: (done: number, total: number) => void,
): Promise<RandomCurves> {
  const counts = countsOf(game.features, steps);
  const points = counts.length;
  const size = sizeOf(game.shape);
  const deletion = new Float64Array(orders * points);
  const insertion = new Float64Array(orders * points);
  const data = new Float32Array(points * size);
  for (let i = 0; i < orders; i++) {
    const rank = rankOf(permutation(game.features, source));
    // Nothing taken away, and everything: the same inputs in every order, so only the first asks for them.
    const [start, end] = i === 0 ? [0, points] : [1, points - 1];
    for (let point = start; point < end; point++) {
      mix(game, rank, counts[point] ?? 0, true, data.subarray((point - start) * size, (point - start + 1) * size));
    }
    const rows = Math.max(0, end - start);
    const asked =
      rows === 0 ? [] : await game.scores({ shape: [rows, ...game.shape], data: data.subarray(0, rows * size) });
    for (let point = 0; point < points; point++) {
      const isAsked = point >= start && point < end;
      const score = (isAsked ? asked[point - start] : deletion[point]) ?? NaN;
      deletion[i * points + point] = score;
      insertion[i * points + points - 1 - point] = score;
    }
    progress(i + 1, orders);
  }
  return { orders, counts, deletion, insertion };
}

/** The features by their values, the largest first; equal ones in their own order. */
export function descending(values: Float64Array): Int32Array {
  const order = Int32Array.from(values, (_, i) => i);
  return order.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
}

/** The area under a curve by trapezoids, with one feature as the unit of length. */
export function areaUnder(counts: Int32Array, curve: ArrayLike<number>): number {
  let area = 0;
  for (let i = 1; i < counts.length; i++) {
    const width = (counts[i] ?? 0) - (counts[i - 1] ?? 0);
    area += (width * ((curve[i] ?? NaN) + (curve[i - 1] ?? NaN))) / 2;
  }
  return area;
}

/** 0 to all features in near equal steps, the same from both ends. */
function countsOf(features: number, steps: number): Int32Array {
  const last = Math.min(steps, features);
  const counts = new Int32Array(last + 1);
  for (let i = 0; i <= last / 2; i++) {
    const count = Math.round((i * features) / last);
    counts[i] = count;
    // An even number of steps has one in the middle, which is no mirror of another.
    if (2 * i !== last) counts[last - i] = features - count;
  }
  return counts;
}

/** When each feature has its turn. */
function rankOf(order: ArrayLike<number>): Int32Array {
  const rank = new Int32Array(order.length);
  for (let i = 0; i < order.length; i++) rank[order[i] ?? 0] = i;
  return rank;
}

/** The sample without the first `count` features, or of the sample only those. */
function mix(
  { sample, baseline, of }: RemovalGame,
  rank: Int32Array,
  count: number,
  without: boolean,
  out: Float32Array,
): void {
  for (let i = 0; i < out.length; i++) {
    const feature = of[i] ?? -1;
    const isFirst = feature >= 0 && (rank[feature] ?? 0) < count;
    out[i] = (feature < 0 || isFirst !== without ? sample[i] : baseline[i]) ?? NaN;
  }
}
