import type { Explorer, Visit } from './explorer.js';
import { childrenOf, type Space } from './space.js';

/**
 * Goes down from the top, always on from the best node that it has (Prasser et al. 2016, "Lightning", goes by the same order).
 * What it finds depends on the number of nodes that it may count, and it proves nothing, unless it ran out of nodes.
 *
 * @returns why it ended before it was done; null where all nodes were counted or known to be invalid
 */
export async function searchGreedily(space: Space, explorer: Explorer, steps: number): Promise<string | null> {
  const known = new Set([keyOf(space.top())]);
  const open = new BestFirst();
  const start = explorer.visit(space.top());
  if (!start.invalidBelow) open.push(start);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const levels of childrenOf(next.levels)) {
      const key = keyOf(levels);
      if (known.has(key)) continue;
      const stopped = await explorer.breathe(explorer.steps, steps);
      if (stopped !== null) return stopped;
      known.add(key);
      const visit = explorer.visit(levels);
      if (!visit.invalidBelow) open.push(visit);
    }
  }
  return null;
}

function keyOf(levels: Uint8Array): string {
  return String.fromCharCode(...levels);
}

/** A binary heap: valid nodes before others, by score; others by how many records they suppress; of equals, the first that came. */
class BestFirst {
  private readonly heap: { readonly visit: Visit; readonly arrival: number }[] = [];
  private arrivals = 0;

  push(visit: Visit): void {
    const { heap } = this;
    heap.push({ visit, arrival: this.arrivals++ });
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.precedes(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  pop(): Visit | undefined {
    const { heap } = this;
    this.swap(0, heap.length - 1);
    const first = heap.pop();
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && this.precedes(child, least)) least = child;
      if (least === at) return first?.visit;
      this.swap(at, least);
      at = least;
    }
  }

  private precedes(i: number, j: number): boolean {
    const [a, b] = [this.heap[i], this.heap[j]];
    if (a === undefined || b === undefined) return false;
    if (a.visit.valid !== b.visit.valid) return a.visit.valid;
    const order = a.visit.valid ? a.visit.score - b.visit.score : a.visit.suppressed - b.visit.suppressed;
    return order === 0 ? a.arrival < b.arrival : order < 0;
  }

  private swap(i: number, j: number): void {
    const [a, b] = [this.heap[i], this.heap[j]];
    if (a === undefined || b === undefined) return;
    this.heap[i] = b;
    this.heap[j] = a;
  }
}
