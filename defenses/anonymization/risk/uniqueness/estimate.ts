import type { ClassSizes } from '../class-sizes.js';

export type UniquenessModel = 'zayatz' | 'pitman' | 'slide-negative-binomial';

/** How many people of a population nobody else agrees with, by one model, from the classes of a sample. */
export type UniquenessEstimate = Converged | Unfitted;

interface Converged {
  readonly model: UniquenessModel;
  readonly converged: true;
  /** Population uniques; not a whole number. */
  readonly uniques: number;
  /** Of the population, in [0, 1]. */
  readonly share: number;
}

interface Unfitted {
  readonly model: UniquenessModel;
  readonly converged: false;
  /** Why the model has no answer for this sample: a clause. */
  readonly why: string;
}

/** A sample and how much of its population it is. */
export interface PopulationSample {
  readonly sizes: ClassSizes;
  /** Of the population, in (0, 1]. */
  readonly fraction: number;
}

/** People in the population. */
export function populationOf({ sizes, fraction }: PopulationSample): number {
  return Math.max(sizes.records, Math.round(sizes.records / fraction));
}

export function estimateOf(model: UniquenessModel, uniques: number, population: number): UniquenessEstimate {
  if (!(uniques >= 0 && uniques <= population)) {
    return unfitted(model, 'its estimate is not between nobody and everybody');
  }
  return { model, converged: true, uniques, share: uniques / population };
}

export function unfitted(model: UniquenessModel, why: string): UniquenessEstimate {
  return { model, converged: false, why };
}
