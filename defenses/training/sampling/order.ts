import { permutation, type Rng } from '#stats/random';

interface DrawnFrom {
  /** The stratum of each sample, from 0; null where all samples are equal. */
  readonly strata: Int32Array | null;
  /** How many samples there are. */
  readonly count: number;
}

/**
 * The positions of one epoch in random order. With strata each is drawn as often as the largest one has samples: every
 * sample floor(largest / size) times, and the rest without repetition.
 */
export function epochOrder({ strata, count }: DrawnFrom, source: Rng): Int32Array {
  if (strata === null) return Int32Array.from(permutation(count, source));
  const members = membersOf(strata);
  const largest = members.reduce((most, { length }) => Math.max(most, length), 0);
  const drawn = members.flatMap((positions) => repeated(positions, largest, source));
  return Int32Array.from(permutation(drawn.length, source), (place) => drawn[place] ?? -1);
}

function membersOf(strata: Int32Array): number[][] {
  const members: number[][] = [];
  for (const [position, stratum] of strata.entries()) (members[stratum] ??= []).push(position);
  return members.filter((positions) => positions.length > 0);
}

/** `times` draws from some positions, all as often but for the rest. */
function repeated(positions: readonly number[], times: number, source: Rng): number[] {
  const rounds = Math.floor(times / positions.length);
  const rest = permutation(positions.length, source).slice(0, times - rounds * positions.length);
  return [...Array.from({ length: rounds }, () => positions).flat(), ...rest.map((place) => positions[place] ?? -1)];
}
