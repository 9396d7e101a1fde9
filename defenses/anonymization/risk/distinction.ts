import type { EncodedColumn, EncodedTable } from '../contract.js';
import { coded } from '../group-rows.js';
import { oneGroup, refine, sizesOf, type Partition } from './partition.js';

/**
 * How well a set of columns tells records apart (Motwani & Xu 2007, Efficient algorithms for masking and finding
 * quasi-identifiers). Both are counted over all records and exact; a missing value is a value of its own.
 */
export interface Distinction {
  /** Different combinations / records: the share of records that can be kept so that no two agree. */
  readonly distinction: number;
  /** The share of pairs of records that differ in the columns; 1 where there is no pair. */
  readonly separation: number;
  /** The share of records that no other agrees with. */
  readonly uniques: number;
}

/** A set of columns that nobody declared, none of whose subsets tells as much. */
export interface ColumnSet extends Distinction {
  readonly columns: readonly string[];
  /** Together with the declared quasi-identifiers; null where those were left out of the search. */
  readonly withDeclared: Distinction | null;
}

/** What a search for undeclared quasi-identifiers found. Plain JSON. */
export interface DistinctionSearch {
  /** A set counts from this distinction on. */
  readonly bar: number;
  readonly maximumSize: number;
  /** Undeclared columns that were looked at. */
  readonly candidates: readonly string[];
  /** Of the declared quasi-identifiers alone; null without one. */
  readonly declared: Distinction | null;
  /** Whether sets are measured together with the declared columns: so where these alone stay below the bar. */
  readonly isTogether: boolean;
  /** Minimal sets from the bar on: the smallest first, then by how much they tell, then in the order of the table. */
  readonly sets: readonly ColumnSet[];
  /** Sets whose combinations were counted. */
  readonly counted: number;
  /** False where the work ran out: then larger sets were not looked at. */
  readonly isComplete: boolean;
}

export interface DistinctionOptions {
  readonly bar: number;
  /** Columns in a set. */
  readonly maximumSize: number;
  /** Rows that may be grouped by a column, all sets together. Default 3e8: about ten seconds. */
  readonly maximumWork?: number;
}

const DEFAULT_WORK = 3e8;

/** The distinction of the named columns of a table. */
export function distinctionOf(table: EncodedTable, columns: readonly EncodedColumn[]): Distinction {
  const whole = columns.reduce<Partition>((partition, each) => refine(partition, coded(each)), oneGroup(table.rows));
  return measured(whole, table.rows);
}

/**
 * Finds quasi-identifiers that nobody declared: minimal sets of insensitive columns that tell records apart, alone or together
 * with the declared ones. Identifiers are removed before a release, and sensitive columns are what nobody knows, so neither is
 * looked at. Sets are tried by size; those that cannot reach the bar by the number of their columns' values are not counted.
 */
export function distinguishingSets(table: EncodedTable, options: DistinctionOptions): DistinctionSearch {
  const quasi = table.columns.filter(({ role }) => role === 'quasi-identifier');
  const candidates = table.columns.filter(({ role }) => role === 'insensitive');
  const declared = quasi.length === 0 ? null : distinctionOf(table, quasi);
  const isTogether = declared !== null && declared.distinction < options.bar;
  const search = new Search(table.rows, candidates, isTogether ? quasi : [], options);
  search.run();
  const sets = search.found.map((positions): ColumnSet => {
    const columns = positions.flatMap((position) => candidates[position] ?? []);
    return {
      columns: columns.map(({ name }) => name),
      ...distinctionOf(table, columns),
      withDeclared: isTogether ? distinctionOf(table, [...quasi, ...columns]) : null,
    };
  });
  const told = (set: ColumnSet) => set.withDeclared?.distinction ?? set.distinction;
  return {
    ...{ bar: options.bar, maximumSize: options.maximumSize },
    candidates: candidates.map(({ name }) => name),
    ...{ declared, isTogether },
    // Sorting is stable: of equal sets the first in the table comes first.
    sets: sets.sort((a, b) => a.columns.length - b.columns.length || told(b) - told(a)),
    ...{ counted: search.counted, isComplete: search.isComplete },
  };
}

class Search {
  readonly found: (readonly number[])[] = [];
  counted = 0;
  isComplete = true;
  private readonly base: Partition;
  private readonly needed: number;
  private workLeft: number;

  constructor(
    private readonly rows: number,
    private readonly candidates: readonly EncodedColumn[],
    declared: readonly EncodedColumn[],
    private readonly options: DistinctionOptions,
  ) {
    this.base = declared.reduce<Partition>((partition, each) => refine(partition, coded(each)), oneGroup(rows));
    this.needed = options.bar * rows;
    this.workLeft = options.maximumWork ?? DEFAULT_WORK;
  }

  run(): void {
    if (this.rows < 2) return;
    for (let size = 1; size <= Math.min(this.options.maximumSize, this.candidates.length); size++) {
      this.extend([], this.base, size);
    }
  }

  /** Tries all sets that begin with the chosen columns and have `missing` more. */
  private extend(chosen: readonly number[], partition: Partition, missing: number): void {
    for (let next = (chosen.at(-1) ?? -1) + 1; next <= this.candidates.length - missing; next++) {
      const candidate = this.candidates[next];
      if (candidate === undefined || !this.isComplete) return;
      const set = [...chosen, next];
      if (this.found.some((smaller) => smaller.every((position) => set.includes(position)))) continue;
      if (missing === 1 && partition.count * candidate.dictionary.length < this.needed) continue;
      if (this.workLeft < this.rows) {
        this.isComplete = false;
        return;
      }
      this.workLeft -= this.rows;
      const refined = refine(partition, coded(candidate));
      if (missing > 1) {
        this.extend(set, refined, missing - 1);
        continue;
      }
      this.counted += 1;
      if (refined.count >= this.needed) this.found.push(set);
    }
  }
}

function measured(partition: Partition, rows: number): Distinction {
  let [agreeing, uniques] = [0, 0];
  for (const size of sizesOf(partition)) {
    agreeing += size * (size - 1);
    if (size === 1) uniques += 1;
  }
  return {
    distinction: rows === 0 ? 0 : partition.count / rows,
    separation: rows < 2 ? 1 : 1 - agreeing / (rows * (rows - 1)),
    uniques: rows === 0 ? 0 : uniques / rows,
  };
}
