/** How many of the smallest changes are always kept. */
const SMALLEST = 3;

export type Candidate = {
  /** Index in the data set. */
  readonly sample: number;
  /** Of the change, in the norm of the attack. */
  readonly size: number;
  /** Drawn by seed, from the sample's own stream. */
  readonly rank: number;
};

/**
 * Which adversarial inputs are kept: the three smallest changes, then those with the lowest seeded rank. Choosing from
 * the choices of parts gives the same as choosing from the whole, so chunks and shards do not matter: whatever is among
 * the three smallest, or among the lowest ranks of the rest, is so in its part too.
 */
export function chosen<T extends Candidate>(candidates: readonly T[], keep: number): T[] {
  const bySize = candidates.toSorted((a, b) => a.size - b.size || a.sample - b.sample);
  const smallest = bySize.slice(0, Math.min(SMALLEST, keep));
  const byRank = bySize.slice(smallest.length).sort((a, b) => a.rank - b.rank || a.sample - b.sample);
  return [...smallest, ...byRank.slice(0, Math.max(keep - smallest.length, 0))];
}
