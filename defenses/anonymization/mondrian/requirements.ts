import { AssayError } from '#base/errors';
import type { BoundModel, ClassSummary, EncodedColumn, EncodedTable } from '../contract.js';
import type { Part } from './cuts.js';
import type { Records } from './records.js';

/** Written over from class to class. */
interface Scratch extends ClassSummary {
  size: number;
}

interface Asked {
  readonly model: BoundModel;
  readonly summary: Scratch;
}

/** All privacy models of a release, asked about records that lie side by side. */
export class Requirements {
  /** The sensitive columns that a model looks at. */
  readonly columns: readonly EncodedColumn[];
  /** No smaller class may be released, by the models that look at sizes alone. */
  readonly leastSize: number;
  private readonly counts: readonly Int32Array[];
  private readonly ofSizes: readonly Asked[];
  private readonly ofValues: readonly Asked[];

  /** @throws AssayError `config` for a model that looks at the population */
  constructor(table: EncodedTable, models: readonly BoundModel[]) {
    models.forEach(refusePopulation);
    const positions = [...new Set(models.flatMap(({ sensitive }) => sensitive))];
    this.columns = positions.map((position) => columnAt(table, position));
    this.counts = this.columns.map(({ dictionary }) => new Int32Array(dictionary.length));
    const asked = models.map((model): Asked => {
      const counts = model.sensitive.flatMap((position) => this.counts[positions.indexOf(position)] ?? []);
      return { model, summary: { size: 0, population: 0, counts } };
    });
    this.ofSizes = asked.filter(({ model }) => model.sensitive.length === 0);
    this.ofValues = asked.filter(({ model }) => model.sensitive.length > 0);
    this.leastSize = this.smallestSize(table.rows);
  }

  /** Whether the models that look at nothing else hold for a class of a size. */
  sizeHolds(size: number): boolean {
    return size > 0 && this.ofSizes.every((asked) => holds(asked, size));
  }

  /** Whether every model holds for a part of the records; they carry the sensitive columns. */
  hold({ start, end, size }: Part, records: Records): boolean {
    if (!this.sizeHolds(size)) return false;
    if (this.ofValues.length === 0) return true;
    this.count(start, end, records, 1);
    const allHold = this.ofValues.every((asked) => holds(asked, size));
    this.count(start, end, records, -1);
    return allHold;
  }

  /** One more than `rows` where no size holds. */
  private smallestSize(rows: number): number {
    let size = 1;
    while (size <= rows && !this.sizeHolds(size)) size++;
    return size;
  }

  /** Counting back leaves zeros in time that does not depend on how many values there are. */
  private count(start: number, end: number, { carried, weights }: Records, sign: 1 | -1): void {
    for (const [i, codes] of carried.entries()) {
      const counts = this.counts[i] ?? new Int32Array(0);
      for (let place = start; place < end; place++) {
        const code = codes[place] ?? 0;
        counts[code] = (counts[code] ?? 0) + sign * (weights[place] ?? 0);
      }
    }
  }
}

function holds({ model, summary }: Asked, size: number): boolean {
  summary.size = size;
  return model.holds(summary);
}

function columnAt(table: EncodedTable, position: number): EncodedColumn {
  const column = table.columns[position];
  if (column === undefined) throw new RangeError(`the table has no column ${position}`);
  return column;
}

function refusePopulation({ model }: BoundModel): void {
  if (!model.needsPopulation) return;
  throw new AssayError('config', {
    what: `Mondrian cannot compare its ranges with a population, which ${model.name} asks for`,
    mend: 'Use full-domain generalization with this model.',
  });
}
