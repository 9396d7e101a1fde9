import { counted, percent } from '#base/format';
import type { Column, ColumnType } from '../table.js';

/** The values of a column without their rows: all that its type and role are told by. */
export interface ColumnSummary {
  readonly name: string;
  readonly type: ColumnType;
  readonly rows: number;
  /** The different values, in the order in which they first appear. */
  readonly distinct: readonly string[];
  /** How many rows have each of them. */
  readonly counts: ArrayLike<number>;
  /** Of at most 100,000 rows, in even steps ({@link stepOf}): which value they have, numbered in any way. */
  readonly sample: ArrayLike<number>;
}

/** More rows are looked at in even steps. */
const MAX_ROWS = 100_000;

/** Every so-manieth row is looked at where that of all would take too long. */
export function stepOf(rows: number): number {
  return Math.max(1, Math.ceil(rows / MAX_ROWS));
}

export function summaryOf({ name, type, values }: Column): ColumnSummary {
  const numbers = new Map<string, number>();
  const counts: number[] = [];
  const sample: number[] = [];
  const step = stepOf(values.length);
  for (const [row, value] of values.entries()) {
    let number = value === null ? MISSING : numbers.get(value);
    if (number === undefined && value !== null) {
      number = numbers.size;
      numbers.set(value, number);
    }
    if (number !== undefined && number !== MISSING) counts[number] = (counts[number] ?? 0) + 1;
    if (row % step === 0) sample.push(number ?? MISSING);
  }
  return { name, type, rows: values.length, distinct: [...numbers.keys()], counts, sample };
}

const MISSING = -1;

/** What is seen of a column. */
export interface ColumnFacts {
  readonly rows: number;
  readonly distinct: number;
  /** In [0, 1]. */
  readonly missing: number;
  /** The least and the largest number or date; null for others, for none, and for identifiers. */
  readonly range: readonly [string, string] | null;
  /** The most frequent values that several records share, up to three; none of identifiers. */
  readonly examples: readonly string[];
}

/** A value of fewer records might be that of a person. */
const SHARED_BY = 5;
const EXAMPLES = 3;

export function factsOf({ type, rows, distinct, counts }: ColumnSummary): ColumnFacts {
  const present = Array.from(counts).reduce((sum, count) => sum + count, 0);
  const countOf = (place: number) => counts[place] ?? 0;
  // Sorting is stable: of equals the first to appear.
  const frequent = Array.from(distinct.keys())
    .filter((place) => countOf(place) >= SHARED_BY)
    .sort((a, b) => countOf(b) - countOf(a));
  return {
    rows,
    distinct: distinct.length,
    missing: rows === 0 ? 0 : (rows - present) / rows,
    range: rangeOf(distinct, type),
    examples: frequent.slice(0, EXAMPLES).flatMap((place) => distinct[place] ?? []),
  };
}

/** `integer: 72 different values from 17 to 90, none missing`. */
export function typeEvidence(type: ColumnType, { distinct, missing, range, examples }: ColumnFacts): string {
  const parts = [
    `${type}: ${counted(distinct, 'different value')}${range === null ? '' : ` from ${range[0]} to ${range[1]}`}`,
    missing === 0 ? 'none missing' : `${percent(missing)} missing`,
    ...(range !== null || examples.length === 0
      ? []
      : [`such as ${examples.map((example) => JSON.stringify(example)).join(', ')}`]),
  ];
  return parts.join(', ');
}

function rangeOf(distinct: readonly string[], type: ColumnType): readonly [string, string] | null {
  const [first] = distinct;
  if (first === undefined || type === 'text' || type === 'boolean') return null;
  const isNumber = type === 'integer' || type === 'number';
  const isBelow = (a: string, b: string): boolean => (isNumber ? Number(a) < Number(b) : a < b);
  let least = first;
  let largest = first;
  for (const value of distinct) {
    if (isBelow(value, least)) least = value;
    if (isBelow(largest, value)) largest = value;
  }
  return [least, largest];
}
