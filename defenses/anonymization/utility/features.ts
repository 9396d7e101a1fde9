import type { EncodedColumn } from '../contract.js';
import { isNumeric, numbersOf } from '../numeric-values.js';

/**
 * Columns as a tree splits them: numbers, dates and times by their value; categories in the order of the share of their records
 * that have the most frequent answer, where for two classes the best split of categories is one between neighbours (Breiman et
 * al. 1984, theorem 4.5). Missing values are below all others, categories that were not seen have the share of all records.
 *
 * @param answers of the rows, class indices
 * @param seen the rows that the order is learned from
 * @returns [columns][rows]
 */
export function trainingColumns(
  columns: readonly EncodedColumn[],
  answers: Float64Array,
  seen: Int32Array,
): Float64Array[] {
  const usual = mostFrequentAnswer(answers, seen);
  return columns.map((column) => {
    const values = isNumeric(column) ? numbersOf(column) : answerShares(column, answers, seen, usual);
    return Float64Array.from(column.codes, (code) => (code === 0 ? -Infinity : (values[code] ?? NaN)));
  });
}

/** By code. */
function answerShares(
  { codes, dictionary }: EncodedColumn,
  answers: Float64Array,
  seen: Int32Array,
  usual: number,
): Float64Array {
  const all = new Float64Array(dictionary.length);
  const usuals = new Float64Array(dictionary.length);
  let agreeing = 0;
  for (const row of seen) {
    const code = codes[row] ?? 0;
    const isUsual = Number(answers[row] === usual);
    all[code] = (all[code] ?? 0) + 1;
    usuals[code] = (usuals[code] ?? 0) + isUsual;
    agreeing += isUsual;
  }
  return all.map((count, code) => (count === 0 ? agreeing / seen.length : (usuals[code] ?? 0) / count));
}

function mostFrequentAnswer(answers: Float64Array, seen: Int32Array): number {
  const counts = new Map<number, number>();
  for (const row of seen) counts.set(answers[row] ?? NaN, (counts.get(answers[row] ?? NaN) ?? 0) + 1);
  return [...counts].reduce(
    (best, each) => (each[1] > best[1] || (each[1] === best[1] && each[0] < best[0]) ? each : best),
    [NaN, 0],
  )[0];
}
