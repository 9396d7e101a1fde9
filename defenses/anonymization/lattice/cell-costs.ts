import type { EncodedColumn, Hierarchy } from '../contract.js';
import { occurrencesOf, recordsIn } from '../encoding/weights.js';

/**
 * What a metric that looks at cells charges. Costs are whole numbers, so that sums are exact and no order of adding them up
 * matters.
 */
export interface ColumnCosts {
  /** By level: of all records, none of them suppressed. */
  readonly totals: Float64Array;
  /** By level and code: what suppressing a record with this code adds. */
  readonly surcharges: readonly Float64Array[];
  /** A suppressed record's on average: totals of everything suppressed / records. */
  readonly full: number;
}

/** What one cell of a code costs at a level, and what it does when it is suppressed. */
interface CellPrice {
  at(level: number, code: number): number;
  suppressed(code: number): number;
}

/** The share of the hierarchy's leaves under a value (Iyengar 2002's LM), in units of 1 / (leaves - 1). */
export function lossCosts(column: EncodedColumn, { levels, leaves }: Hierarchy): ColumnCosts {
  const full = Math.max(1, leaves - 1);
  const costs = levels.map(({ leavesUnder }) => leavesUnder.map((under) => Math.max(0, under - 1)));
  return costsOf(column, levels.length, {
    at: (level, code) => costs[level]?.[levels[level]?.groupOf[code] ?? 0] ?? 0,
    suppressed: () => full,
  });
}

/** Levels climbed (Sweeney 2002's Prec), in units of 1 / height. */
export function precisionCosts(column: EncodedColumn, { levels }: Hierarchy): ColumnCosts {
  const height = Math.max(1, levels.length - 1);
  return costsOf(column, levels.length, { at: (level) => level, suppressed: () => height });
}

/** Units of a bit: small enough for any picture, and sums of them are exact for 100 million records. */
const ENTROPY_UNITS = 2 ** 20;

/**
 * Bits that are lost of which value it was: -log2 of (records with the value / records with the generalized value), both in the whole
 * table (de Waal & Willenborg 1999's non-uniform entropy). A suppressed cell could be any record's.
 */
export function entropyCosts(column: EncodedColumn, { levels }: Hierarchy): ColumnCosts {
  const records = occurrencesOf(column);
  const byGroup = levels.map(({ groupOf, labels }) => {
    const sums = new Float64Array(labels.length);
    for (let code = 0; code < records.length; code++) {
      sums[groupOf[code] ?? 0] = (sums[groupOf[code] ?? 0] ?? 0) + (records[code] ?? 0);
    }
    return sums;
  });
  const bits = (of: number, code: number) => {
    const own = records[code] ?? 0;
    return own === 0 ? 0 : Math.round(Math.log2(of / own) * ENTROPY_UNITS);
  };
  const all = recordsIn(column);
  return costsOf(column, levels.length, {
    at: (level, code) => bits(byGroup[level]?.[levels[level]?.groupOf[code] ?? 0] ?? 0, code),
    suppressed: (code) => bits(all, code),
  });
}

function costsOf(column: EncodedColumn, levels: number, price: CellPrice): ColumnCosts {
  const records = occurrencesOf(column);
  const totals = new Float64Array(levels);
  const surcharges = Array.from({ length: levels }, () => new Float64Array(records.length));
  let everything = 0;
  for (let code = 0; code < records.length; code++) {
    const count = records[code] ?? 0;
    const most = price.suppressed(code);
    everything += count * most;
    for (const [level, surcharge] of surcharges.entries()) {
      const cost = price.at(level, code);
      totals[level] = (totals[level] ?? 0) + count * cost;
      surcharge[code] = most - cost;
    }
  }
  return { totals, surcharges, full: everything / Math.max(1, recordsIn(column)) };
}
