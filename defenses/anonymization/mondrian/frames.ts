import type { Stretch } from './records.js';

/** Partitions that wait to be cut: where each begins and ends, and its range in every dimension. */
export class Frames {
  private readonly width: number;
  private frames: Int32Array;
  private used = 0;

  constructor(dimensions: number) {
    this.width = 2 + 2 * dimensions;
    this.frames = new Int32Array(64 * this.width);
  }

  get isEmpty(): boolean {
    return this.used === 0;
  }

  /** @param ranges the lowest rank of dimension i at 2i, the highest at 2i + 1 */
  push({ start, end }: Stretch, ranges: Int32Array): void {
    if (this.used + this.width > this.frames.length) {
      const longer = new Int32Array(2 * this.frames.length);
      longer.set(this.frames);
      this.frames = longer;
    }
    this.frames[this.used] = start;
    this.frames[this.used + 1] = end;
    for (let i = 0; i < ranges.length; i++) this.frames[this.used + 2 + i] = ranges[i] ?? 0;
    this.used += this.width;
  }

  /** The latest partition; its ranges are written into `ranges`. */
  pop(ranges: Int32Array): Stretch {
    this.used -= this.width;
    for (let i = 0; i < ranges.length; i++) ranges[i] = this.frames[this.used + 2 + i] ?? 0;
    return { start: this.frames[this.used] ?? 0, end: this.frames[this.used + 1] ?? 0 };
  }
}
