import type { EncodedColumn, EncodedTable } from '../contract.js';

/** How many records a table has, whatever its rows are. */
export function recordsOf({ rows, weights }: Pick<EncodedTable, 'rows' | 'weights'>): number {
  return weights === undefined ? rows : sumOf(weights);
}

/** The same, of a column. */
export function recordsIn({ codes, weights }: Pick<EncodedColumn, 'codes' | 'weights'>): number {
  return recordsOf({ rows: codes.length, weights });
}

/** How many records have each code of a column. */
export function occurrencesOf({ codes, dictionary, weights }: EncodedColumn): Int32Array {
  const occurs = new Int32Array(dictionary.length);
  if (weights === undefined) {
    for (let row = 0; row < codes.length; row++) occurs[codes[row] ?? 0] = (occurs[codes[row] ?? 0] ?? 0) + 1;
  } else {
    for (let row = 0; row < codes.length; row++) {
      occurs[codes[row] ?? 0] = (occurs[codes[row] ?? 0] ?? 0) + (weights[row] ?? 0);
    }
  }
  return occurs;
}

function sumOf(weights: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] ?? 0;
  return sum;
}
