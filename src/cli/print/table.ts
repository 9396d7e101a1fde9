import { widthOf } from './text.js';

export interface Column {
  readonly label: string;
  readonly align?: 'left' | 'right';
}

/** Rows under their labels, two spaces apart, without rules: readable, and easy to cut with other tools. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const header = columns.map(({ label }) => label);
  return [header, ...rows].map((row) => alignedRow(row, columns, widthsOf([header, ...rows]))).join('\n');
}

/** Names and values, one pair a line. */
export function pairs(entries: readonly (readonly [string, string])[]): string {
  const widths = widthsOf(entries);
  return entries.map((entry) => alignedRow(entry, [{ label: '' }, { label: '' }], widths)).join('\n');
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))));
  return widths;
}

function alignedRow(row: readonly string[], columns: readonly Column[], widths: readonly number[]): string {
  const cells = columns.map(({ align }, i) => {
    const cell = row[i] ?? '';
    const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell)));
    return align === 'right' ? space + cell : cell + space;
  });
  return cells.join('  ').trimEnd();
}
