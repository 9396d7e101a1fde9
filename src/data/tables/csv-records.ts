import { CsvError, parse } from 'csv-parse/sync';
import { AssayError } from '#base/errors';
import { checkNames } from './columns.js';
import { linesIn, type RowReader, type RowSink } from './rows.js';

/** A record of more bytes is taken for a quote that was never closed. */
export const MAX_RECORD_BYTES = 1 << 20;

export interface CsvLayout {
  readonly delimiter: string;
  /** What ends a line: a line feed, with or without a carriage return before it, or that alone in very old files. */
  readonly lineBreak: '\n' | '\r';
}

interface OpenRecord {
  text: string;
  readonly line: number;
  isQuoteOpen: boolean;
}

/**
 * Reads the records of a CSV text (RFC 4180). What is well formed is split here, ten times as fast as csv-parse does it; anything
 * else goes to csv-parse, which says what is wrong.
 */
export class CsvReader implements RowReader {
  names: readonly string[] = [];
  private line = 0;
  private open: OpenRecord | null = null;

  constructor(
    private readonly layout: CsvLayout,
    private readonly path: string,
    private readonly sink: RowSink,
  ) {}

  lines(lines: string): void {
    const { delimiter, lineBreak } = this.layout;
    for (const line of linesIn(lines, lineBreak)) {
      this.line += 1;
      if (line.length > MAX_RECORD_BYTES) throw this.tooLong(this.line);
      if (this.open === null && !line.includes('"')) this.record(withoutReturn(line).split(delimiter), this.line);
      else this.quoted(line);
    }
  }

  end(): void {
    if (this.open !== null) this.judge(this.open);
    if (this.names.length === 0) throw new AssayError('data', { where: this.path, what: 'the file has no header' });
  }

  /** A record ends at the first line break before which its quotes are even. */
  private quoted(line: string): void {
    if (this.open === null) {
      this.open = { text: line, line: this.line, isQuoteOpen: false };
    } else {
      this.open.text += this.layout.lineBreak + line;
    }
    const record = this.open;
    if (hasOddQuotes(line)) record.isQuoteOpen = !record.isQuoteOpen;
    if (record.text.length > MAX_RECORD_BYTES) throw this.tooLong(record.line);
    if (record.isQuoteOpen) return;
    this.open = null;
    const fields = fieldsOf(withoutReturn(record.text), this.layout.delimiter);
    if (fields === null) this.judge(record);
    else this.record(fields, record.line);
  }

  /** What csv-parse makes of a record that is not well formed. */
  private judge({ text, line }: OpenRecord): void {
    const { delimiter, lineBreak } = this.layout;
    try {
      const options = { delimiter, relax_column_count: true, max_record_size: MAX_RECORD_BYTES };
      for (const fields of parse(text, { ...options, record_delimiter: ['\r\n', lineBreak] }))
        this.record(fields, line);
    } catch (cause) {
      throw cause instanceof CsvError ? malformed(cause, this.path, line) : cause;
    }
  }

  private tooLong(line: number): AssayError {
    return new AssayError('data', { where: `${this.path}, line ${line}`, what: tooLongRecord() });
  }

  private record(fields: readonly string[], line: number): void {
    const { names } = this;
    const isEmpty = fields.length === 1 && fields[0] === '';
    if (names.length === 0) {
      if (isEmpty) return;
      this.names = fields;
      checkNames(fields, this.path);
    } else if (fields.length === names.length) {
      this.sink.row(fields);
    } else if (!isEmpty) {
      throw ragged(fields.length, names.length, line, this.path);
    }
  }
}

/** @throws AssayError `config` for a delimiter that no CSV can have */
export function checkDelimiter(delimiter: string, where: string): void {
  if (!/["\r\n]/.test(delimiter)) return;
  throw new AssayError('config', { where, what: 'the delimiter cannot be a quote or a line break' });
}

/** @returns null where a quote stands elsewhere than around a field, or one alone in it */
function fieldsOf(record: string, delimiter: string): string[] | null {
  const fields: string[] = [];
  for (let at = 0; ;) {
    let end: number;
    if (record.startsWith('"', at)) {
      end = closingQuote(record, at + 1);
      if (end === -1) return null;
      const field = record.slice(at + 1, end);
      fields.push(field.includes('"') ? field.replaceAll('""', '"') : field);
      end += 1;
    } else {
      const found = record.indexOf(delimiter, at);
      end = found === -1 ? record.length : found;
      const field = record.slice(at, end);
      if (field.includes('"')) return null;
      fields.push(field);
    }
    if (end === record.length) return fields;
    if (!record.startsWith(delimiter, end)) return null;
    at = end + delimiter.length;
  }
}

function closingQuote(record: string, from: number): number {
  let at = record.indexOf('"', from);
  while (at !== -1 && record.startsWith('"', at + 1)) at = record.indexOf('"', at + 2);
  return at;
}

function hasOddQuotes(line: string): boolean {
  let odd = false;
  for (let at = line.indexOf('"'); at !== -1; at = line.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function ragged(fields: number, columns: number, line: number, path: string): AssayError {
  return new AssayError('data', {
    where: `${path}, line ${line}`,
    what: `the record has ${fields} ${fields === 1 ? 'field' : 'fields'} and the header names ${columns}`,
    mend: 'Quote fields that hold the delimiter.',
  });
}

/** @param first the line in which the record begins */
function malformed(cause: CsvError, path: string, first: number): AssayError {
  const line: unknown = cause['lines'];
  return new AssayError('data', {
    where: `${path}, line ${typeof line === 'number' ? first + line - 1 : first}`,
    what: malformation(cause),
    mend: 'Fields with quotes are quoted, and quotes in them doubled.',
    cause,
  });
}

function malformation(cause: CsvError): string {
  switch (cause.code as string) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote that was opened is not closed before the file ends';
    case 'CSV_MAX_RECORD_SIZE':
      return tooLongRecord();
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a closing quote is followed by something else than a delimiter';
    case 'INVALID_OPENING_QUOTE':
      return 'a quote stands in the middle of a field that is not quoted';
    default:
      return `the record cannot be parsed (${cause.message})`;
  }
}

export function tooLongRecord(): string {
  return `a record is longer than ${MAX_RECORD_BYTES} bytes, as when a quote is not closed`;
}
