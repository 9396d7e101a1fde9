import type { Digest } from '#base/digest';

/** What a column is to an adversary who knows people. */
export type ColumnRole = 'identifier' | 'quasi-identifier' | 'sensitive' | 'insensitive';

/** What all values of a column are; `text` where they are nothing in common, or none is there. */
export type ColumnType = 'integer' | 'number' | 'boolean' | 'date' | 'timestamp' | 'text';

export interface TableColumn {
  readonly name: string;
  readonly role: ColumnRole;
  /** Told by the values, whatever the format declares; so it does not depend on the format. */
  readonly type: ColumnType;
}

export interface Column extends TableColumn {
  /**
   * One value a row; null where the value is missing. Numbers stand in their shortest form (`1.5`, `1e-7`), booleans as
   * `true` and `false`, dates and times as ISO 8601 has them; text as it stands.
   */
  readonly values: readonly (string | null)[];
}

/** Consecutive rows of a table. */
export interface RowBatch {
  /** The number of its first row, from 0 on. */
  readonly first: number;
  readonly rows: number;
  /** Of each column that was asked for, in that order: one value a row, as a {@link Column} has them. */
  readonly columns: readonly Column['values'][];
}

export interface BatchOptions {
  /** Names of the columns that are read, in any order; default all, in the order of the table. */
  readonly columns?: readonly string[];
  /** How many rows are held at a time; changes no result. */
  readonly rows?: number;
}

/** A table of any size, which is walked over in batches of rows. */
export interface TableSource {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  /**
   * All rows in their order, some at a time; the last batch may have fewer. Every call begins with the first row.
   *
   * @throws AssayError `data` where the file behind it was changed since it was opened
   */
  readonly batches: (options?: BatchOptions) => AsyncIterable<RowBatch>;
}

/** The rows of a table, held in memory. */
export interface RowTable {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** A table that was read as a whole. */
export interface Table extends RowTable {
  /** Of names, roles and values: the same for the same content in another format. */
  readonly digest: Digest;
}
