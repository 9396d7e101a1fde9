import { CsvError, parse } from 'csv-parse/sync';
import { AssayError, messageOf } from '#base/errors';
import { counted } from '#base/format';
import { canonicalWord } from '#data/tables/column-type';
import type { EncodedColumn, Hierarchy, HierarchyLevel } from '../contract.js';
import { checkedHierarchy, labelLevel, topLevel, valueLevel } from './levels.js';

/** A file of text, as it was read. */
export interface HierarchyFile {
  /** For messages. */
  readonly name: string;
  readonly text: string;
}

/** A row of the file: a leaf, then its label at level 1, 2, ... */
interface LeafRow {
  readonly fields: readonly string[];
  readonly line: number;
}

const DELIMITERS = [';', ','] as const;

/**
 * Reads a hierarchy as ARX writes it: a row for each leaf, with `;` or `,` between leaf, label of level 1, and so on; no header. The
 * rows of values that the column has are a part of it, and the others count as leaves all the same.
 *
 * @throws AssayError `data`, in one sentence with the line, where rows differ in length or two have one leaf, a level does not lie in the
 *   next, or the column has a value without a row
 */
export function readHierarchy(file: HierarchyFile, column: EncodedColumn): Hierarchy {
  const rows = rowsOf(file);
  const rowOf = rowsByLeaf(rows, column, file.name);
  const ofCode = column.dictionary.map((value) => (value === null ? undefined : rowOf.get(keyOf(value, column))));
  checkCovered(ofCode, column, file.name);
  const depth = rows[0]?.fields.length ?? 1;
  checkNested(rows, depth, file.name);
  const levels = Array.from({ length: depth - 1 }, (_, i) => levelOf(rows, ofCode, column, i + 1));
  return checkedHierarchy({ column: column.name, levels: [valueLevel(column), ...levels], leaves: rows.length });
}

/** @throws AssayError `data` for rows of different length */
function rowsOf(file: HierarchyFile): readonly LeafRow[] {
  const delimiter = delimiterOf(file.text);
  const rows: LeafRow[] = [];
  const onRecord = (fields: string[], { lines }: { readonly lines: number }): null => {
    if (fields.length > 1 || fields[0] !== '') rows.push({ fields, line: lines });
    return null;
  };
  parseRecords(file, delimiter, onRecord);
  const [first] = rows;
  if (first === undefined) throw new AssayError('data', { where: file.name, what: 'the hierarchy has no rows' });
  const ragged = rows.find(({ fields }) => fields.length !== first.fields.length);
  if (ragged === undefined) return rows;
  throw new AssayError('data', {
    where: `${file.name}, line ${ragged.line}`,
    what: `the row has ${counted(ragged.fields.length, 'field')}, and the first row has ${first.fields.length}`,
    mend: `Give each row a label for every level, with ${JSON.stringify(delimiter)} between them.`,
  });
}

/** A record of more bytes is taken for a quote that was never closed. */
const MAX_RECORD_BYTES = 1 << 20;

function parseRecords(
  { name, text }: HierarchyFile,
  delimiter: string,
  onRecord: (fields: string[], context: { readonly lines: number }) => null,
): void {
  try {
    parse(text, {
      delimiter,
      bom: true,
      relax_column_count: true,
      max_record_size: MAX_RECORD_BYTES,
      on_record: onRecord,
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new AssayError('data', {
      where: name,
      what: `the hierarchy is not CSV (${messageOf(cause)})`,
      mend: 'Fields with quotes are quoted, and quotes in them doubled.',
      cause,
    });
  }
}

/** The one that stands in the first line outside of quotes; a semicolon, where both do: commas are in labels such as [20, 25). */
function delimiterOf(text: string): string {
  const [first = ''] = text.replace(/"[^"]*"/g, '').split(/\r?\n/, 1);
  return DELIMITERS.find((delimiter) => first.includes(delimiter)) ?? ';';
}

/** A value of the column in the form in which leaves are compared: the number 1.50 is 1.5. */
function keyOf(value: string, { type }: EncodedColumn): string {
  return type === 'text' ? value : canonicalWord(value);
}

function rowsByLeaf(rows: readonly LeafRow[], column: EncodedColumn, where: string): ReadonlyMap<string, LeafRow> {
  const rowOf = new Map<string, LeafRow>();
  for (const row of rows) {
    const [leaf = ''] = row.fields;
    const key = keyOf(leaf, column);
    const other = rowOf.get(key);
    if (other !== undefined) {
      throw new AssayError('data', {
        where: `${where}, line ${row.line}`,
        what: `the value ${JSON.stringify(leaf)} has a row already, in line ${other.line}`,
        mend: 'Keep one of them.',
      });
    }
    rowOf.set(key, row);
  }
  return rowOf;
}

function checkCovered(
  ofCode: readonly (LeafRow | undefined)[],
  { name, dictionary }: EncodedColumn,
  where: string,
): void {
  const without = dictionary.filter((value, code) => value !== null && ofCode[code] === undefined);
  const [first] = without;
  if (first === undefined) return;
  const others = without.length === 1 ? '' : `, nor ${counted(without.length - 1, 'other value')} of it`;
  throw new AssayError('data', {
    where,
    what: `the value ${JSON.stringify(first)} of the column ${JSON.stringify(name)} is not in the hierarchy${others}`,
    mend: 'Add a row for it, or declare it as missing.',
  });
}

/** A label of one level has one label above it. */
function checkNested(rows: readonly LeafRow[], depth: number, where: string): void {
  for (let level = 1; level + 1 < depth; level++) {
    const above = new Map<string, LeafRow>();
    for (const row of rows) {
      const [label = '', parent = ''] = row.fields.slice(level, level + 2);
      const known = above.get(label);
      if (known === undefined) above.set(label, row);
      else if (known.fields[level + 1] !== parent) {
        throw new AssayError('data', {
          where: `${where}, line ${row.line}`,
          what:
            `the levels are not nested: ${JSON.stringify(label)} of level ${level} lies in ${JSON.stringify(parent)} here and in ` +
            `${JSON.stringify(known.fields[level + 1])} in line ${known.line}`,
          mend: 'Put each label of a level under one label of the next.',
        });
      }
    }
  }
}

function levelOf(
  rows: readonly LeafRow[],
  ofCode: readonly (LeafRow | undefined)[],
  column: EncodedColumn,
  level: number,
): HierarchyLevel {
  const leaves = new Map<string, number>();
  for (const { fields } of rows) leaves.set(fields[level] ?? '', (leaves.get(fields[level] ?? '') ?? 0) + 1);
  const [only] = leaves.keys();
  if (leaves.size === 1 && only !== undefined) return topLevel(column, rows.length, only);
  return labelLevel(column, (code) => {
    const label = ofCode[code]?.fields[level] ?? '';
    return { label, leavesUnder: leaves.get(label) ?? 0 };
  });
}
