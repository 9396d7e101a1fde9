/** Attributions of one score of each sample, [n, ...shape of a sample], in double precision. */
export interface Attributions {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}
