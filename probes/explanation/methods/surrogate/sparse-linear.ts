import { foldsOf, leastWithinOneError } from '#stats/cross-validation';
import type { Rng } from '#stats/random';
import {
  descend,
  residualsOf,
  standardized,
  weightedProduct,
  type Design,
  type LinearState,
} from './coordinate-descent.js';

/** `numbers`: least squares. `yes-no`: answers are 1 and 0, the logistic likelihood. */
export type Family = 'numbers' | 'yes-no';

export interface LinearData {
  /** [positions][rows] */
  readonly values: readonly ArrayLike<number>[];
  /** One a row. */
  readonly answers: Float64Array;
}

export interface SparseFit {
  readonly lambda: number;
  readonly intercept: number;
  /** By a unit of the values: the score, or the log-odds of a yes. */
  readonly coefficients: Float64Array;
  /** By a standard deviation of the values. */
  readonly perDeviation: Float64Array;
  /** Coefficients that are not 0. */
  readonly terms: number;
}

export interface SparseOptions {
  readonly maximumTerms: number;
  readonly folds: number;
}

const LAMBDAS = 60;
/** The last lambda as a share of the first, under which all coefficients are 0. */
const LEAST_SHARE = 1e-2;
const MAXIMUM_NEWTON_STEPS = 100;
/** Steps of a linear predictor that are lost to rounding. */
const TOLERANCE = 1e-12;
/** Keeps the working response finite where a probability is 0 or 1; the minimum does not depend on it. */
const LEAST_WEIGHT = 1e-5;

const { abs, exp, log, log1p, max, min } = Math;

/**
 * A linear function with few terms: the lasso, or its logistic form, along a path of penalties (Friedman, Hastie & Tibshirani
 * 2010, sections 2 and 3). The penalty is chosen by cross-validation, with the rule of one standard error.
 */
export function sparseLinear(
  data: LinearData,
  family: Family,
  { maximumTerms, folds }: SparseOptions,
  source: Rng,
): SparseFit {
  const [most = 0, ...further] = lambdasOf(data);
  if (!(most > 0) || data.answers.length < 2) return constantFit(data, family);
  const path = sparsePath(data, family, [most, ...further], maximumTerms);
  const lambdas = path.map(({ lambda }) => lambda);
  const fold = foldsOf(data.answers.length, Math.min(folds, data.answers.length), source);
  return path[leastWithinOneError(heldOutErrors(data, family, lambdas, fold))] ?? constantFit(data, family);
}

/** From the least penalty under which all coefficients are 0 down to a hundredth of it, by equal factors. */
export function lambdasOf({ values, answers }: LinearData): number[] {
  const design = standardized(values);
  const ones = new Float64Array(answers.length).fill(1);
  const centred = residualsOf(design, answers, { ...blank(values.length), intercept: meanOf(answers) });
  const most = design.columns.reduce((a, column) => max(a, abs(weightedProduct(column, centred, ones))), 0);
  return Array.from({ length: LAMBDAS }, (_, k) => most * LEAST_SHARE ** (k / (LAMBDAS - 1)));
}

/**
 * One fit a penalty, each starting from the one before.
 *
 * @param maximumTerms the path ends before it has more
 */
export function sparsePath(
  data: LinearData,
  family: Family,
  lambdas: readonly number[],
  maximumTerms = Infinity,
): readonly SparseFit[] {
  const design = standardized(data.values);
  const state = blank(data.values.length);
  const path: SparseFit[] = [];
  for (const lambda of lambdas) {
    if (family === 'numbers') descend(design, data.answers, new Float64Array(design.rows).fill(1), lambda, state);
    else descendLogistic(design, data.answers, lambda, state);
    const fit = fitOf(design, state, lambda);
    if (fit.terms > maximumTerms) break;
    path.push(fit);
  }
  return path;
}

/** The score of an input, or the log-odds of a yes. */
export function linearAnswer({ intercept, coefficients }: SparseFit, input: ArrayLike<number>): number {
  let sum = intercept;
  for (let j = 0; j < coefficients.length; j++) {
    const coefficient = coefficients[j] ?? NaN;
    if (coefficient !== 0) sum += coefficient * (input[j] ?? NaN);
  }
  return sum;
}

/** Newton's method, each step a weighted lasso on the working response (section 3, equations 15 to 18). */
function descendLogistic(design: Design, answers: Float64Array, lambda: number, state: LinearState): void {
  const none = new Float64Array(design.rows);
  let predictor = residualsOf(design, none, state).map((value) => -value);
  for (let step = 0; step < MAXIMUM_NEWTON_STEPS; step++) {
    const weights = predictor.map((value) => max(sigmoid(value) * sigmoid(-value), LEAST_WEIGHT));
    const response = predictor.map((value, i) => value + ((answers[i] ?? NaN) - sigmoid(value)) / (weights[i] ?? NaN));
    descend(design, response, weights, lambda, state);
    const next = residualsOf(design, none, state).map((value) => -value);
    const largest = next.reduce((most, value, i) => max(most, abs(value - (predictor[i] ?? NaN))), 0);
    predictor = next;
    if (largest < TOLERANCE * max(1, ...predictor.map(abs))) return;
  }
}

/** [rows][lambdas]: squared errors, or the deviance, of each row by the path that was fitted without its fold. */
function heldOutErrors(
  { values, answers }: LinearData,
  family: Family,
  lambdas: readonly number[],
  fold: Int32Array,
): Float64Array[] {
  const errors = Array.from(answers, () => new Float64Array(lambdas.length));
  for (const out of new Set(fold)) {
    const seen = Array.from(fold, (own, i) => (own === out ? -1 : i)).filter((i) => i >= 0);
    const part: LinearData = {
      values: values.map((column) => Float64Array.from(seen, (i) => column[i] ?? NaN)),
      answers: Float64Array.from(seen, (i) => answers[i] ?? NaN),
    };
    const path = sparsePath(part, family, lambdas);
    for (let i = 0; i < fold.length; i++) {
      if (fold[i] !== out) continue;
      const input = Float64Array.from(values, (column) => column[i] ?? NaN);
      path.forEach((fit, k) => errors[i]?.fill(errorOf(family, answers[i] ?? NaN, linearAnswer(fit, input)), k, k + 1));
    }
  }
  return errors;
}

function errorOf(family: Family, answer: number, said: number): number {
  if (family === 'numbers') return (answer - said) ** 2;
  // log(1 + exp(-margin)), without overflow.
  const margin = answer === 1 ? said : -said;
  return max(-margin, 0) + log1p(exp(-abs(margin)));
}

function fitOf({ means, deviations }: Design, state: LinearState, lambda: number): SparseFit {
  const perDeviation = state.coefficients.slice();
  const coefficients = perDeviation.map((value, j) => (value === 0 ? 0 : value / (deviations[j] ?? NaN)));
  let { intercept } = state;
  coefficients.forEach((value, j) => (intercept -= value * (means[j] ?? NaN)));
  return { lambda, intercept, coefficients, perDeviation, terms: perDeviation.filter((value) => value !== 0).length };
}

function constantFit({ values, answers }: LinearData, family: Family): SparseFit {
  const mean = meanOf(answers);
  const none = new Float64Array(values.length);
  const rate = min(max(mean, 1e-12), 1 - 1e-12);
  const intercept = family === 'numbers' ? mean : log(rate / (1 - rate));
  return { lambda: Infinity, intercept, coefficients: none, perDeviation: none, terms: 0 };
}

function blank(size: number): LinearState {
  return { intercept: 0, coefficients: new Float64Array(size) };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function sigmoid(value: number): number {
  return 1 / (1 + exp(-value));
}
