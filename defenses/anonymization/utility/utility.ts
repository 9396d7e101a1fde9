import type { EncodedTable, Release } from '../contract.js';
import { recordsOf } from '../encoding/weights.js';
import { classSizesOfRelease, type ClassSizes } from '../risk/class-sizes.js';
import { aggregateEntropy, aggregateLoss, columnLosses, type ColumnLoss } from './loss.js';

/** How far up its hierarchy a column was generalized: 0 for values as they were, `height` for one value in place of all. */
export interface ColumnLevel {
  readonly column: string;
  readonly level: number;
  readonly height: number;
}

/** What a release cost. Suppressed records count, and never as a class of their own but where a name says so. */
export interface UtilityMeasures {
  readonly records: number;
  readonly suppressedShare: number;
  /** Sum of squared class sizes + records * suppressed records (Bayardo & Agrawal 2005); least is best. */
  readonly discernibility: number;
  /** (records - suppressed) / classes; null where no class is left. */
  readonly averageClassSize: number | null;
  /** Records / classes with the suppressed records as one class more, as ARX has it; null for no records. */
  readonly arxAverageClassSize: number | null;
  /** In [0, 1]: the shares of the columns by the geometric mean of (x + 1), minus 1. */
  readonly loss: number;
  /** In [0, 1]: non-uniform entropy lost, of all columns. */
  readonly entropy: number;
  readonly columns: readonly ColumnLoss[];
  /**
   * In [0, 1], 1 is best: 1 minus the mean over cells of the share of levels climbed (Prec of Sweeney 2002); a suppressed cell
   * climbed all. Null where values are not generalized by levels.
   */
  readonly precision: number | null;
}

/** @param levels of each released column; null where the algorithm does not generalize whole columns by levels */
export function utilityOf(
  table: EncodedTable,
  release: Release,
  levels: readonly ColumnLevel[] | null = null,
): UtilityMeasures {
  const sizes = classSizesOfRelease(release, table);
  const records = recordsOf(table);
  const columns = columnLosses(table, release);
  const suppressedShare = records === 0 ? 0 : sizes.suppressed / records;
  const classesInAll = sizes.classes + (sizes.suppressed > 0 ? 1 : 0);
  return {
    records,
    suppressedShare,
    discernibility: discernibilityOf(sizes),
    averageClassSize: sizes.classes === 0 ? null : sizes.records / sizes.classes,
    arxAverageClassSize: classesInAll === 0 ? null : records / classesInAll,
    loss: aggregateLoss(columns.map(({ share }) => share)),
    entropy: aggregateEntropy(table, release),
    columns,
    precision: levels === null ? null : precisionOf(release, levels, suppressedShare),
  };
}

function discernibilityOf({ counts, records, suppressed }: ClassSizes): number {
  const squares = counts.reduce((sum, { size, classes }) => sum + classes * size * size, 0);
  return squares + (records + suppressed) * suppressed;
}

function precisionOf({ columns }: Release, levels: readonly ColumnLevel[], suppressedShare: number): number | null {
  if (columns.length === 0) return null;
  let climbed = 0;
  for (const { name } of columns) {
    const own = levels.find(({ column }) => column === name);
    if (own === undefined) throw new RangeError(`no level is given for the column ${name}`);
    const share = own.height === 0 ? 0 : own.level / own.height;
    climbed += (1 - suppressedShare) * share + suppressedShare;
  }
  return 1 - climbed / columns.length;
}
