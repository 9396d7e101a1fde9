import { AssayError } from '#base/errors';
import { quasiIdentifiersOf } from '../encoding/tuples.js';
import { groupRows } from '../group-rows.js';
import type { BoundModel, EncodedTable, Hierarchy, Release, ReleasedColumn } from '../contract.js';
import { rowsInOrder } from '../row-order.js';
import { cutsOf, type Cut, type RankedStretch } from './cuts.js';
import { dimensionOf, type Dimension } from './dimension.js';
import { Frames } from './frames.js';
import { ClassLabels } from './labels.js';
import { MedianFinder } from './median.js';
import type { MondrianOptions } from './options.js';
import { Records, type Stretch } from './records.js';
import { Requirements } from './requirements.js';

export interface MondrianInput {
  readonly table: EncodedTable;
  /** A class is released where all of them hold. */
  readonly models: readonly BoundModel[];
  /** Of quasi-identifiers that are to be cut along one; the others are cut at medians. */
  readonly hierarchies: readonly Hierarchy[];
}

/**
 * Multidimensional generalization (LeFevre, DeWitt & Ramakrishnan 2006, "Mondrian Multidimensional K-Anonymity"): a partition is cut in
 * the dimension in which its records are furthest apart, in shares of the domain, for which all parts satisfy the models; where no
 * dimension is left it is a class. Greedy, so in no sense optimal.
 *
 * Numbers, dates and times are cut at the median and become `[20, 35]`; values with a hierarchy are cut into all branches of the
 * lowest group that holds them, whose label they become; others are cut at the median of their order of first appearance and become
 * `{Private, State-gov}`. One value stays itself. A missing value is a value of its own: a partition that has some is cut into missing
 * and present first; where the models do not let it, the missing ones stay with the lowest others and the class is called `*`, which
 * hides which is which. Where all are missing they stay missing.
 *
 * A table that does not satisfy the models as one class, as one with fewer than k rows, is suppressed whole. Time is in
 * proportion to rows times quasi-identifiers times the logarithm of rows / k.
 *
 * @throws AssayError `config` without quasi-identifiers, for a model that needs a population, and in relaxed mode for one that could
 * fail where classes fall together; `data` for numbers beyond 1e150
 */
export function mondrian({ table, models, hierarchies }: MondrianInput, options: MondrianOptions): Release {
  const columns = quasiIdentifiersOf(table);
  check(columns.length, models, options);
  const dimensions = columns.map((column) =>
    dimensionOf(
      column,
      hierarchies.find((hierarchy) => hierarchy.column === column.name),
      options.labelLength,
    ),
  );
  const requirements = new Requirements(table, models);
  const ranks = dimensions.map(({ rankOf }, i) => ranked(columns[i]?.codes ?? new Int32Array(0), rankOf));
  const labels = dimensions.map((dimension, i) => new ClassLabels(dimension, columns[i]?.dictionary ?? []));
  const records = new Records(table.rows, ranks, requirements.carried);
  const partitioning = new Partitioning(records, dimensions, requirements, labels, options);
  const isReleased = requirements.hold({ start: 0, end: table.rows });
  if (isReleased) partitioning.run();
  const released = labels.map((ofDimension) => ofDimension.column(partitioning.classOf));
  return {
    columns: released,
    suppressed: new Uint8Array(table.rows).fill(isReleased ? 0 : 1),
    ...classesOf(partitioning, released, options),
    method: {
      name: `${options.mode} Mondrian`,
      optimal: false,
      facts: { ranges: options.ranges, cuts: partitioning.cuts, partitions: partitioning.classes },
    },
  };
}

/** The cutting of all records into classes. */
class Partitioning {
  /** By row, classes numbered as they are found; -1 before. */
  readonly classOf: Int32Array;
  classes = 0;
  cuts = 0;
  private readonly frames: Frames;
  /** Of the partition in hand: the lowest rank in dimension i at 2i, the highest at 2i + 1. */
  private readonly ranges: Int32Array;
  private readonly widths: Float64Array;
  private readonly finder: MedianFinder;

  constructor(
    private readonly records: Records,
    private readonly dimensions: readonly Dimension[],
    private readonly requirements: Requirements,
    private readonly labels: readonly ClassLabels[],
    private readonly options: MondrianOptions,
  ) {
    this.classOf = new Int32Array(records.rows.length).fill(-1);
    this.frames = new Frames(dimensions.length);
    this.ranges = new Int32Array(2 * dimensions.length);
    this.widths = new Float64Array(dimensions.length);
    this.finder = new MedianFinder(records.rows.length, Math.max(...dimensions.map(({ highest }) => highest)));
  }

  run(): void {
    const all = this.dimensions.map((_, i) => i);
    for (const i of all) this.ranges[2 * i + 1] = this.dimensions[i]?.highest ?? 0;
    const everything = { start: 0, end: this.records.rows.length };
    this.records.narrow(everything, all, this.ranges);
    this.frames.push(everything, this.ranges);
    while (!this.frames.isEmpty) {
      const stretch = this.frames.pop(this.ranges);
      const open = all.filter((dimension) => this.isOpen(dimension));
      if (this.isTight) this.records.narrow(stretch, open, this.ranges);
      if (!this.cut(stretch, open)) this.release(stretch);
    }
  }

  private cut(stretch: Stretch, moved: readonly number[]): boolean {
    if (stretch.end - stretch.start < 2 * this.requirements.leastSize) return false;
    for (const dimension of this.widestFirst(moved)) {
      const ranked = this.inDimension(dimension, stretch);
      for (const cut of cutsOf(this.dimensionAt(dimension), ranked, this.options.mode, this.finder)) {
        if (!cut.sizes.every((size) => this.requirements.sizeHolds(size))) continue;
        const parts = this.divide(stretch, dimension, cut, moved);
        if (!parts.every((part) => this.requirements.hold(part))) continue;
        this.pushParts(parts, dimension, cut);
        this.cuts++;
        return true;
      }
    }
    return false;
  }

  /** The dimensions that can be cut. Where values and missing ones are together, what is written stands for the whole domain. */
  private widestFirst(dimensions: readonly number[]): number[] {
    const ordered: number[] = [];
    for (const i of dimensions) {
      if (!this.isOpen(i)) continue;
      const width = this.low(i) === 0 ? 1 : this.dimensionAt(i).width(this.low(i), this.high(i));
      this.widths[i] = width;
      let place = ordered.length;
      for (; place > 0 && (this.widths[ordered[place - 1] ?? 0] ?? 0) < width; place--) {
        ordered[place] = ordered[place - 1] ?? 0;
      }
      ordered[place] = i;
    }
    return ordered;
  }

  /** Moves the records so that the parts lie side by side. */
  private divide({ start, end }: Stretch, dimension: number, cut: Cut, moved: readonly number[]): Stretch[] {
    const parts: Stretch[] = [];
    for (const size of cut.sizes) {
      const from = parts.at(-1)?.end ?? start;
      parts.push({ start: from, end: from + size });
    }
    const { boundaries, below } = cut;
    if (below !== null) this.gatherAround({ start, end }, start + below, dimension, boundaries[0] ?? 0, moved);
    else this.gather(parts, dimension, boundaries, moved);
    return parts;
  }

  /** In the middle first, so that a record is moved at most as often as the parts can be halved. */
  private gather(
    parts: readonly Stretch[],
    dimension: number,
    boundaries: readonly number[],
    moved: readonly number[],
  ): void {
    const half = parts.length >> 1;
    const middle = parts[half]?.start ?? 0;
    if (half === 0) return;
    const whole = { start: parts[0]?.start ?? 0, end: parts.at(-1)?.end ?? 0 };
    this.records.separate(whole, middle, dimension, boundaries[half - 1] ?? 0, moved);
    this.gather(parts.slice(0, half), dimension, boundaries.slice(0, half - 1), moved);
    this.gather(parts.slice(half), dimension, boundaries.slice(half), moved);
  }

  /** Puts the records with one rank between those below and those above it; `first` is where they begin then. */
  private gatherAround(
    stretch: Stretch,
    first: number,
    dimension: number,
    rank: number,
    moved: readonly number[],
  ): void {
    this.records.separate(stretch, first, dimension, rank - 1, moved);
    const { end } = stretch;
    const ranks = this.records.ranksOf(dimension);
    let above = first;
    for (let place = first; place < end; place++) if ((ranks[place] ?? 0) === rank) above++;
    this.records.separate({ start: first, end }, above, dimension, rank, moved);
  }

  private pushParts(parts: readonly Stretch[], dimension: number, { boundaries, below }: Cut): void {
    const [low, high] = [this.low(dimension), this.high(dimension)];
    for (const [i, part] of parts.entries()) {
      const before = boundaries[i - 1];
      this.ranges[2 * dimension] = before === undefined ? low : below === null ? before + 1 : before;
      this.ranges[2 * dimension + 1] = boundaries[i] ?? high;
      this.frames.push(part, this.ranges);
    }
  }

  private release(stretch: Stretch): void {
    const { rows } = this.records;
    for (const [i, labels] of this.labels.entries()) labels.add(this.inDimension(i, stretch), this.isTight);
    for (let place = stretch.start; place < stretch.end; place++) this.classOf[rows[place] ?? 0] = this.classes;
    this.classes++;
  }

  private get isTight(): boolean {
    return this.options.ranges === 'tight';
  }

  private inDimension(dimension: number, { start, end }: Stretch): RankedStretch {
    const [low, high] = [this.low(dimension), this.high(dimension)];
    return { ranks: this.records.ranksOf(dimension), start, end, low, high };
  }

  private dimensionAt(i: number): Dimension {
    const dimension = this.dimensions[i];
    if (dimension === undefined) throw new RangeError(`there is no dimension ${i}`);
    return dimension;
  }

  private isOpen(dimension: number): boolean {
    return this.low(dimension) < this.high(dimension);
  }

  private low(dimension: number): number {
    return this.ranges[2 * dimension] ?? 0;
  }

  private high(dimension: number): number {
    return this.ranges[2 * dimension + 1] ?? 0;
  }
}

/** In relaxed mode partitions can come out with the same labels: then they are one class. */
function classesOf(
  { classOf, classes }: Partitioning,
  columns: readonly ReleasedColumn[],
  { mode }: MondrianOptions,
): Pick<Release, 'classOf' | 'classes'> {
  if (classes === 0 || mode === 'strict') return { classOf: byFirstAppearance(classOf, classes), classes };
  const labelled = columns.map(({ codes, labels }) => ({ codes, size: labels.length }));
  const { group, count } = groupRows(labelled, rowsInOrder(classOf.length));
  return { classOf: group, classes: count };
}

function byFirstAppearance(classOf: Int32Array, classes: number): Int32Array {
  const numbers = new Int32Array(classes).fill(-1);
  const renumbered = new Int32Array(classOf.length).fill(-1);
  let next = 0;
  for (let row = 0; row < classOf.length; row++) {
    const found = classOf[row] ?? -1;
    if (numbers[found] === -1) numbers[found] = next++;
    renumbered[row] = numbers[found] ?? -1;
  }
  return renumbered;
}

function ranked(codes: Int32Array, rankOf: Int32Array): Int32Array {
  const ranks = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) ranks[row] = rankOf[codes[row] ?? 0] ?? 0;
  return ranks;
}

function check(quasiIdentifiers: number, models: readonly BoundModel[], { mode }: MondrianOptions): void {
  if (quasiIdentifiers === 0) {
    throw new AssayError('config', {
      what: 'the table has no quasi-identifier that could be generalized',
      mend: 'Give at least one column the role `quasi-identifier`.',
    });
  }
  const changing = models.find(({ model }) => !model.monotone);
  if (mode === 'relaxed' && changing !== undefined) {
    throw new AssayError('config', {
      what: `relaxed Mondrian may leave two classes with equal labels, and ${changing.model.name} can fail for them together`,
      mend: 'Use `mode: strict`.',
    });
  }
}
