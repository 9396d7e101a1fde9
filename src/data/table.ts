import type { Digest } from '#base/digest';

/** What a column is to an adversary who knows people. */
export type ColumnRole = 'identifier' | 'quasi-identifier' | 'sensitive' | 'insensitive';

/** What all values of a column are; `text` where they are nothing in common, or none is there. */
export type ColumnType = 'integer' | 'number' | 'boolean' | 'date' | 'timestamp' | 'text';

export interface Column {
  readonly name: string;
  readonly role: ColumnRole;
  /** Told by the values, whatever the format declares; so it does not depend on the format. */
  readonly type: ColumnType;
  /**
   * One value a row; null where the value is missing. Numbers stand in their shortest form (`1.5`, `1e-7`), booleans as
   * `true` and `false`, dates and times as ISO 8601 has them; text as it stands.
   */
  readonly values: readonly (string | null)[];
}

export interface Table {
  readonly name: string;
  /** Of names, roles and values: the same for the same content in another format. */
  readonly digest: Digest;
  readonly rows: number;
  readonly columns: readonly Column[];
}
