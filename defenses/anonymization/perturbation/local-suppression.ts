import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import type { EncodedColumn, EncodedTable } from '../contract.js';
import { quasiIdentifiersOf } from '../encoding/tuples.js';
import { MISSING } from '../group-rows.js';
import { combinationsOf, countMatches } from '../match-counts.js';
import { Agreement } from './agreement.js';
import type { LocalSuppressionOptions } from './options.js';
import { protectedBy, withTexts, textAt, type ProtectedColumn } from './protected-column.js';

export interface LocalSuppression {
  /** The quasi-identifiers, in the order of the table. */
  readonly columns: readonly ProtectedColumn[];
  /** Cells emptied, in all columns. */
  readonly cells: number;
  /** Rows that lost all their values: they are in no class. Others may have come without any. */
  readonly emptiedRows: number;
  /** The fewest records that a record with any value left agrees with; 0 where there is none. */
  readonly smallestClass: number;
  /** Passes over the table: more than one where emptied rows left others alone. */
  readonly rounds: number;
}

/** Comparisons of a cell: a minute or so. */
const MOST_STEPS = 3e10;
/** Columns are bits of an integer. */
const MOST_COLUMNS = 30;

/**
 * Empties single cells until every record agrees with at least k records, itself included, where a missing value agrees with every value (sdcMicro's
 * convention: Templ, Kowarik & Meindl 2015, section 3.1; {@link countMatches} with `matches-everything`). Records without any value
 * are in no class.
 *
 * A greedy heuristic: record by record, those with the fewest matches first, columns are emptied in which the record differs from the records
 * that it costs least to agree with: fewest cells, then the least important columns. It does not promise the least number of cells; that is
 * NP-hard (Meyerson & Williams 2004).
 *
 * @throws AssayError `config` for an importance of a column that is no quasi-identifier, no quasi-identifier or more than 30; `data` for a table with
 * too many different records to compare
 */
export function suppressLocally(table: EncodedTable, options: LocalSuppressionOptions): LocalSuppression {
  const columns = quasiIdentifiersOf(table);
  checkColumns(columns.length);
  const costs = costsOf(columns, options);
  const cells = columns.map(({ codes, dictionary }) => ({ codes: codes.slice(), size: dictionary.length }));
  let matches = countMatches(cells, table.rows, 'matches-everything');
  const emptyBefore = matches.suppressed;
  let rounds = 0;
  while (matches.combinations.some((combination) => combination.matches < options.k)) {
    rounds++;
    emptyCells(cells, table.rows, costs, aloneFirst(matches.combinations, options.k), options.k);
    matches = countMatches(cells, table.rows, 'matches-everything');
  }
  const released = columns.map((column, i) => {
    const codes = cells[i]?.codes ?? column.codes;
    return protectedBy(
      column,
      withTexts(column, (row) => (codes[row] === MISSING ? null : textAt(column, row))),
    );
  });
  return {
    columns: released,
    cells: released.reduce((sum, { effect }) => sum + effect.emptied, 0),
    emptiedRows: matches.suppressed - emptyBefore,
    smallestClass: matches.combinations.reduce(
      (least, one) => Math.min(least, one.matches),
      table.rows - matches.suppressed,
    ),
    rounds,
  };
}

/** One pass. A record that is emptied whole is no match of others any more: they may need another pass. */
function emptyCells(
  cells: readonly { readonly codes: Int32Array; readonly size: number }[],
  rows: number,
  costs: readonly number[],
  alone: readonly number[],
  k: number,
): void {
  const { kept, grouping, first } = combinationsOf(cells, rows);
  const sizes = new Int32Array(grouping.count);
  for (const group of grouping.group) sizes[group] = (sizes[group] ?? 0) + 1;
  const agreement = new Agreement(
    cells.map(({ codes }) => first.map((row) => codes[row] ?? MISSING)),
    sizes,
    costs,
  );
  checkEffort(alone.length, grouping.count, cells.length);
  for (const combination of alone) agreement.helpToAgree(combination, k);
  for (const [i, row] of kept.entries()) {
    const combination = grouping.group[i] ?? 0;
    for (const [column, { codes }] of cells.entries()) codes[row] = agreement.codeAt(column, combination);
  }
}

/** Combinations that match too few, by their numbers, those with the fewest matches first. */
function aloneFirst(combinations: readonly { readonly matches: number }[], k: number): number[] {
  const matchesOf = (i: number) => combinations[i]?.matches ?? 0;
  return [...combinations.keys()].filter((i) => matchesOf(i) < k).sort((a, b) => matchesOf(a) - matchesOf(b) || a - b);
}

/** Any number of important columns costs less than one cell more. */
function costsOf(columns: readonly EncodedColumn[], { importance = [] }: LocalSuppressionOptions): number[] {
  const unknown = importance.find((name) => !columns.some((column) => column.name === name));
  if (unknown !== undefined) {
    throw new AssayError('config', {
      what: `importance names ${unknown}, which is no quasi-identifier`,
      mend: `Those are ${columns.map(({ name }) => name).join(', ')}.`,
    });
  }
  const place = ({ name }: EncodedColumn) => (importance.includes(name) ? importance.indexOf(name) : importance.length);
  const byImportance = [...columns].sort((a, b) => place(a) - place(b) || a.dictionary.length - b.dictionary.length);
  const cell = columns.length ** 2;
  return columns.map((column) => cell + columns.length - 1 - byImportance.indexOf(column));
}

function checkColumns(columns: number): void {
  if (columns > 0 && columns <= MOST_COLUMNS) return;
  throw new AssayError('config', {
    what: `local suppression needs 1 to ${MOST_COLUMNS} quasi-identifiers, and the table has ${columns}`,
    mend: 'Change the roles of columns, or use Mondrian.',
  });
}

function checkEffort(alone: number, combinations: number, columns: number): void {
  if (alone * combinations * columns <= MOST_STEPS) return;
  throw new AssayError('data', {
    what: `${grouped(alone)} of ${grouped(combinations)} different records match too few others, too many to compare each with all`,
    mend: 'Generalize the table first: local suppression is for the few that are left over.',
  });
}
