import { takeRows } from '#base/tensor';
import type { Rows } from '../search/walk.js';

/** The rows for which `stays` holds, moved together. */
export function rowsThat(rows: Rows, stays: (position: number, i: number) => boolean): Rows {
  const kept = rows.positions.flatMap((position, i) => (stays(position, i) ? [i] : []));
  if (kept.length === rows.positions.length) return rows;
  return { positions: kept.map((i) => rows.positions[i] ?? -1), inputs: takeRows(rows.inputs, kept) };
}
