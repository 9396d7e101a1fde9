import type { Explorer, Visit } from './explorer.js';
import { childrenOf, totalOf, type Space } from './space.js';

/**
 * Finds the best valid node and proves that none is better, without counting most of them. Two things are known without counting: the
 * metric's bound, which no node above falls below; and, under models that allow it, that nothing is valid below a node with too
 * many records in failing classes (Kohlmayer et al. 2012, "Flash", and El Emam et al. 2009, "OLA", call it predictive tagging).
 *
 * With tagging, it first goes down from the top to a good node, and then from the highest bound that is not worse on down: every
 * node above one that is counted is then worse or was counted, so each invalid node that is counted is one that any proof has to
 * count. Without tagging, it goes from the lowest bound up and ends at the first that is worse than the best.
 *
 * @returns why it ended before it was done; null where it was done
 */
export async function searchExactly(space: Space, explorer: Explorer): Promise<string | null> {
  return new ExactSearch(space, explorer).run();
}

class ExactSearch {
  /** 1 for a node that was counted or is known to be invalid. */
  private readonly settled: Uint8Array;
  private readonly bounds: Float64Array;

  constructor(
    private readonly space: Space,
    private readonly explorer: Explorer,
  ) {
    this.settled = new Uint8Array(space.size);
    const { metric } = explorer.rules;
    this.bounds = Float64Array.from({ length: space.size }, (_, node) => metric.bound(space.levelsOf(node)));
  }

  async run(): Promise<string | null> {
    if (!this.explorer.rules.tagging) return this.ascend();
    const top = this.visit(this.space.top());
    return (await this.descend(top)) ?? (await this.prove());
  }

  /** To the best valid child, as long as there is one. */
  private async descend(top: Visit): Promise<string | null> {
    for (let at: Visit | null = top; at !== null;) {
      let best: Visit | null = null;
      for (const levels of childrenOf(at.levels)) {
        const stopped = await this.explorer.breathe(0, this.space.size);
        if (stopped !== null) return stopped;
        if (this.settled[this.space.nodeOf(levels)] === 1) continue;
        const child = this.visit(levels);
        if (child.valid && (best === null || child.score < best.score)) best = child;
      }
      at = best;
    }
    return null;
  }

  /** From the highest bound that is not worse than the best on down; what is worse now stays worse. */
  private async prove(): Promise<string | null> {
    const left = Uint32Array.from({ length: this.space.size }, (_, node) => node).filter(
      (node) => this.settled[node] !== 1 && !this.isWorse(node),
    );
    const order = this.byBound(left).reverse();
    for (const [done, node] of order.entries()) {
      if (this.settled[node] === 1 || this.isWorse(node)) continue;
      const stopped = await this.explorer.breathe(done, order.length);
      if (stopped !== null) return stopped;
      this.visit(this.space.levelsOf(node));
    }
    return null;
  }

  /** From the lowest bound up. */
  private async ascend(): Promise<string | null> {
    const order = this.byBound(Uint32Array.from({ length: this.space.size }, (_, node) => node));
    for (const [done, node] of order.entries()) {
      if (this.isWorse(node)) return null;
      const stopped = await this.explorer.breathe(done, order.length);
      if (stopped !== null) return stopped;
      this.visit(this.space.levelsOf(node));
    }
    return null;
  }

  /** An equal one is counted: ties are broken by more than the score. */
  private isWorse(node: number): boolean {
    const { best } = this.explorer;
    return best !== null && (this.bounds[node] ?? 0) > best.score;
  }

  /** Puts nodes by ascending bound; of equal bounds, those below come before those above. */
  private byBound(nodes: Uint32Array): Uint32Array {
    const { space, bounds } = this;
    const difference = (a: number, b: number) => (bounds[a] ?? 0) - (bounds[b] ?? 0);
    const rise = (a: number, b: number) => totalOf(space.levelsOf(a)) - totalOf(space.levelsOf(b));
    return nodes.sort((a, b) => difference(a, b) || rise(a, b) || a - b);
  }

  private visit(levels: Uint8Array): Visit {
    const node = this.space.nodeOf(levels);
    const visit = this.explorer.visit(levels);
    if (visit.invalidBelow) this.space.markBelow(node, this.settled);
    this.settled[node] = 1;
    return visit;
  }
}
