import { AssayError } from '#base/errors';
import type { RowBatch, TableColumn, TableSource } from '#data/table';
import type { EncodedColumn, EncodedTable } from '../contract.js';
import { Dictionary } from './dictionary.js';
import { KeptCodes, type Codes } from './kept-codes.js';
import { RowCounter } from './row-counter.js';

/** What is asked of one walk over a table, by names of columns. */
export interface Question {
  /** Their different rows are counted. */
  readonly counted: readonly string[];
  /** Of them a code of each record is kept: one to four bytes. */
  readonly kept?: readonly string[];
  /** Of them the different values are counted. */
  readonly listed?: readonly string[];
  /** Of every column that is read the codes of every so-manieth record are kept; default none. */
  readonly step?: number;
}

export interface ObservedColumn extends TableColumn {
  readonly codes: Codes;
  /** Codes are below it. */
  readonly size: number;
}

/** What one walk over a table has to say. Nothing of it grows with the records but what the question keeps of each. */
export interface Observed {
  readonly records: number;
  /** The different rows of the counted columns, in the order of the table. */
  readonly counted: EncodedTable;
  /** Of every column that was read its different values: a row for each code, which stands for the records that have it. */
  readonly values: readonly EncodedColumn[];
  /** The row of `counted` that each record is; empty where nothing of each is kept. */
  readonly rowOf: Int32Array;
  readonly kept: readonly ObservedColumn[];
  /** By column that was read: the codes of every so-manieth record. */
  readonly sampled: readonly Int32Array[];
  /**
   * The rows of `counted` that the records of a batch are, once more.
   *
   * @param batch of the counted columns, in the order of the table
   * @throws AssayError `data` for a record that was not there
   */
  readonly find: (batch: RowBatch) => Int32Array;
}

/** Walks over a table once and reads the named columns alone. */
export async function observe(source: TableSource, question: Question): Promise<Observed> {
  const { counted, kept = [], listed = [], step = Infinity } = question;
  const isRead = ({ name }: TableColumn) => [counted, kept, listed].some((names) => names.includes(name));
  const columns = source.columns.filter(isRead);
  const dictionaries = columns.map(({ name }) => new Dictionary(name));
  const occurs = columns.map(() => new Tallies());
  const placesOf = (names: readonly string[]) =>
    columns.flatMap(({ name }, place) => (names.includes(name) ? [place] : []));
  const [countedPlaces, keptPlaces] = [placesOf(counted), placesOf(kept)];
  const counter = new RowCounter(countedPlaces.length);
  const keptCodes = keptPlaces.map(() => new KeptCodes(source.rows));
  const rowOf = new Int32Array(kept.length === 0 ? 0 : source.rows);
  const sampled = columns.map((): number[] => []);
  const at = <T>(list: readonly T[], places: readonly number[]) => places.flatMap((place) => list[place] ?? []);
  for await (const batch of source.batches({ columns: columns.map(({ name }) => name) })) {
    const codes = batch.columns.map((values, i) => dictionaries[i]?.codesOf(values) ?? new Int32Array(0));
    for (const [i, own] of codes.entries()) occurs[i]?.add(own);
    const numbers = counter.add(at(codes, countedPlaces), batch.rows, batch.first);
    if (rowOf.length > 0) rowOf.set(numbers, batch.first);
    for (const [i, own] of at(codes, keptPlaces).entries()) keptCodes[i]?.set(own, batch.first);
    const start = step === Infinity ? Infinity : Math.ceil(batch.first / step) * step;
    for (let record = start; record < batch.first + batch.rows; record += step) {
      for (const [i, own] of codes.entries()) sampled[i]?.push(own[record - batch.first] ?? 0);
    }
  }
  const { columns: rows, weights, firstOf } = counter.counted();
  const encoded = columns.map((column, i) => ({ ...column, dictionary: dictionaries[i]?.values ?? [null] }));
  return {
    records: source.rows,
    counted: {
      ...{ rows: weights.length, weights, firstOf },
      columns: at(encoded, countedPlaces).map((column, i) => ({
        ...column,
        ...{ codes: rows[i] ?? new Int32Array(0), weights },
      })),
    },
    values: encoded.map((column, i) => {
      const own = occurs[i]?.upTo(column.dictionary.length) ?? new Int32Array(0);
      return { ...column, codes: own.map((_, code) => code), weights: own };
    }),
    rowOf,
    kept: at(encoded, keptPlaces).map(({ dictionary, ...column }, i) => ({
      ...column,
      ...{ codes: keptCodes[i]?.codes ?? new Uint8Array(0), size: dictionary.length },
    })),
    sampled: sampled.map((codes) => Int32Array.from(codes)),
    find(batch) {
      const codes = batch.columns.map(
        (values, i) => dictionaries[countedPlaces[i] ?? -1]?.codesOf(values) ?? new Int32Array(0),
      );
      const found = counter.find(codes, batch.rows);
      if (!found.includes(-1)) return found;
      throw new AssayError('data', {
        where: source.name,
        what: 'the file was changed while it was read',
        mend: 'Run it again.',
      });
    },
  };
}

/** The different rows of some columns of a table, in one walk over it. */
export async function countRows(source: TableSource, names: readonly string[]): Promise<EncodedTable> {
  return (await observe(source, { counted: names })).counted;
}

/**
 * The different rows of a population in the quasi-identifiers of a table, which it has under the same names, and whose dictionaries grow by
 * what the population alone has: a value has the same code in both.
 *
 * @throws AssayError `data` where the population lacks a quasi-identifier
 */
export async function countPopulation(
  population: TableSource,
  { columns }: Pick<EncodedTable, 'columns'>,
): Promise<EncodedTable> {
  const quasi = columns.filter(({ role }) => role === 'quasi-identifier');
  const names = quasi.map(({ name }) => name);
  const lacking = names.find((name) => population.columns.every((column) => column.name !== name));
  if (lacking !== undefined) {
    throw new AssayError('data', {
      where: population.name,
      what: `the population has no column ${JSON.stringify(lacking)}, which is a quasi-identifier of the table`,
      mend: 'Give it the same quasi-identifiers as the table.',
    });
  }
  // The list is the one that the table's column has: it grows for both.
  const dictionaries = quasi.map(({ name, dictionary }) => new Dictionary(name, dictionary as (string | null)[]));
  const counter = new RowCounter(quasi.length);
  for await (const { rows, first, columns: values } of population.batches({ columns: names })) {
    const codes = values.map((each, i) => dictionaries[i]?.codesOf(each) ?? new Int32Array(0));
    counter.add(codes, rows, first);
  }
  const { columns: rows, weights, firstOf } = counter.counted();
  return {
    ...{ rows: weights.length, weights, firstOf },
    columns: quasi.map(({ name, role, type, dictionary }, i) => ({
      ...{ name, role, type, dictionary, weights },
      codes: rows[i] ?? new Int32Array(0),
    })),
  };
}

/** How many records have each code, in an array that grows. */
class Tallies {
  private counts = new Int32Array(64);

  add(codes: Int32Array): void {
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] ?? 0;
      if (code >= this.counts.length) this.grow(code);
      this.counts[code] = (this.counts[code] ?? 0) + 1;
    }
  }

  /** Of the codes below `size`. */
  upTo(size: number): Int32Array {
    const counts = new Int32Array(size);
    counts.set(this.counts.subarray(0, size));
    return counts;
  }

  private grow(code: number): void {
    const larger = new Int32Array(2 * Math.max(code, this.counts.length));
    larger.set(this.counts);
    this.counts = larger;
  }
}
