import { AssayError, messageOf } from '#base/errors';
import { linesIn, type RowReader, type RowSink } from './rows.js';

/** A longer line is no record of a table. */
const MAX_LINE_LENGTH = 1 << 20;
/** Every record may bring names of its own; a table has columns in common. */
const MAX_COLUMNS = 5_000;

/**
 * Reads JSON Lines: an object of plain values a line. Columns stand in the order in which their names first appear; a name
 * that a record lacks is missing there.
 */
export class JsonLinesReader implements RowReader {
  private readonly positions = new Map<string, number>();
  private line = 0;

  constructor(
    private readonly path: string,
    private readonly sink: RowSink,
  ) {}

  get names(): readonly string[] {
    return [...this.positions.keys()];
  }

  lines(lines: string): void {
    for (const line of linesIn(lines)) {
      this.line += 1;
      const where = `${this.path}, line ${this.line}`;
      if (line.length > MAX_LINE_LENGTH) {
        throw new AssayError('data', { where, what: `the line is longer than ${MAX_LINE_LENGTH} bytes` });
      }
      const text = line.trim();
      if (text !== '') this.record(text, where);
    }
  }

  end(): void {
    // Every line is whole in itself.
  }

  private record(text: string, where: string): void {
    const values: (string | null)[] = [];
    for (const [name, value] of Object.entries(recordOf(text, where))) {
      const position = this.positionOf(name, where);
      while (values.length < position) values.push(null);
      values[position] = textOf(value, name, where);
    }
    this.sink.row(values);
  }

  private positionOf(name: string, where: string): number {
    const known = this.positions.get(name);
    if (known !== undefined) return known;
    const position = this.positions.size;
    if (position >= MAX_COLUMNS) {
      throw new AssayError('data', { where, what: `there are more than ${MAX_COLUMNS} different names` });
    }
    this.positions.set(name, position);
    return position;
  }
}

function recordOf(text: string, where: string): Readonly<Record<string, unknown>> {
  const value = parsed(text, where);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new AssayError('data', { where, what: 'the line is not a JSON object', mend: 'Write one object a line.' });
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AssayError('data', {
      where,
      what: `the line is not JSON (${messageOf(cause)})`,
      mend: 'Write one object a line.',
      cause,
    });
  }
}

function textOf(value: unknown, name: string, where: string): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return numberText(value, name, where);
    default:
      if (value === null) return null;
      throw new AssayError('data', {
        where,
        what: `the column ${JSON.stringify(name)} is nested: it holds ${Array.isArray(value) ? 'a list' : 'an object'}`,
        mend: 'Give each value a column of its own.',
      });
  }
}

function numberText(value: number, name: string, where: string): string {
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= 1e21) return String(value);
  throw new AssayError('data', {
    where,
    what: `the column ${JSON.stringify(name)} holds ${value}, beyond the integers that JSON numbers hold exactly`,
    mend: 'Write it as text, in quotes.',
  });
}
