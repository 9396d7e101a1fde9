import type { ConvexNorm } from '../geometry/norms.js';

const { floor, max } = Math;

/**
 * The iterates at which a walk looks back, and how many lie between each and the one before it (Croce & Hein 2020,
 * arXiv:2003.01690, section 3): first after 22 % of all, then each time 3 % sooner, and no sooner than after 6 %. In L1
 * always after 4 % (Croce & Hein 2021, arXiv:2103.01208, section 3).
 *
 * @param steps of the walk; shares of it are rounded down, to 1 at least
 */
export function checkpoints(norm: ConvexNorm, steps: number): ReadonlyMap<number, number> {
  const share = (part: number): number => max(floor(part * steps), 1);
  const found = new Map<number, number>();
  let window = share(norm === 'L1' ? 0.04 : 0.22);
  for (let at = window; at <= steps; at += window) {
    found.set(at, window);
    if (norm !== 'L1') window = max(window - share(0.03), share(0.06));
  }
  return found;
}
