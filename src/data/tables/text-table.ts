import { AssayError } from '#base/errors';
import type { SourceFile } from '../file.js';
import { ArffReader } from './arff.js';
import { missingValues, type RawColumns, type TableOptions } from './columns.js';
import { checkDelimiter, CsvReader, MAX_RECORD_BYTES, tooLongRecord, type CsvLayout } from './csv-records.js';
import { detectDelimiter } from './delimiter.js';
import { JsonLinesReader } from './json-lines.js';
import { LineBlocks } from './line-blocks.js';
import type { TableReading } from './reading.js';
import { ColumnSink, type RowReader, type RowSink } from './rows.js';
import { decodeText, EncodingScan, withoutMark, type TextEncoding } from './text-encoding.js';

export type TextFormat = 'csv' | 'arff' | 'json-lines';
export type TextOptions = Pick<TableOptions, 'delimiter' | 'encoding'>;

/** What has to be known of a text before its rows are read. */
export type TextLayout =
  | { readonly format: 'csv'; readonly encoding: TextEncoding; readonly csv: CsvLayout }
  | { readonly format: 'arff' | 'json-lines'; readonly encoding: TextEncoding };

/** Of the beginning, by which the delimiter is told. */
const HEAD_BYTES = 1 << 16;

/** The first walk over a text, part by part: its encoding and its layout. */
export class TextScan {
  private readonly encoding: EncodingScan;
  private readonly blocks: LineBlocks;
  private readonly head: Uint8Array[] = [];
  private bytes = 0;

  constructor(
    private readonly format: TextFormat,
    private readonly path: string,
    private readonly options: TextOptions,
  ) {
    // JSON is UTF-8 by its standard (RFC 8259, section 8.1).
    this.encoding = new EncodingScan(path, format === 'json-lines' ? 'utf-8' : (options.encoding ?? 'auto'));
    // Readers refuse lines of half of that; what is longer still is not even put together.
    this.blocks = new LineBlocks(2 * MAX_RECORD_BYTES, () => {
      const what = format === 'csv' ? tooLongRecord() : `the line is longer than ${MAX_RECORD_BYTES} bytes`;
      throw new AssayError('data', { where: `${path}, line ${this.encoding.linesRead + 1}`, what });
    });
  }

  add(part: Uint8Array): void {
    if (this.bytes < HEAD_BYTES) this.head.push(part.slice(0, HEAD_BYTES - this.bytes));
    this.bytes += part.length;
    for (const block of this.blocks.add(part)) this.encoding.add(block);
  }

  /** @throws AssayError `data` where encoding or delimiter cannot be told */
  end(): TextLayout {
    for (const block of this.blocks.end()) this.encoding.add(block);
    const encoding = this.encoding.encoding();
    if (this.format !== 'csv') return { format: this.format, encoding };
    const head = withoutMark(Buffer.concat(this.head));
    const lineBreak = head.includes(0x0a) || !head.includes(0x0d) ? '\n' : '\r';
    return { format: 'csv', encoding, csv: { lineBreak, delimiter: this.delimiter(head, encoding, lineBreak) } };
  }

  private delimiter(head: Uint8Array, encoding: TextEncoding, lineBreak: CsvLayout['lineBreak']): string {
    const { path, options } = this;
    if (options.delimiter !== undefined) {
      checkDelimiter(options.delimiter, path);
      return options.delimiter;
    }
    const isWhole = this.bytes <= HEAD_BYTES;
    const lines = isWhole ? head : head.subarray(0, head.lastIndexOf(lineBreak.charCodeAt(0)) + 1);
    return detectDelimiter(decodeText(lines, encoding), lineBreak, path);
  }
}

/** The second walk: its rows. */
export class TextRows {
  readonly reader: RowReader;
  private readonly blocks = new LineBlocks(Infinity, () => {
    throw new RangeError('no line is longer than that');
  });
  private isFirst = true;

  constructor(
    private readonly layout: TextLayout,
    path: string,
    sink: RowSink,
  ) {
    this.reader = readerOf(layout, path, sink);
  }

  add(part: Uint8Array): void {
    for (const block of this.blocks.add(part)) this.read(block);
  }

  end(): void {
    for (const block of this.blocks.end()) this.read(block);
    this.reader.end();
  }

  private read(block: Uint8Array): void {
    this.reader.lines(decodeText(this.isFirst ? withoutMark(block) : block, this.layout.encoding));
    this.isFirst = false;
  }
}

/**
 * Reads the rows of a text in memory, every value as it stands.
 *
 * @throws AssayError `data` naming the line that cannot be read
 */
export function readText(
  file: SourceFile,
  format: TextFormat,
  options: Omit<TableOptions, 'roles'>,
): { readonly columns: RawColumns; readonly reading: TableReading } {
  const scan = new TextScan(format, file.path, options);
  scan.add(file.bytes);
  const layout = scan.end();
  const sink = new ColumnSink(missingValues(options), file.path);
  const rows = new TextRows(layout, file.path, sink);
  rows.add(file.bytes);
  rows.end();
  return { columns: sink.table(rows.reader.names), reading: readingOf(layout) };
}

export function readingOf(layout: TextLayout): TableReading {
  switch (layout.format) {
    case 'csv':
      return { format: 'csv', delimiter: layout.csv.delimiter, encoding: layout.encoding };
    case 'arff':
      return { format: 'arff', encoding: layout.encoding };
    case 'json-lines':
      return { format: 'json-lines' };
  }
}

function readerOf(layout: TextLayout, path: string, sink: RowSink): RowReader {
  switch (layout.format) {
    case 'csv':
      return new CsvReader(layout.csv, path, sink);
    case 'arff':
      return new ArffReader(path, sink);
    case 'json-lines':
      return new JsonLinesReader(path, sink);
  }
}
