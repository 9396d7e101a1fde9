import type { BoundModel, ClassSummary, PrivacyModel } from '../contract.js';
import type { EncodedTable } from '../contract.js';

/** What a model measures of a class, in print. */
export interface Measured {
  /** `Different values of diagnosis`. */
  readonly label: string;
  readonly format: 'count' | 'rate' | 'number';
  /** In words, behind the label: `at least 3`. */
  readonly bar: string;
  /** The number in the bar; of two, the one that the worst class is held against. */
  readonly threshold: number;
  /** Which classes are the worst by it. */
  readonly worst: 'lowest' | 'highest';
}

/** A model that holds by one number of each class. */
export interface MeasuringModel extends PrivacyModel {
  readonly measured: Measured;
  bind(table: EncodedTable): BoundMeasuringModel;
}

export interface BoundMeasuringModel extends BoundModel {
  readonly model: MeasuringModel;
  /** The number, such as the distance of the class from the table; Infinity where nothing bounds it. Allocates nothing. */
  measure(members: ClassSummary): number;
}

/** A model that looks at nothing but how many records and people are in a class. */
export function sizeModel(
  facts: Pick<MeasuringModel, 'name' | 'monotone' | 'absorbs' | 'needsPopulation' | 'measured'>,
  measure: (members: ClassSummary) => number,
  holds: (members: ClassSummary) => boolean,
): MeasuringModel {
  const model: MeasuringModel = { ...facts, sensitive: [], bind: () => ({ model, sensitive: [], measure, holds }) };
  return model;
}
