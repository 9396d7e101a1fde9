import type { EncodedColumn } from '../contract.js';
import { isNumeric, momentsOf, numberOf, numbersOf } from '../numeric-values.js';

/** A column behind a perturbation. Rows keep their places, so perturbations can follow each other. */
export interface ProtectedColumn {
  readonly column: EncodedColumn;
  readonly effect: Effect;
}

/** What a perturbation did to a column. */
export interface Effect {
  /** Cells that are not what they were. */
  readonly changed: number;
  /** Of those, cells that are missing now. */
  readonly emptied: number;
  /** Cells that had a value. */
  readonly present: number;
  /** Null where the column has no numbers, or lost them to a label. */
  readonly numbers: NumericEffect | null;
}

/** Of rows that have a number before and after; dates in days, times in milliseconds. */
export interface NumericEffect {
  readonly mean: BeforeAndAfter;
  /** With n - 1. */
  readonly deviation: BeforeAndAfter;
  /** Pearson's, of values before with values after; null where either are all equal. */
  readonly correlation: number | null;
  /** The sum of squared changes, and its share of the squared distances to the mean before, in percent. */
  readonly sse: number;
  readonly ssePercent: number;
}

export interface BeforeAndAfter {
  readonly before: number;
  readonly after: number;
}

/** A column with other texts, by row. The dictionary is in the order of first appearance, as the contract has it. */
export function withTexts(column: EncodedColumn, textAt: (row: number) => string | null): EncodedColumn {
  const dictionary: (string | null)[] = [null];
  const known = new Map<string, number>();
  const codes = column.codes.map((_, row) => {
    const text = textAt(row);
    if (text === null) return 0;
    let code = known.get(text);
    if (code === undefined) {
      code = dictionary.push(text) - 1;
      known.set(text, code);
    }
    return code;
  });
  return { ...column, codes, dictionary };
}

export function textAt({ codes, dictionary }: EncodedColumn, row: number): string | null {
  return dictionary[codes[row] ?? 0] ?? null;
}

/** A column with other values, and what became of the old ones. */
export function protectedBy(before: EncodedColumn, after: EncodedColumn): ProtectedColumn {
  let changed = 0;
  let emptied = 0;
  let present = 0;
  for (let row = 0; row < before.codes.length; row++) {
    const [old, now] = [textAt(before, row), textAt(after, row)];
    if (old !== null) present++;
    if (old !== now) changed++;
    if (old !== null && now === null) emptied++;
  }
  return { column: after, effect: { changed, emptied, present, numbers: numericEffect(before, after) } };
}

function numericEffect(before: EncodedColumn, after: EncodedColumn): NumericEffect | null {
  if (!isNumeric(before)) return null;
  const { type } = before;
  const numbersAfter = Float64Array.from(after.dictionary, (text) => (text === null ? NaN : numberOf(text, type)));
  if (numbersAfter.some((number, code) => code > 0 && Number.isNaN(number))) return null;
  const numbersBefore = numbersOf(before);
  const both = before.codes.map((code, row) => (code > 0 && (after.codes[row] ?? 0) > 0 ? 1 : 0));
  const old = momentsOf(
    before.codes.map((code, row) => code * (both[row] ?? 0)),
    numbersBefore,
  );
  const now = momentsOf(
    after.codes.map((code, row) => code * (both[row] ?? 0)),
    numbersAfter,
  );
  let sse = 0;
  let products = 0;
  for (const [row, isThere] of both.entries()) {
    if (isThere === 0) continue;
    const x = numbersBefore[before.codes[row] ?? 0] ?? 0;
    const y = numbersAfter[after.codes[row] ?? 0] ?? 0;
    sse += (y - x) ** 2;
    products += (x - old.mean) * (y - now.mean);
  }
  const scale = (old.count - 1) * old.deviation * now.deviation;
  const squares = (old.count - 1) * old.deviation ** 2;
  return {
    mean: { before: old.mean, after: now.mean },
    deviation: { before: old.deviation, after: now.deviation },
    correlation: scale > 0 ? products / scale : null,
    sse,
    ssePercent: squares > 0 ? (100 * sse) / squares : 0,
  };
}
