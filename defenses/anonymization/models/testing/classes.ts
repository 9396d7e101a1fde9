import type { ColumnType } from '#data/table';
import type { ClassSummary, EncodedColumn, EncodedTable } from '../../contract.js';

export type Value = string | null;

/** A table of one sensitive column, `s`, with the codes of a given dictionary or of the order in which values appear. */
export function tableOf(
  values: readonly Value[],
  type: ColumnType = 'text',
  dictionary = valuesOf(values),
): EncodedTable {
  const column: EncodedColumn = {
    name: 's',
    role: 'sensitive',
    type,
    codes: Int32Array.from(values, (value) => (value === null ? 0 : dictionary.indexOf(value))),
    dictionary,
  };
  return { rows: values.length, columns: [column] };
}

function valuesOf(values: readonly Value[]): Value[] {
  return [null, ...new Set(values.filter((value) => value !== null))];
}

/** A class of the table with these values, and as many people of the population as are said. */
export function classOf({ columns: [column] }: EncodedTable, values: readonly Value[], population = 0): ClassSummary {
  const dictionary = column?.dictionary ?? [];
  const counts = new Int32Array(dictionary.length);
  for (const value of values) {
    const code = dictionary.indexOf(value);
    if (code < 0) throw new Error(`the table has no ${String(value)}`);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return { size: values.length, population, counts: [counts] };
}

/** The class that two classes make together. */
export function joined(a: ClassSummary, b: ClassSummary): ClassSummary {
  const of = ({ counts }: ClassSummary) => counts[0] ?? new Int32Array(0);
  return {
    size: a.size + b.size,
    population: a.population + b.population,
    counts: [of(a).map((count, code) => count + (of(b)[code] ?? 0))],
  };
}
