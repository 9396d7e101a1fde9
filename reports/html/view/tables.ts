import type { TableDetail } from '#report/details';
import { formatCount, formatRate } from '../../format.js';
import type { FigureContext } from './context.js';
import type { DataTable } from './figure-schema.js';
import type { Phrase } from './phrase-schema.js';
import { asPhrase, headed } from './words.js';

/** Longer tables end here; the whole is in report.json. */
const MOST_ROWS = 200;

export interface Column {
  readonly label: string | Phrase;
  readonly numeric: boolean;
}

/** In the page's language where it is a string. */
export type Cell = string | Phrase | null;

export interface TableTexts {
  readonly title: string | Phrase;
  /** Why there are no rows. */
  readonly empty: string;
  readonly note?: Phrase;
}

/** A table whose first column names its rows. Null is a cell with nothing to say. */
export function dataTable<Row>(
  { numbers, words }: FigureContext,
  { title, empty, note }: TableTexts,
  columns: readonly Column[],
  rows: readonly Row[],
  cellsOf: (row: Row) => readonly Cell[],
): DataTable {
  const { id, label } = numbers.table();
  const { shown, left } = headed(rows, MOST_ROWS);
  return {
    id,
    caption: { label, title: asPhrase(title) },
    columns: columns.map((column) => ({ label: asPhrase(column.label), numeric: column.numeric })),
    rows: shown.map(cellsOf).map((cells) =>
      columns.map(({ numeric }, index) => ({
        content: asPhrase(cells[index] ?? ''),
        numeric,
        heads: index === 0,
      })),
    ),
    empty: rows.length === 0 ? empty : null,
    notes: [
      ...(note === undefined ? [] : [note]),
      ...(left === 0 ? [] : [asPhrase(words.figures.firstRows(shown.length, rows.length))]),
    ],
  };
}

/** Columns of words under the page's own headers. */
export function wordColumns(...labels: readonly string[]): Column[] {
  return labels.map((label) => ({ label, numeric: false }));
}

/** A plugin's own table. */
export function pluginTable(detail: TableDetail, context: FigureContext): DataTable {
  const { words, write } = context;
  const columns: Column[] = detail.columns.map((column) => ({
    label: header(column, context),
    numeric: column.format !== 'text',
  }));
  if (columns.length === 0) columns.push({ label: words.figures.column, numeric: false });
  const note = detail.note === undefined ? {} : { note: write.sentence(detail.note) };
  return dataTable(
    context,
    { title: write.english(detail.title), empty: words.figures.noRows, ...note },
    columns,
    detail.rows,
    (row) => detail.columns.map(({ format }, index) => cellText(row[index] ?? null, format, context)),
  );
}

/** Units stand in the header: cells hold bare numbers. */
function header({ label, unit, format }: TableDetail['columns'][number], { write }: FigureContext): Phrase {
  const { text, lang } = write.english(label);
  const of = unit === undefined ? null : write.name(unit);
  if (format !== 'rate') return { text: of === null ? text : `${text} (${of})`, lang };
  return { text: of === null || of === '%' ? `${text} (%)` : `${text}, ${of} (%)`, lang };
}

function cellText(
  cell: string | number | null,
  format: TableDetail['columns'][number]['format'],
  { write }: FigureContext,
): Cell {
  if (typeof cell !== 'number') return cell === null ? null : write.sentence(cell);
  switch (format) {
    case 'rate':
      return formatRate(cell);
    case 'epsilon':
      return write.epsilon(cell);
    case 'count':
      return formatCount(cell);
    case 'number':
    case 'text':
      return write.number(cell);
  }
}
