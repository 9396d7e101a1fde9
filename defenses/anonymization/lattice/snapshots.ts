import type { Classes, Memory, RollUp } from './classes.js';
import { Ring } from './ring.js';

/** From so many classes on, columns are raised one after the other, and what comes out between is kept for the nodes that follow. */
const STEPWISE_FROM = 512;
/** More would take longer to look through than they save. */
const MOST_KEPT = 1024;

/** Classes of nodes that were passed, within a limit of bytes: the node to count next is raised from the smallest of them below it. */
export class Snapshots {
  private readonly ring: Ring<Classes>;
  private readonly order: readonly number[];
  /** What finds no room in the ring is not kept. */
  private readonly memory: Memory = { take: (integers) => this.room(integers) ?? new Int32Array(integers) };
  private hasRoom = false;

  /**
   * @param base is kept always, and not counted
   * @param limit of the bytes of all others
   */
  constructor(
    private readonly rollUp: RollUp,
    readonly base: Classes,
    limit: number,
    spreadOf: readonly number[],
  ) {
    this.ring = new Ring(Math.floor(limit / Int32Array.BYTES_PER_ELEMENT), MOST_KEPT);
    // Columns of the widest spread first: raising them joins the most.
    this.order = spreadOf.map((_, i) => i).sort((a, b) => (spreadOf[b] ?? 0) - (spreadOf[a] ?? 0) || a - b);
  }

  classesAt(levels: Uint8Array): Classes {
    let source = this.smallestBelow(levels);
    for (const column of this.order) {
      if (source.count < STEPWISE_FROM) break;
      if (source.levels[column] === levels[column]) continue;
      const next = source.levels.slice();
      next[column] = levels[column] ?? 0;
      source = this.rollUp.raise(source, next, this.memory);
      if (this.hasRoom) this.ring.hold(source);
    }
    return sameLevels(source.levels, levels) ? source : this.rollUp.raise(source, levels);
  }

  private room(integers: number): Int32Array | null {
    const room = this.ring.take(integers);
    this.hasRoom = room !== null;
    return room;
  }

  private smallestBelow(levels: Uint8Array): Classes {
    let found = this.base;
    for (const { thing } of this.ring.things) {
      if (thing.count < found.count && isBelow(thing.levels, levels)) found = thing;
    }
    return found;
  }
}

function isBelow(lower: Uint8Array, upper: Uint8Array): boolean {
  for (let i = 0; i < lower.length; i++) if ((lower[i] ?? 0) > (upper[i] ?? 0)) return false;
  return true;
}

function sameLevels(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
