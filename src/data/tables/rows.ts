import { checkCells, ColumnBuilder, type RawColumns } from './columns.js';

/** Takes the rows of a text as they are read. */
export interface RowSink {
  /** Values by the position of their column, null where one is missing; columns behind the last one are missing. */
  row(values: readonly (string | null)[]): void;
}

/** Makes rows of the lines of a text. */
export interface RowReader {
  /** Of the columns that were met so far. */
  readonly names: readonly string[];
  /** @param lines whole ones with their ends. @throws AssayError `data` with the line that cannot be read */
  lines(lines: string): void;
  /** @throws AssayError `data` where the text is not complete */
  end(): void;
}

/** The lines of a text without their ends. */
export function* linesIn(text: string, lineBreak = '\n'): Generator<string> {
  for (let start = 0; start < text.length;) {
    const found = text.indexOf(lineBreak, start);
    const end = found === -1 ? text.length : found;
    yield text.slice(start, end);
    start = end + 1;
  }
}

/** Keeps rows as columns. */
export class ColumnSink implements RowSink {
  private readonly columns: ColumnBuilder[] = [];
  private rows = 0;

  constructor(
    private readonly missing: ReadonlySet<string>,
    /** The file, for messages. */
    private readonly where: string,
  ) {}

  row(values: readonly (string | null)[]): void {
    while (this.columns.length < values.length) this.columns.push(new ColumnBuilder(this.missing));
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? null;
      if (value === null) continue;
      const column = this.columns[i];
      column?.fill(this.rows);
      column?.push(value);
    }
    this.rows += 1;
    checkCells(this.rows, this.columns.length, this.where);
  }

  table(names: readonly string[]): RawColumns {
    while (this.columns.length < names.length) this.columns.push(new ColumnBuilder(this.missing));
    for (const column of this.columns) column.fill(this.rows);
    return { names, values: this.columns.map(({ values }) => values) };
  }
}
