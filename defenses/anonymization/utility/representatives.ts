import type { EncodedColumn, EncodedTable, Release } from '../contract.js';
import { isNumeric, numbersOf } from '../numeric-values.js';
import { originalOf } from './loss.js';

/**
 * The protected table as exact values, for whoever takes no ranges, such as the audited model. A generalized value is written as
 * one that may stand under it: a range of numbers, dates or times as the value that is nearest to the middle between the
 * smallest and the largest under it (the smaller of two); a category as the most frequent value under it (the first of equal
 * ones); missing values only where nothing else stands under it. A suppressed record is treated as if each of its
 * quasi-identifiers were generalized to everything. Other columns are as they were.
 */
export function representativeTable(table: EncodedTable, release: Release): EncodedTable {
  const released = new Map(release.columns.map((column) => [column.name, column]));
  return {
    rows: table.rows,
    columns: table.columns.map((original) => {
      const column = released.get(original.name);
      if (column === undefined) return original;
      // Suppressed records are under one code more, that of everything.
      const everything = column.labels.length;
      const codes = Int32Array.from(column.codes, (code, row) => (release.suppressed[row] === 1 ? everything : code));
      const chosen = representativesOf(originalOf(table, original.name), codes, everything);
      return { ...original, codes: codes.map((code) => chosen[code] ?? 0) };
    }),
  };
}

/** By released code: the original code that stands for it. */
function representativesOf(original: EncodedColumn, codes: Int32Array, everything: number): Int32Array {
  const counts = Array.from({ length: everything + 1 }, () => new Map<number, number>());
  const add = (code: number, value: number) => {
    const own = counts[code];
    own?.set(value, (own.get(value) ?? 0) + 1);
  };
  for (let row = 0; row < codes.length; row++) {
    const [code, value] = [codes[row] ?? 0, original.codes[row] ?? 0];
    if (code !== everything) add(code, value);
    add(everything, value);
  }
  const numbers = isNumeric(original) ? numbersOf(original) : null;
  return Int32Array.from(counts, (own) => {
    const present = [...own].filter(([value]) => value !== 0).sort(([a], [b]) => a - b);
    if (present.length === 0) return 0;
    return numbers === null
      ? mostFrequent(present)
      : nearestToMiddle(
          present.map(([value]) => value),
          numbers,
        );
  });
}

function mostFrequent(present: readonly (readonly [number, number])[]): number {
  return present.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

function nearestToMiddle(values: readonly number[], numbers: Float64Array): number {
  const ascending = [...values].sort((a, b) => (numbers[a] ?? NaN) - (numbers[b] ?? NaN));
  const at = (value: number | undefined) => numbers[value ?? 0] ?? NaN;
  const middle = at(ascending[0]) / 2 + at(ascending.at(-1)) / 2;
  return ascending.reduce((best, value) => (Math.abs(at(value) - middle) < Math.abs(at(best) - middle) ? value : best));
}
