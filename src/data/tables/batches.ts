import type { ColumnType, RowBatch, TableColumn } from '../table.js';
import { CANONICAL, TypeInference } from './column-type.js';
import { ownText } from './columns.js';
import type { RowSink } from './rows.js';

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
  type(position: number): ColumnType {
    return (this.columns[position]?.inference ?? new TypeInference()).type;
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

/** Makes batches of some columns of rows. */
export class BatchSink implements RowSink {
  private readonly forms: readonly Recent<{ readonly value: string | null }>[];
  private ready: RowBatch[] = [];
  private open: (string | null)[][];
  private filled = 0;
  private first = 0;

  /**
   * @param columns those that are taken
   * @param positions where each of them stands in a row
   * @param size rows of a batch
   */
  constructor(
    columns: readonly TableColumn[],
    private readonly positions: readonly number[],
    missing: ReadonlySet<string>,
    private readonly size: number,
  ) {
    this.forms = columns.map(({ type }) => {
      const canonical = CANONICAL[type];
      return new Recent((value) => {
        if (missing.has(value.trim())) return { value: null };
        return { value: canonical === null ? value : canonical(value) };
      });
    });
    this.open = positions.map(() => []);
  }

  row(values: readonly (string | null)[]): void {
    for (let i = 0; i < this.open.length; i++) {
      const value = values[this.positions[i] ?? NaN] ?? null;
      this.open[i]?.push(value === null ? null : (this.forms[i]?.of(value).value ?? null));
    }
    this.filled += 1;
    if (this.filled === this.size) this.close();
  }

  /** The batches that are whole; each is given once. */
  taken(): readonly RowBatch[] {
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  end(): void {
    if (this.filled > 0) this.close();
  }

  private close(): void {
    this.ready.push({ first: this.first, rows: this.filled, columns: this.open });
    this.first += this.filled;
    this.filled = 0;
    this.open = this.positions.map(() => []);
  }
}
