const { ceil, max, min } = Math;

/** How long the steps of one sample are, and when it goes back to the best point that it knows. */
export interface Pace {
  /** Length of the next step in the norm, in the units of the data. */
  size(): number;
  /** The loss at each iterate, the start first. */
  observe(loss: number): void;
  /**
   * At a checkpoint: sets the length of the steps to come.
   *
   * @param iterates since the checkpoint before
   * @returns whether the walk goes on from the best point
   */
  check(iterates: number, best: Float32Array): boolean;
}

/**
 * Halves the steps and goes back where the loss rose in too few of the iterates (condition 1), or where nothing better was
 * found although the steps stayed as they were (condition 2 of Croce & Hein 2020, section 3).
 *
 * - "Too few" is at most `rho` times the iterates, as the authors' code has it; the paper has less than that.
 * - The first iterate is held against the start, as in the paper. The authors' code holds it against 0, which its list of
 *   losses ends with: with cross-entropy it counts as a rise always, and with the ratio of logits next to never.
 */
export function halvingPace(size: number, rho: number): Pace {
  let present = size;
  let last = NaN;
  let best = -Infinity;
  let bestBefore = -Infinity;
  let rises = 0;
  let halved = true;
  return {
    size: () => present,
    observe(loss) {
      if (loss > last) rises++;
      if (loss > best) best = loss;
      last = loss;
    },
    check(iterates) {
      const oscillates = rises <= rho * iterates;
      const stands = !halved && best <= bestBefore;
      halved = oscillates || stands;
      if (halved) present /= 2;
      bestBefore = best;
      rises = 0;
      return halved;
    },
  };
}

/** Also says along how many of the largest slopes a step goes. */
export interface SparsePace extends Pace {
  count(): number;
}

/**
 * For L1: a step goes along two thirds as many values as the best point has changed. Where that has become sparser by a
 * twentieth the walk goes back to it with steps of full length; otherwise they become shorter by a third, to no less
 * than a tenth (Croce & Hein 2021, section 3).
 *
 * @param changed values that differ from the center at the start; null for a random start, from which a fifth of all
 *   slopes is followed
 */
export function sparsePace(center: Float32Array, free: number, size: number, changed: number | null): SparsePace {
  let present = size;
  let count = changed === null ? max(ceil(free / 5), 1) : twoThirds(changed);
  let before = changed ?? free;
  return {
    size: () => present,
    count: () => count,
    observe: () => undefined,
    check(_iterates, best) {
      const now = changedValues(center, best);
      const isSparser = now / before < 0.95;
      count = twoThirds(now);
      present = isSparser ? size : min(max(present / 1.5, size / 10), size);
      before = now;
      return isSparser;
    },
  };
}

export function changedValues(center: Float32Array, point: Float32Array): number {
  let count = 0;
  for (let i = 0; i < center.length; i++) if (point[i] !== center[i]) count++;
  return count;
}

/** Rounded up, and 1 at least. */
function twoThirds(count: number): number {
  return max(ceil((2 * count) / 3), 1);
}
