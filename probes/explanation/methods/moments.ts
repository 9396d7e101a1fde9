/** The mean and the spread of vectors that come one by one, in double precision. */
export interface Moments {
  readonly mean: Float64Array;
  /** The sum of squared deviations from the mean. */
  readonly squares: Float64Array;
  count: number;
}

export function noMoments(size: number): Moments {
  return { mean: new Float64Array(size), squares: new Float64Array(size), count: 0 };
}

/** Takes one more vector in, by the update of Welford 1962, which loses no digits where the spread is small. */
export function take(moments: Moments, values: ArrayLike<number>): void {
  const { mean, squares } = moments;
  const count = ++moments.count;
  for (let j = 0; j < mean.length; j++) {
    const value = values[j] ?? NaN;
    const before = value - (mean[j] ?? NaN);
    const next = (mean[j] ?? NaN) + before / count;
    mean[j] = next;
    squares[j] = (squares[j] ?? NaN) + before * (value - next);
  }
}

/** Of the mean, from the spread of independent draws; not known (NaN) of fewer than two. */
export function standardErrors({ squares, count }: Moments): Float64Array {
  return squares.map((sum) => Math.sqrt(sum / ((count - 1) * count)));
}
