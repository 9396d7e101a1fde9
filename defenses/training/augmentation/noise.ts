import type { ContinuousDomain, TabularDomain } from '#target/domain';
import { boundsOf } from '#target/table-domain';
import { placesOf, rasterOf } from './raster.js';
import type { SampleChange, Step } from './sample-change.js';

/**
 * Adds Gaussian noise and clips to the range of each value (Bishop 1995, "Training with noise is equivalent to Tikhonov
 * regularization"). Of a table only numbers that can be changed freely are noisy: no category, no whole number, nothing
 * immutable, and nothing that a relation ties to another column.
 */
export function noiseOf({ std }: Step<'noise'>, domain: ContinuousDomain): SampleChange {
  const { low, high } = boundsOf(domain);
  const places = domain.kind === 'image' ? placesOf(rasterOf(domain)) : freeNumbers(domain, low.length);
  return (values, source) => {
    for (const place of places) {
      const value = (values[place] ?? NaN) + std * source.normal();
      values[place] = Math.min(high[place] ?? NaN, Math.max(low[place] ?? NaN, value));
    }
  };
}

/** The positions whose legal values are all of a range, whatever stands at the others. */
function freeNumbers({ columns, relations = [] }: TabularDomain, size: number): Int32Array {
  const tied = new Set(relations.flatMap(({ terms }) => terms.map(({ position }) => position)));
  const numbers =
    columns?.flatMap((column) =>
      column.kind === 'numeric' && column.grid === null && !column.immutable ? [column.position] : [],
    ) ?? Array.from({ length: size }, (_, position) => position);
  return Int32Array.from(numbers.filter((position) => !tied.has(position)));
}
