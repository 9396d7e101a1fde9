import type { Finding, Measure } from '#report/report';
import {
  ENGLISH_NUMBERS,
  formatCount,
  formatInterval,
  formatValue,
  type EpsilonUnits,
  type NumberWords,
} from './format.js';

/** A measure as the cells of a table; null where there is nothing to write. */
export interface MeasureCells {
  readonly label: string;
  readonly value: string | null;
  readonly interval: string | null;
  readonly n: string | null;
  readonly threshold: string | null;
  readonly setBy: string | null;
  readonly compared: string | null;
  readonly holds: boolean | null;
}

/** The number that a finding stands or falls by: the first that misses its bar, or has one, or is there at all. */
export function leadMeasure(finding: Finding): Measure | null {
  const { measures } = finding;
  return (
    measures.find((measure) => measure.threshold?.holds === false) ??
    measures.find((measure) => measure.threshold !== null) ??
    measures[0] ??
    null
  );
}

/** What stands between the numbers of a measure. */
export interface MeasureWords {
  readonly numbers: NumberWords;
  readonly atLeast: (value: string) => string;
  readonly atMost: (value: string) => string;
}

const ENGLISH: MeasureWords = {
  numbers: ENGLISH_NUMBERS,
  atLeast: (value) => `at least ${value}`,
  atMost: (value) => `at most ${value}`,
};

export function measureCells(measure: Measure, units: EpsilonUnits, words = ENGLISH): MeasureCells {
  const { value, format, interval, n, threshold } = measure;
  const written = (one: number) => formatValue(one, format, units, words.numbers);
  return {
    label: measure.label,
    value: value === null ? null : written(value),
    interval: interval === null ? null : formatInterval(interval.low, interval.high, format, units, words.numbers),
    n: n === null ? null : formatCount(n),
    threshold: threshold === null ? null : bar(threshold.comparison, words)(written(threshold.value)),
    setBy: threshold?.setBy ?? null,
    compared: threshold === null ? null : written(threshold.compared),
    holds: threshold?.holds ?? null,
  };
}

function bar(comparison: 'at-least' | 'at-most', words: MeasureWords): (value: string) => string {
  return comparison === 'at-least' ? words.atLeast : words.atMost;
}
