import type { Finding, Measure } from '#report/report';
import { formatCount, formatInterval, formatValue, type EpsilonUnits } from './format.js';

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

export function measureCells(measure: Measure, units: EpsilonUnits): MeasureCells {
  const { value, format, interval, n, threshold } = measure;
  return {
    label: measure.label,
    value: value === null ? null : formatValue(value, format, units),
    interval: interval === null ? null : formatInterval(interval.low, interval.high, format, units),
    n: n === null ? null : formatCount(n),
    threshold:
      threshold === null ? null : `${COMPARISON[threshold.comparison]} ${formatValue(threshold.value, format, units)}`,
    setBy: threshold?.setBy ?? null,
    compared: threshold === null ? null : formatValue(threshold.compared, format, units),
    holds: threshold?.holds ?? null,
  };
}

const COMPARISON: Readonly<Record<'at-least' | 'at-most', string>> = { 'at-least': 'at least', 'at-most': 'at most' };
