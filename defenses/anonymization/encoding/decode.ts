import type { Column } from '#data/table';
import type { EncodedColumn } from '../contract.js';

/** A column in the words of its values. */
export function decodedColumn({ name, role, type, codes, dictionary }: EncodedColumn): Column {
  return { name, role, type, values: Array.from(codes, (code) => dictionary[code] ?? null) };
}
