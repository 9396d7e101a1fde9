import { permutation, rng } from '#stats/random';

/**
 * Draws `size` of the samples so that every stratum keeps its share, seeded, in ascending order. A stratum's part is
 * allotted by largest remainders (Hamilton; ties go to the stratum that sorts first), and which of its members are
 * drawn depends on the seed, the stratum's name and its size alone. One stratum for all is a plain random draw.
 */
export function drawStratified(strata: readonly string[], size: number, seed: number | string): number[] {
  const members = membersByStratum(strata);
  const names = [...members.keys()].sort();
  const quotas = largestRemainders(
    names.map((name) => members.get(name)?.length ?? 0),
    size,
  );
  return names
    .flatMap((name, i) =>
      drawFrom(members.get(name) ?? [], quotas[i] ?? 0, JSON.stringify([String(seed), 'sample', name])),
    )
    .sort((a, b) => a - b);
}

/** Shares of `total` in proportion to `counts`, in whole numbers that add up to it; `total` is at most their sum. */
export function largestRemainders(counts: readonly number[], total: number): number[] {
  const sum = counts.reduce((a, b) => a + b, 0);
  // In integers, so that equal remainders are equal.
  const shares = counts.map((count) => Math.floor((count * total) / sum));
  const remainders = counts.map((count) => (count * total) % sum);
  const left = total - shares.reduce((a, b) => a + b, 0);
  const order = [...counts.keys()].sort((a, b) => (remainders[b] ?? 0) - (remainders[a] ?? 0) || a - b);
  for (const index of order.slice(0, left)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}

function membersByStratum(strata: readonly string[]): Map<string, number[]> {
  const members = new Map<string, number[]>();
  for (const [sample, stratum] of strata.entries()) {
    const others = members.get(stratum);
    if (others === undefined) members.set(stratum, [sample]);
    else others.push(sample);
  }
  return members;
}

function drawFrom(members: readonly number[], quota: number, key: string): number[] {
  return permutation(members.length, rng(key))
    .slice(0, quota)
    .map((position) => members[position] ?? 0);
}
