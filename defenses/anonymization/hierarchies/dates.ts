import { AssayError } from '#base/errors';
import type { EncodedColumn, Hierarchy } from '../contract.js';
import { asNumeric, numbersOf, type NumericColumn } from '../numeric-values.js';
import { builtHierarchy, type LabelOf } from './levels.js';
import { NumericDomain } from './numeric-domain.js';
import { DATE_UNITS, type DateUnit } from './options.js';

const MILLISECONDS_A_DAY = 86_400_000;
const MILLISECONDS_A_SECOND = 1000;

/**
 * Units of the calendar: 2024-03-05, 2024-03, 2024-Q1, 2024, 2020s. Of a timestamp it is the day that is written, in its own
 * zone. A leaf is a day between the first and the last of the column; of timestamps a second.
 *
 * @throws AssayError `config` for units that do not lie in each other; `data` for a column without dates
 */
export function dateHierarchy(column: EncodedColumn, units: readonly DateUnit[]): Hierarchy {
  checkUnits(units, column.name);
  const dates = asDates(column);
  const scale = dates.type === 'date' ? 1 : MILLISECONDS_A_DAY;
  const domain = new NumericDomain(numbersOf(dates), dates.type === 'date' ? 1 : MILLISECONDS_A_SECOND);
  return builtHierarchy(
    column,
    domain.leaves,
    units.map((unit) => (code: number): LabelOf => {
      const { label, from, before } = periodOf(column.dictionary[code] ?? '', unit);
      return { label, leavesUnder: domain.leavesWithin(from * scale, before * scale) };
    }),
  );
}

function asDates(column: EncodedColumn): NumericColumn {
  const dates = asNumeric(column, 'a hierarchy of dates');
  if (dates.type === 'date' || dates.type === 'timestamp') return dates;
  throw new AssayError('data', {
    where: column.name,
    what: `a hierarchy of dates needs dates, and this column has ${column.type} values`,
    mend: 'Write dates as 2024-03-05, or use `ranges`.',
  });
}

function checkUnits(units: readonly DateUnit[], column: string): void {
  for (const [i, unit] of units.entries()) {
    const before = units[i - 1];
    if (before === undefined || DATE_UNITS.indexOf(before) < DATE_UNITS.indexOf(unit)) continue;
    throw new AssayError('config', {
      where: `the hierarchy of ${column}`,
      what: `a ${before} does not lie in a ${unit}`,
      mend: `List the units from the finest on: ${DATE_UNITS.join(', ')}.`,
    });
  }
}

/** In days since 1970-01-01. */
interface Period {
  readonly label: string;
  readonly from: number;
  readonly before: number;
}

/** @param text begins with a date as `2024-03-05` */
function periodOf(text: string, unit: DateUnit): Period {
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number);
  const [y, m, d] = [year ?? 0, month ?? 1, day ?? 1];
  const quarter = Math.floor((m - 1) / 3);
  switch (unit) {
    case 'day':
      return { label: text.slice(0, 10), from: dayOf(y, m, d), before: dayOf(y, m, d + 1) };
    case 'month':
      return { label: text.slice(0, 7), from: dayOf(y, m, 1), before: dayOf(y, m + 1, 1) };
    case 'quarter':
      return {
        label: `${text.slice(0, 4)}-Q${quarter + 1}`,
        from: dayOf(y, 3 * quarter + 1, 1),
        before: dayOf(y, 3 * quarter + 4, 1),
      };
    case 'year':
      return { label: text.slice(0, 4), from: dayOf(y, 1, 1), before: dayOf(y + 1, 1, 1) };
    case 'decade': {
      const begin = y - (y % 10);
      return { label: `${text.slice(0, 3)}0s`, from: dayOf(begin, 1, 1), before: dayOf(begin + 10, 1, 1) };
    }
  }
}

/** Months and days beyond the last run on into the next; years below 100 are what they say. */
function dayOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day) / MILLISECONDS_A_DAY;
}
