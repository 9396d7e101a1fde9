import type { TableSource } from '#data/table';
import type { Codes } from '../encoding/kept-codes.js';
import type { Observed } from '../encoding/observe.js';
import { coded, groupRows } from '../group-rows.js';
import { rowsInOrder } from '../row-order.js';
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

/** A column that nobody declared: a code of each record. */
export interface Candidate {
  readonly name: string;
  readonly codes: Codes;
  /** Codes are below it. */
  readonly size: number;
}

/** What is known of each record for a search. */
export interface ToldApart {
  readonly records: number;
  /** Records that agree in all declared quasi-identifiers; null without one. */
  readonly declared: Partition | null;
  /** In the order of the table. */
  readonly candidates: readonly Candidate[];
}

/**
 * What is asked of a table so that {@link toldApart} knows enough: a code of each record in the columns that nobody declared, since sets
 * of them are put together.
 */
export function askedToTellApart({ columns }: Pick<TableSource, 'columns'>): { readonly kept: readonly string[] } {
  return { kept: columns.filter(({ role }) => role === 'insensitive').map(({ name }) => name) };
}

/** @param observed with the quasi-identifiers among the counted columns */
export function toldApart({
  records,
  counted,
  rowOf,
  kept,
}: Pick<Observed, 'records' | 'counted' | 'rowOf' | 'kept'>): ToldApart {
  const quasi = counted.columns.filter(({ role }) => role === 'quasi-identifier');
  if (quasi.length === 0) return { records, declared: null, candidates: kept };
  const { group, count } = groupRows(quasi.map(coded), rowsInOrder(counted.rows));
  return { records, declared: { group: rowOf.map((row) => group[row] ?? 0), count }, candidates: kept };
}

/** Of groups that are split by some columns. */
export function distinctionOf(base: Partition, columns: readonly Candidate[]): Distinction {
  return measured(columns.reduce(refine, base), base.group.length);
}

/**
 * Finds quasi-identifiers that nobody declared: minimal sets of insensitive columns that tell records apart, alone or together
 * with the declared ones. Identifiers are removed before a release, and sensitive columns are what nobody knows, so neither is
 * looked at. Sets are tried by size; those that cannot reach the bar by the number of their columns' values are not counted.
 */
export function distinguishingSets(
  { records, declared, candidates }: ToldApart,
  options: DistinctionOptions,
): DistinctionSearch {
  const ofDeclared = declared === null ? null : measured(declared, records);
  const isTogether = ofDeclared !== null && ofDeclared.distinction < options.bar;
  const base = isTogether ? declared : null;
  const search = new Search(records, candidates, base ?? oneGroup(records), options);
  search.run();
  const sets = search.found.map((positions): ColumnSet => {
    const columns = positions.flatMap((position) => candidates[position] ?? []);
    return {
      columns: columns.map(({ name }) => name),
      ...distinctionOf(oneGroup(records), columns),
      withDeclared: base === null ? null : distinctionOf(base, columns),
    };
  });
  const told = (set: ColumnSet) => set.withDeclared?.distinction ?? set.distinction;
  return {
    ...{ bar: options.bar, maximumSize: options.maximumSize },
    candidates: candidates.map(({ name }) => name),
    ...{ declared: ofDeclared, isTogether },
    // Sorting is stable: of equal sets the first in the table comes first.
    sets: sets.sort((a, b) => a.columns.length - b.columns.length || told(b) - told(a)),
    ...{ counted: search.counted, isComplete: search.isComplete },
  };
}

class Search {
  readonly found: (readonly number[])[] = [];
  counted = 0;
  isComplete = true;
  private readonly needed: number;
  private workLeft: number;

  constructor(
    private readonly rows: number,
    private readonly candidates: readonly Candidate[],
    private readonly base: Partition,
    private readonly options: DistinctionOptions,
  ) {
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
      if (missing === 1 && partition.count * candidate.size < this.needed) continue;
      if (this.workLeft < this.rows) {
        this.isComplete = false;
        return;
      }
      this.workLeft -= this.rows;
      const refined = refine(partition, candidate);
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
