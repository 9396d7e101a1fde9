import type { TableSource } from '#data/table';
import { countRows } from './encoding/observe.js';
import { coded } from './group-rows.js';
import { countMatches, type Combination, type MissingConvention } from './match-counts.js';

/** A census of the table's classes. Values are shown for at most ten of them, the smallest. */
export interface KAnonymityEvidence {
  readonly k: number;
  readonly missing: MissingConvention;
  readonly quasiIdentifiers: readonly string[];
  /** Columns that are declared identifiers, and so are taken to be removed before the table is released. */
  readonly identifiers: readonly string[];
  readonly records: number;
  /** Of `records`: those whose quasi-identifiers are all missing. They are in no class. */
  readonly suppressed: number;
  /** Different combinations of quasi-identifiers among the others: the classes, where missing is an own value. */
  readonly combinations: number;
  readonly smallestClass: number;
  readonly recordsBelowK: number;
  /** Records that no other agrees with. */
  readonly sampleUniques: number;
  readonly risk: Risk;
  /** Classes with `from <= size < to`. */
  readonly sizes: readonly SizeBin[];
  readonly smallest: readonly ExampleClass[];
}

/** How likely a record is re-identified by one who knows that its person is in the table. */
export interface Risk {
  /** 1 / size of the smallest class. */
  readonly highest: number;
  /** The mean of 1 / size over records. */
  readonly average: number;
  /** Classes / records; null where classes overlap, as they do when missing matches everything. */
  readonly marketer: number | null;
}

export interface SizeBin {
  readonly from: number;
  readonly to: number;
  readonly combinations: number;
  readonly records: number;
}

export interface ExampleClass {
  /** The first record of the class: 1 is the one behind the header. */
  readonly record: number;
  /** In the order of the quasi-identifiers. */
  readonly values: readonly (string | null)[];
  readonly size: number;
}

/**
 * Describes the classes of a table, with the values of the `examples` smallest ones. Reads the quasi-identifiers alone, and holds their
 * different combinations, by either convention for missing values.
 */
export async function takeCensus(
  table: TableSource,
  options: { readonly k: number; readonly missing: MissingConvention },
  examples: number,
): Promise<KAnonymityEvidence> {
  const named = (role: string) => table.columns.filter((column) => column.role === role).map(({ name }) => name);
  const counted = await countRows(table, named('quasi-identifier'));
  const columns = counted.columns.map(coded);
  const { combinations, suppressed } = countMatches(columns, counted.rows, options.missing, counted.weights);
  const sizes = bySize(combinations);
  const recordsBelow = (limit: number) => recordsOf(sizes.filter(({ size }) => size < limit));
  return {
    k: options.k,
    missing: options.missing,
    quasiIdentifiers: named('quasi-identifier'),
    identifiers: named('identifier'),
    records: table.rows,
    suppressed,
    combinations: combinations.length,
    smallestClass: sizes[0]?.size ?? 0,
    recordsBelowK: recordsBelow(options.k),
    sampleUniques: recordsBelow(2),
    risk: riskOf(sizes, options.missing),
    sizes: sizeBins(sizes, options.k),
    smallest: smallestOf(combinations, examples).map(({ row, matches }) => ({
      record: (counted.firstOf?.[row] ?? row) + 1,
      values: counted.columns.map(({ codes, dictionary }) => dictionary[codes[row] ?? 0] ?? null),
      size: matches,
    })),
  };
}

/** What is in the classes of one size. */
interface SizeCount {
  readonly size: number;
  readonly combinations: number;
  readonly records: number;
}

/** Ascending. In whole numbers, so that nothing that follows depends on the order of the table. */
function bySize(combinations: readonly Combination[]): SizeCount[] {
  const counts = new Map<number, { size: number; combinations: number; records: number }>();
  for (const { matches, records } of combinations) {
    const count = counts.get(matches) ?? { size: matches, combinations: 0, records: 0 };
    count.combinations += 1;
    count.records += records;
    counts.set(matches, count);
  }
  return [...counts.values()].sort((a, b) => a.size - b.size);
}

function riskOf(sizes: readonly SizeCount[], missing: MissingConvention): Risk {
  const records = recordsOf(sizes);
  const share = (sum: number) => (records === 0 ? 0 : sum / records);
  const smallest = sizes[0]?.size;
  return {
    highest: smallest === undefined ? 0 : 1 / smallest,
    average: share(sizes.reduce((sum, { size, records: members }) => sum + members / size, 0)),
    marketer: missing === 'own-value' ? share(sizes.reduce((sum, { combinations }) => sum + combinations, 0)) : null,
  };
}

/** Bins that double in width, from 1 up to k and from k on, so that k is the edge of one. */
function sizeBins(sizes: readonly SizeCount[], k: number): SizeBin[] {
  const largest = sizes.at(-1)?.size ?? 0;
  const edges = [1];
  for (let edge = 2; edge < k; edge *= 2) edges.push(edge);
  for (let edge = k; edge <= 2 * largest || edge === k; edge *= 2) edges.push(edge);
  return edges.slice(1).map((to, i) => {
    const from = edges[i] ?? 1;
    const inside = sizes.filter(({ size }) => size >= from && size < to);
    return {
      from,
      to,
      combinations: inside.reduce((sum, { combinations }) => sum + combinations, 0),
      records: recordsOf(inside),
    };
  });
}

function smallestOf(combinations: readonly Combination[], count: number): Combination[] {
  return [...combinations].sort((a, b) => a.matches - b.matches || a.row - b.row).slice(0, count);
}

function recordsOf(sizes: readonly SizeCount[]): number {
  return sizes.reduce((sum, { records }) => sum + records, 0);
}
