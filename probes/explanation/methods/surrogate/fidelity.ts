import { clopperPearson, type Interval } from '#stats/intervals';
import type { Rng } from '#stats/random';

/** How well a surrogate stands for the model on rows that it has not seen. */
export type Fidelity = Agreement | ExplainedVariance;

/** Of answers that are classes. */
export interface Agreement {
  readonly kind: 'agreement';
  /** Rows on which both say the same. */
  readonly agreed: number;
  readonly n: number;
  /** 95 %, Clopper and Pearson. */
  readonly interval: Interval;
  /** Rows on which the answer that is most frequent where the surrogate was fitted would have agreed. */
  readonly constant: number;
}

/** Of answers that are numbers: R squared, below 0 where the mean of these rows would stand for the model better. */
export interface ExplainedVariance {
  readonly kind: 'explained-variance';
  readonly value: number;
  readonly n: number;
  /** 95 %, percentiles over resampled rows. */
  readonly interval: Interval;
}

const RESAMPLES = 1000;

/**
 * @param model what the model says of the held-out rows, class indices
 * @param surrogate what the surrogate says of them
 * @param usual the answer that is most frequent where the surrogate was fitted
 */
export function agreementOf(model: Float64Array, surrogate: Float64Array, usual: number): Agreement {
  const n = model.length;
  let [agreed, constant] = [0, 0];
  for (let i = 0; i < n; i++) {
    if (model[i] === surrogate[i]) agreed += 1;
    if (model[i] === usual) constant += 1;
  }
  return { kind: 'agreement', agreed, n, interval: clopperPearson(agreed, n), constant };
}

export function explainedVarianceOf(model: Float64Array, surrogate: Float64Array, source: Rng): ExplainedVariance {
  const n = model.length;
  const all = Int32Array.from(model, (_, i) => i);
  const drawn = Float64Array.from({ length: RESAMPLES }, () =>
    rSquared(
      model,
      surrogate,
      all.map(() => source.integer(n)),
    ),
  )
    .filter((value) => Number.isFinite(value))
    .sort();
  const at = (share: number) => drawn[Math.min(Math.floor(share * drawn.length), drawn.length - 1)] ?? NaN;
  return {
    kind: 'explained-variance',
    value: rSquared(model, surrogate, all),
    n,
    interval: { low: at(0.025), high: at(0.975) },
  };
}

/** The class with the most rows, the first of equal ones. */
export function mostFrequent(answers: Float64Array, classes: number): number {
  const counts = new Float64Array(classes);
  for (let i = 0; i < answers.length; i++) counts[answers[i] ?? -1] = (counts[answers[i] ?? -1] ?? NaN) + 1;
  return counts.indexOf(counts.reduce((a, b) => Math.max(a, b), 0));
}

/** 1 - sum of squared errors / sum of squares about the mean, of the chosen rows; NaN where the model never changes. */
function rSquared(model: Float64Array, surrogate: Float64Array, rows: Int32Array): number {
  let mean = 0;
  for (let k = 0; k < rows.length; k++) mean += (model[rows[k] ?? -1] ?? NaN) / rows.length;
  let [errors, squares] = [0, 0];
  for (let k = 0; k < rows.length; k++) {
    const value = model[rows[k] ?? -1] ?? NaN;
    errors += (value - (surrogate[rows[k] ?? -1] ?? NaN)) ** 2;
    squares += (value - mean) ** 2;
  }
  return squares === 0 ? NaN : 1 - errors / squares;
}
