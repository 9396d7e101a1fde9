import type { TableDetail } from '#report/details';
import { formatCount, formatEpsilon, formatNumber, formatRate, type EpsilonUnits } from '../../format.js';
import type { PageContext } from './context.js';
import type { DataTable } from './figure-schema.js';
import { headed, name, sentence } from './words.js';

/** Longer tables end here; the whole is in report.json. */
const MOST_ROWS = 200;

export interface Column {
  readonly label: string;
  readonly numeric: boolean;
}

/** A table whose first column, where it is text, names its rows. Null is a cell with nothing to say. */
export function dataTable(
  context: PageContext,
  title: string,
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  words: { readonly empty: string; readonly note?: string | null },
): DataTable {
  const caption = context.numbers.table(title);
  const { shown, left } = headed(rows, MOST_ROWS);
  const rest =
    left === 0
      ? []
      : [`The first ${formatCount(shown.length)} of ${formatCount(rows.length)} rows; the rest is in report.json.`];
  const notes = [...(words.note == null ? [] : [words.note]), ...rest];
  return {
    name: caption,
    caption,
    columns: columns.map(({ label, numeric }) => ({ label, numeric })),
    rows: shown.map((cells) =>
      columns.map(({ numeric }, index) => ({ text: cells[index] ?? '', numeric, heads: index === 0 })),
    ),
    empty: rows.length === 0 ? words.empty : null,
    note: notes.length === 0 ? null : notes.join(' '),
  };
}

/** A plugin's own table. */
export function pluginTable(detail: TableDetail, context: PageContext): DataTable {
  const columns = detail.columns.map((column) => ({ label: header(column), numeric: column.format !== 'text' }));
  const rows = detail.rows.map((row) =>
    detail.columns.map(({ format }, index) => cellText(row[index] ?? null, format, context.units)),
  );
  if (columns.length === 0) columns.push({ label: 'Value', numeric: false });
  return dataTable(context, name(detail.title), columns, rows, {
    empty: 'The audit recorded no rows.',
    note: detail.note === undefined ? null : sentence(detail.note),
  });
}

/** Units stand in the header: cells hold bare numbers. */
function header({ label, unit, format }: TableDetail['columns'][number]): string {
  if (format !== 'rate') return unit === undefined ? name(label) : `${name(label)} (${name(unit)})`;
  return unit === undefined || unit === '%' ? `${name(label)} (%)` : `${name(label)}, ${name(unit)} (%)`;
}

function cellText(
  cell: string | number | null,
  format: TableDetail['columns'][number]['format'],
  units: EpsilonUnits,
): string | null {
  if (typeof cell !== 'number') return cell === null ? null : sentence(cell);
  switch (format) {
    case 'rate':
      return formatRate(cell);
    case 'epsilon':
      return formatEpsilon(cell, units);
    case 'count':
      return formatCount(cell);
    case 'number':
    case 'text':
      return formatNumber(cell);
  }
}
