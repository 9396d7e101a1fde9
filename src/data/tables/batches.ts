import type { ColumnRole, ColumnType } from '../table.js';
import { TypeInference } from './column-type.js';
import { ownText, ValuesDigest } from './columns.js';
import type { RowSink } from './rows.js';
import type { Digest } from '#base/digest';

/** Consecutive rows of a table: the values of each column, in the order of the columns. */
export interface RowBatch {
  /** The number of its first row, from 0 on. */
  readonly first: number;
  readonly rows: number;
  readonly columns: readonly (readonly (string | null)[])[];
}

/** A column and the form that its values take. */
export interface TypedColumn {
  readonly name: string;
  readonly role: ColumnRole;
  readonly type: ColumnType;
  readonly canonical: ((value: string) => string | null) | null;
}

/** Values of a column that were met lately; more of them would hold the memory of a whole column. */
const KNOWN_VALUES = 1 << 12;

/** What was made of each value of a column lately, for values that come again and again. */
class Recent<T> {
  private readonly known = new Map<string, T>();

  constructor(private readonly make: (value: string) => T) {}

  of(value: string): T {
    let made = this.known.get(value);
    if (made !== undefined) return made;
    if (this.known.size >= KNOWN_VALUES) this.known.clear();
    const own = ownText(value);
    made = this.make(own);
    this.known.set(own, made);
    return made;
  }
}

/** Tells the types of columns by rows that are not kept. */
export class TypesSink implements RowSink {
  rows = 0;
  private readonly columns: { readonly inference: TypeInference; readonly seen: Recent<true> }[] = [];

  constructor(private readonly missing: ReadonlySet<string>) {}

  row(values: readonly (string | null)[]): void {
    while (this.columns.length < values.length) this.columns.push(this.column());
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? null;
      if (value !== null) this.columns[i]?.seen.of(value);
    }
    this.rows += 1;
  }

  /** Of the column at a position. */
  form(position: number): TypeInference['form'] {
    return (this.columns[position]?.inference ?? new TypeInference()).form;
  }

  private column() {
    const inference = new TypeInference();
    const seen = new Recent((value): true => {
      if (!this.missing.has(value.trim())) inference.add(value);
      return true;
    });
    return { inference, seen };
  }
}

/** Makes batches of rows, and the digests of the columns they belong to. */
export class BatchSink implements RowSink {
  private readonly forms: readonly Recent<{ readonly value: string | null }>[];
  private readonly running: readonly ValuesDigest[];
  private ready: RowBatch[] = [];
  private open: (string | null)[][];
  private first = 0;

  constructor(
    private readonly columns: readonly TypedColumn[],
    missing: ReadonlySet<string>,
    private readonly size: number,
  ) {
    this.forms = columns.map(
      ({ canonical }) =>
        new Recent((value) => {
          if (missing.has(value.trim())) return { value: null };
          return { value: canonical === null ? value : canonical(value) };
        }),
    );
    this.running = columns.map(() => new ValuesDigest());
    this.open = columns.map(() => []);
  }

  row(values: readonly (string | null)[]): void {
    for (let i = 0; i < this.open.length; i++) {
      const value = values[i] ?? null;
      this.open[i]?.push(value === null ? null : (this.forms[i]?.of(value).value ?? null));
    }
    if (this.open[0]?.length === this.size) this.close();
  }

  /** The batches that are whole; each is given once. */
  taken(): readonly RowBatch[] {
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  end(): void {
    if ((this.open[0]?.length ?? 0) > 0) this.close();
  }

  /** Of all rows, when they have come to their end. */
  digests(): { readonly name: string; readonly role: ColumnRole; readonly values: Digest }[] {
    return this.columns.map(({ name, role }, i) => ({
      name,
      role,
      values: (this.running[i] ?? new ValuesDigest()).end(),
    }));
  }

  private close(): void {
    const columns = this.open;
    const rows = columns[0]?.length ?? 0;
    for (const [i, values] of columns.entries()) this.running[i]?.add(values);
    this.ready.push({ first: this.first, rows, columns });
    this.first += rows;
    this.open = this.columns.map(() => []);
  }
}
