import { basename } from 'node:path';
import { digestOfJson, runningDigest, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { closest } from '#config/closest';
import type { SourceFile } from '../file.js';
import type { Column, ColumnRole, Table } from '../table.js';
import { typed } from './column-type.js';
import type { EncodingOption } from './text-encoding.js';

export interface TableOptions {
  /** Of CSV: one character; by default it is told by the header and the first records. */
  readonly delimiter?: string | undefined;
  /** Of CSV and ARFF; default `auto`. */
  readonly encoding?: EncodingOption | undefined;
  /** Values that mean missing, compared without surrounding spaces; default the empty one. */
  readonly missing?: readonly string[];
  /** By column name; columns without one are insensitive. */
  readonly roles: Readonly<Record<string, ColumnRole>>;
}

/** Columns as a format gives them: text, with null where there is nothing. */
export interface RawColumns {
  readonly names: readonly string[];
  readonly values: readonly (readonly (string | null)[])[];
}

/** Values of one column; equal ones share one string, which keeps large tables small. */
export class ColumnBuilder {
  readonly values: (string | null)[] = [];
  private readonly known = new Map<string, string | null>();

  constructor(private readonly missing: ReadonlySet<string>) {}

  push(field: string | null): void {
    this.values.push(field === null ? null : this.shared(field));
  }

  /** Up to so many rows, where later ones have no value. */
  fill(rows: number): void {
    while (this.values.length < rows) this.values.push(null);
  }

  private shared(field: string): string | null {
    let value = this.known.get(field);
    if (value === undefined) {
      const own = ownText(field);
      value = this.missing.has(field.trim()) ? null : own;
      this.known.set(own, value);
    }
    return value;
  }
}

/** A text by itself: a slice of a file's text would keep all of it in memory. */
export function ownText(slice: string): string {
  return ` ${slice}`.slice(1);
}

/** Of a table in memory: 100 columns of a million rows. */
const MAX_CELLS = 100_000_000;

/** @throws AssayError `data` where a table has more values than are read */
export function checkCells(rows: number, columns: number, where: string): void {
  if (rows * columns <= MAX_CELLS) return;
  throw new AssayError('data', {
    where,
    what: `the table has ${rows} rows of ${columns} columns or more, and at most ${MAX_CELLS} values are read`,
    mend: 'Keep fewer rows or columns.',
  });
}

export function missingValues({ missing = [''] }: Pick<TableOptions, 'missing'>): ReadonlySet<string> {
  return new Set(missing.map((value) => value.trim()));
}

/**
 * A table of columns with their types and roles.
 *
 * @param hint what to do where a role names no column, if the format has a better idea than the nearest name
 * @throws AssayError `data` where two columns have one name, or a role is given to a column that is not there
 */
export function tableOf(
  { names, values }: RawColumns,
  file: SourceFile,
  { roles }: TableOptions,
  hint: string | null = null,
): Table {
  checkNames(names, file.path);
  checkRoles(names, roles, file.path, hint);
  const columns = names.map((name, i): Column => ({ name, role: roleOf(name, roles), ...typed(values[i] ?? []) }));
  return {
    name: basename(file.path),
    digest: digestOfTable(columns.map((column) => ({ ...column, values: digestOfValues(column.values) }))),
    rows: values[0]?.length ?? 0,
    columns,
  };
}

/** @throws AssayError `data` for two columns of one name */
export function checkNames(names: readonly string[], path: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new AssayError('data', {
        where: `${path}, header`,
        what: `two columns are named ${JSON.stringify(name)}`,
        mend: 'Give each column a name of its own.',
      });
    }
    seen.add(name);
  }
}

/** What to say where a name is no column's. */
export function nameHint(names: readonly string[], unknown: string): string {
  const nearest = closest(unknown, names);
  const some = names.slice(0, 20).map((name) => JSON.stringify(name));
  return nearest === null ? `The columns are ${some.join(', ')}.` : `Did you mean ${JSON.stringify(nearest)}?`;
}

/** @throws AssayError `data` where a role is given to a column that is not there */
export function checkRoles(
  names: readonly string[],
  roles: TableOptions['roles'],
  path: string,
  hint: string | null,
): void {
  const unknown = Object.keys(roles).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new AssayError('data', {
    where: `${path}, header`,
    what: `there is no column ${JSON.stringify(unknown)}, which \`roles\` names`,
    mend: hint ?? nameHint(names, unknown),
  });
}

export function roleOf(name: string, roles: TableOptions['roles']): ColumnRole {
  return Object.hasOwn(roles, name) ? (roles[name] ?? 'insensitive') : 'insensitive';
}

/** What decides a table: names, roles and values of its columns, wherever they come from. */
export function digestOfTable(
  columns: readonly { readonly name: string; readonly role: ColumnRole; readonly values: Digest }[],
): Digest {
  return digestOfJson(columns.map(({ name, role, values }) => ({ name, role, values })));
}

/** The digest of the values of a column, which come some at a time. */
export class ValuesDigest {
  private readonly pieces: Digest[] = [];
  private piece = runningDigest();
  private filled = 0;

  add(values: Column['values']): void {
    for (let at = 0; at < values.length;) {
      const taken = values.slice(at, at + PIECE - this.filled);
      const list = JSON.stringify(taken).slice(1, -1);
      this.piece.add(Buffer.from(`${this.filled === 0 ? '[' : ','}${list}`));
      at += taken.length;
      this.filled += taken.length;
      if (this.filled === PIECE) this.close();
    }
  }

  end(): Digest {
    if (this.filled > 0) this.close();
    return digestOfJson(this.pieces);
  }

  private close(): void {
    this.piece.add(Buffer.from(']'));
    this.pieces.push(this.piece.end());
    this.piece = runningDigest();
    this.filled = 0;
  }
}

/** In pieces: one text of a large column would be longer than a text can be. */
const PIECE = 1 << 16;

function digestOfValues(values: Column['values']): Digest {
  const digest = new ValuesDigest();
  digest.add(values);
  return digest.end();
}
