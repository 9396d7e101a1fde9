import type { Digest } from '#base/digest';

/** What a column is to an adversary who knows people. */
export type ColumnRole = 'identifier' | 'quasi-identifier' | 'sensitive' | 'insensitive';

export interface Column {
  readonly name: string;
  readonly role: ColumnRole;
  /** One value a row; null where the value is missing. */
  readonly values: readonly (string | null)[];
}

export interface Table {
  readonly name: string;
  readonly digest: Digest;
  readonly rows: number;
  readonly columns: readonly Column[];
}
