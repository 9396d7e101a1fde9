/** Rows that a tree learns from: values by position, and what the model says of each row. */
export interface TreeData {
  /** [positions][rows] */
  readonly values: readonly ArrayLike<number>[];
  /** One a row: the index of a class, or a number. */
  readonly answers: Float64Array;
  /** How many classes there are; null: answers are numbers. */
  readonly classes: number | null;
  /** {@link ranksOf} each position's values, so that many splits sort whole numbers. Worked out where they are absent. */
  readonly ranks?: readonly Int32Array[];
}

export interface SplitPoint {
  readonly position: number;
  /** Rows with at most this value go one way. */
  readonly threshold: number;
  /** By how much the impurity falls, times the number of rows. */
  readonly gain: number;
}

/** Below this share of the rows' own impurity a gain is rounding. */
const LEAST_GAIN = 1e-12;

/**
 * The split of some rows that lowers their impurity most: Gini's for classes, the variance for numbers (Breiman et al. 1984,
 * Classification and Regression Trees). Thresholds lie in the middle between two values; of equal gains the first position's
 * and lowest threshold's counts. Null where no split leaves enough rows on both sides and helps.
 */
export function bestSplit(data: TreeData, rows: Int32Array, minimumRows: number): SplitPoint | null {
  const impurity = impurityOf(data, rows);
  let best: SplitPoint | null = null;
  for (let position = 0; position < data.values.length; position++) {
    const found = bestAt(data, rows, position, minimumRows);
    if (found !== null && found.gain > LEAST_GAIN * impurity && found.gain > (best?.gain ?? 0)) best = found;
  }
  return best;
}

/** Impurity times the number of rows: n - sum of c^2 / n over classes, or the sum of squares about the mean. */
export function impurityOf({ answers, classes }: TreeData, rows: Int32Array): number {
  if (classes !== null) return rows.length - purityOf(countsOf(answers, classes, rows), rows.length);
  const mean = meanAnswer(answers, rows);
  let squares = 0;
  for (let i = 0; i < rows.length; i++) squares += ((answers[rows[i] ?? -1] ?? NaN) - mean) ** 2;
  return squares;
}

export function countsOf(answers: Float64Array, classes: number, rows: Int32Array): Float64Array {
  const counts = new Float64Array(classes);
  for (let i = 0; i < rows.length; i++) {
    const answer = answers[rows[i] ?? -1] ?? -1;
    counts[answer] = (counts[answer] ?? NaN) + 1;
  }
  return counts;
}

export function meanAnswer(answers: Float64Array, rows: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i++) sum += answers[rows[i] ?? -1] ?? NaN;
  return sum / rows.length;
}

function bestAt(data: TreeData, rows: Int32Array, position: number, minimumRows: number): SplitPoint | null {
  const values = data.values[position] ?? [];
  const sorted = sortedRows(data.ranks?.[position] ?? ranksOf(values), rows);
  const gains =
    data.classes === null ? varianceGains(data.answers, sorted) : giniGains(data.answers, data.classes, sorted, values);
  let best: SplitPoint | null = null;
  for (let left = minimumRows; left <= sorted.length - minimumRows; left++) {
    const [low, high] = [values[sorted[left - 1] ?? -1] ?? NaN, values[sorted[left] ?? -1] ?? NaN];
    const gain = gains[left] ?? NaN;
    if (low < high && gain > (best?.gain ?? 0)) best = { position, threshold: between(low, high), gain };
  }
  return best;
}

/** Of each row: how many different values are below its own. */
export function ranksOf(values: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: values.length }, (_, row) => row);
  order.sort((a, b) => (values[a] ?? NaN) - (values[b] ?? NaN) || a - b);
  const ranks = new Int32Array(values.length);
  let rank = 0;
  for (let i = 1; i < order.length; i++) {
    const [before, here] = [order[i - 1] ?? -1, order[i] ?? -1];
    if ((values[before] ?? NaN) < (values[here] ?? NaN)) rank += 1;
    ranks[here] = rank;
  }
  return ranks;
}

/** By value, then by row. A pair of rank and row is one exact number, and numbers sort many times faster than pairs. */
function sortedRows(ranks: Int32Array, rows: Int32Array): Int32Array {
  const all = ranks.length;
  const pairs = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) pairs[i] = (ranks[rows[i] ?? -1] ?? NaN) * all + (rows[i] ?? NaN);
  pairs.sort();
  const sorted = new Int32Array(rows.length);
  for (let i = 0; i < pairs.length; i++) sorted[i] = (pairs[i] ?? NaN) % all;
  return sorted;
}

/** The gain of each number of rows on the left. About the mean of all, so that no large squares are subtracted. */
function varianceGains(answers: Float64Array, sorted: Int32Array): Float64Array {
  const n = sorted.length;
  const mean = meanAnswer(answers, sorted);
  const gains = new Float64Array(n + 1);
  let sum = 0;
  for (let left = 1; left < n; left++) {
    sum += (answers[sorted[left - 1] ?? -1] ?? NaN) - mean;
    gains[left] = (sum * sum) / left + (sum * sum) / (n - left);
  }
  return gains;
}

/** 0 where a split would part equal values. */
function giniGains(
  answers: Float64Array,
  classes: number,
  sorted: Int32Array,
  values: ArrayLike<number>,
): Float64Array {
  const n = sorted.length;
  const right = countsOf(answers, classes, sorted);
  const left = new Float64Array(classes);
  const together = purityOf(right, n);
  const gains = new Float64Array(n + 1);
  for (let count = 1; count < n; count++) {
    const answer = answers[sorted[count - 1] ?? -1] ?? -1;
    left[answer] = (left[answer] ?? NaN) + 1;
    right[answer] = (right[answer] ?? NaN) - 1;
    if (values[sorted[count - 1] ?? -1] === values[sorted[count] ?? -1]) continue;
    gains[count] = purityOf(left, count) + purityOf(right, n - count) - together;
  }
  return gains;
}

/** sum of c^2 / n */
function purityOf(counts: Float64Array, n: number): number {
  let squares = 0;
  for (let k = 0; k < counts.length; k++) squares += (counts[k] ?? NaN) ** 2;
  return squares / n;
}

/** The middle; the lower value where rounding would make it the upper one. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}
