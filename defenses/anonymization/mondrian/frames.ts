import type { Part } from './cuts.js';

const OWN = 3;

/** Partitions that wait to be cut: where each is, and what is known of it. */
export class Frames {
  private readonly width: number;
  private frames: Int32Array;
  private used = 0;

  /** @param state numbers that are kept of each */
  constructor(state: number) {
    this.width = OWN + state;
    this.frames = new Int32Array(64 * this.width);
  }

  get isEmpty(): boolean {
    return this.used === 0;
  }

  push({ start, end, size }: Part, state: Int32Array): void {
    if (this.used + this.width > this.frames.length) {
      const longer = new Int32Array(2 * this.frames.length);
      longer.set(this.frames);
      this.frames = longer;
    }
    const { frames, used } = this;
    frames[used] = start;
    frames[used + 1] = end;
    frames[used + 2] = size;
    for (let i = 0; i < state.length; i++) frames[used + OWN + i] = state[i] ?? 0;
    this.used += this.width;
  }

  /** The latest partition; what is known of it is written into `state`. */
  pop(state: Int32Array): Part {
    this.used -= this.width;
    const { frames, used } = this;
    for (let i = 0; i < state.length; i++) state[i] = frames[used + OWN + i] ?? 0;
    return { start: frames[used] ?? 0, end: frames[used + 1] ?? 0, size: frames[used + 2] ?? 0 };
  }
}
