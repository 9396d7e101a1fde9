import { AssayError } from '#base/errors';
import type { Column, Table } from '#data/table';
import type { EncodedColumn, EncodedTable } from '../contract.js';

/** The columns of a table as small integers, in time proportional to its values. */
export function encodeTable(table: Table): EncodedTable {
  return { rows: table.rows, columns: table.columns.map((column) => new Dictionary().encode(column)) };
}

/**
 * A table and the population that it was drawn from, with one dictionary for each quasi-identifier of the table: a value has the
 * same code in both. The population has these columns alone.
 *
 * @throws AssayError `data` where the population lacks a quasi-identifier
 */
export function encodeWithPopulation(
  table: Table,
  population: Table,
): { readonly table: EncodedTable; readonly population: EncodedTable } {
  const columns: EncodedColumn[] = [];
  const people: EncodedColumn[] = [];
  for (const column of table.columns) {
    const dictionary = new Dictionary();
    columns.push(dictionary.encode(column));
    if (column.role === 'quasi-identifier') people.push(dictionary.encode(columnOf(population, column)));
  }
  return { table: { rows: table.rows, columns }, population: { rows: population.rows, columns: people } };
}

function columnOf(population: Table, { name, role, type }: Column): Column {
  const column = population.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return { ...column, role, type };
  throw new AssayError('data', {
    where: population.name,
    what: `the population has no column ${JSON.stringify(name)}, which is a quasi-identifier of the table`,
    mend: 'Give it the same quasi-identifiers as the table.',
  });
}

/** Numbers values by their first appearance, from 1 on. Columns encoded with one dictionary share its list, as it grows. */
class Dictionary {
  private readonly values: (string | null)[] = [null];
  private readonly known = new Map<string, number>();

  encode({ name, role, type, values }: Column): EncodedColumn {
    const codes = new Int32Array(values.length);
    for (let row = 0; row < values.length; row++) {
      const value = values[row] ?? null;
      if (value !== null) codes[row] = this.known.get(value) ?? this.add(value);
    }
    return { name, role, type, codes, dictionary: this.values };
  }

  private add(value: string): number {
    const code = this.values.length;
    this.values.push(value);
    this.known.set(value, code);
    return code;
  }
}
