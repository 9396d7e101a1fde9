import { CutFinder, type Cut, type Part, type RankedPart } from './cuts.js';
import type { Dimension } from './dimension.js';
import { Frames } from './frames.js';
import { ranksBetween, ranksIn, type ClassLabels } from './labels.js';
import type { MondrianOptions } from './options.js';
import { Ranges } from './ranges.js';
import type { Records, Stretch } from './records.js';
import type { Requirements } from './requirements.js';

/** The cutting of all records into classes. */
export class Partitioning {
  /** By record, classes numbered as they are found; -1 before. */
  readonly classOf: Int32Array;
  classes = 0;
  cuts = 0;
  private readonly frames: Frames;
  /** Of the partition in hand. */
  private readonly ranges: Ranges;
  /** The dimensions that it may be cut in, the widest first, and how wide each is. */
  private readonly order: Int32Array;
  private readonly widths: Float64Array;
  private readonly finder: CutFinder;
  /** The partition that is released, and the dimension in which it is being named. */
  private released: Part = { start: 0, end: 0, size: 0 };
  private named = 0;
  /** One function for all names. */
  private readonly presentRanks = () =>
    this.isTight
      ? ranksIn(this.rankedIn(this.named, this.released))
      : ranksBetween(this.ranges.low(this.named), this.ranges.high(this.named));

  constructor(
    private readonly records: Records,
    private readonly dimensions: readonly Dimension[],
    private readonly requirements: Requirements,
    private readonly labels: readonly ClassLabels[],
    private readonly options: MondrianOptions,
  ) {
    this.classOf = new Int32Array(records.count).fill(-1);
    this.ranges = new Ranges(dimensions.length);
    this.frames = new Frames(this.ranges.numbers.length);
    this.order = new Int32Array(dimensions.length);
    this.widths = new Float64Array(dimensions.length);
    const highest = Math.max(...dimensions.map((dimension) => dimension.highest));
    this.finder = new CutFinder(options.mode, requirements.leastSize, records.count, highest);
  }

  /** @param everything all records */
  run(everything: Part): void {
    for (const [i, { highest }] of this.dimensions.entries()) {
      this.ranges.set(i, 0, highest);
      this.records.narrow(everything, i, this.ranges);
    }
    this.frames.push(everything, this.ranges.numbers);
    while (!this.frames.isEmpty) {
      const part = this.frames.pop(this.ranges.numbers);
      if (!this.cut(part)) this.release(part);
    }
  }

  private cut(part: Part): boolean {
    if (part.size < 2 * this.requirements.leastSize) return false;
    const count = this.putWidestFirst(part);
    for (let place = 0; place < count; place++) {
      if (this.cutIn(this.order[place] ?? 0, part)) return true;
    }
    return false;
  }

  /** @returns in how many dimensions there is something to cut */
  private putWidestFirst(part: Part): number {
    const { order, widths, ranges } = this;
    let count = 0;
    for (let i = 0; i < order.length; i++) {
      if (!ranges.isOpen(i) || ranges.isHopeless(i)) continue;
      if (this.isTight) this.records.narrow(part, i, ranges);
      if (!ranges.isOpen(i)) continue;
      const width = this.widthOf(i);
      widths[i] = width;
      let place = count++;
      for (; place > 0 && (widths[order[place - 1] ?? 0] ?? 0) < width; place--) order[place] = order[place - 1] ?? 0;
      order[place] = i;
    }
    return count;
  }

  /** Where values and missing ones are together, what is written stands for the whole domain. */
  private widthOf(dimension: number): number {
    const low = this.ranges.low(dimension);
    return low === 0 ? 1 : this.dimensionAt(dimension).width(low, this.ranges.high(dimension));
  }

  private cutIn(i: number, part: Part): boolean {
    const dimension = this.dimensionAt(i);
    const ranked = this.rankedIn(i, part);
    const cuts = this.finder.cutsOf(dimension, ranked);
    if (cuts.length === 0 && this.finder.isHopeless(dimension, ranked)) this.ranges.giveUp(i);
    for (const cut of cuts) {
      if (!this.sizesHold(cut)) continue;
      const parts = this.divide(part, i, cut);
      if (!this.partsHold(parts)) continue;
      this.pushParts(parts, i, cut);
      this.cuts++;
      return true;
    }
    return false;
  }

  private sizesHold({ sizes }: Cut): boolean {
    for (const size of sizes) if (!this.requirements.sizeHolds(size)) return false;
    return true;
  }

  private partsHold(parts: readonly Part[]): boolean {
    for (const part of parts) if (!this.requirements.hold(part, this.records)) return false;
    return true;
  }

  /** Moves the records so that the parts lie side by side. */
  private divide(part: Part, dimension: number, { sizes, boundaries, isShared }: Cut): Part[] {
    const [boundary = 0] = boundaries;
    if (isShared) return this.share(part, dimension, boundary, sizes[0] ?? 0);
    const places = [part.start];
    if (boundaries.length === 1) places.push(this.records.separate(part, dimension, boundary));
    else this.gather(part, dimension, boundaries, places);
    places.push(part.end);
    const parts: Part[] = [];
    for (let i = 0; i < sizes.length; i++) {
      parts.push({ start: places[i] ?? 0, end: places[i + 1] ?? 0, size: sizes[i] ?? 0 });
    }
    return parts;
  }

  /**
   * In the middle first, so that a record is moved at most as often as the parts can be halved.
   *
   * @param places receives where all parts but the first begin, in their order
   */
  private gather({ start, end }: Stretch, dimension: number, boundaries: readonly number[], places: number[]): void {
    const half = (boundaries.length - 1) >> 1;
    const boundary = boundaries[half];
    if (boundary === undefined) return;
    const middle = this.records.separate({ start, end }, dimension, boundary);
    this.gather({ start, end: middle }, dimension, boundaries.slice(0, half), places);
    places.push(middle);
    this.gather({ start: middle, end }, dimension, boundaries.slice(half + 1), places);
  }

  /** Puts the records with one rank between those below and those above it, and parts them where it may. Each stands for one row. */
  private share({ start, end, size }: Part, dimension: number, rank: number, first: number): Part[] {
    const low = this.records.separate({ start, end }, dimension, rank - 1);
    this.records.separate({ start: low, end }, dimension, rank);
    const middle = start + first;
    return [
      { start, end: middle, size: first },
      { start: middle, end, size: size - first },
    ];
  }

  private pushParts(parts: readonly Part[], dimension: number, { boundaries, isShared }: Cut): void {
    const { ranges, frames } = this;
    const low = ranges.low(dimension);
    const high = ranges.high(dimension);
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (part === undefined) continue;
      const before = boundaries[i - 1];
      const lowest = before === undefined ? low : isShared ? before : before + 1;
      ranges.set(dimension, lowest, boundaries[i] ?? high);
      frames.push(part, ranges.numbers);
    }
  }

  private release(part: Part): void {
    this.released = part;
    for (let i = 0; i < this.labels.length; i++) {
      // Dimensions that were given up have been left as wide as they were.
      if (this.isTight && this.ranges.isOpen(i)) this.records.narrow(part, i, this.ranges);
      this.named = i;
      this.labels[i]?.addRange(this.ranges.low(i), this.ranges.high(i), this.presentRanks);
    }
    const { order } = this.records;
    for (let place = part.start; place < part.end; place++) this.classOf[order[place] ?? 0] = this.classes;
    this.classes++;
  }

  private get isTight(): boolean {
    return this.options.ranges === 'tight';
  }

  private rankedIn(dimension: number, part: Part): RankedPart {
    const { records, ranges } = this;
    const { start, end, size } = part;
    const low = ranges.low(dimension);
    const high = ranges.high(dimension);
    return { ranks: records.ranks(dimension), weights: records.weights, start, end, size, low, high };
  }

  private dimensionAt(i: number): Dimension {
    const dimension = this.dimensions[i];
    if (dimension === undefined) throw new RangeError(`there is no dimension ${i}`);
    return dimension;
  }
}
