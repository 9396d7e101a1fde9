import type { Rng } from '#stats/random';
import type { Neighbourhood } from './lime.js';

/** Coalitions of features around a sample, which is the first of them. */
export interface CoalitionNeighbourhood extends Neighbourhood {
  /** [rows, columns]: 1 where a feature is as in the sample. */
  readonly members: Uint8Array;
}

/** As lime has it for pictures: each region stays with a chance of one half; distances are those of the cosine, 0 to 1. */
export function regionNeighbourhood(players: number, rows: number, source: Rng): CoalitionNeighbourhood {
  const members = new Uint8Array(rows * players).fill(1);
  for (let i = players; i < members.length; i++) members[i] = source.uniform() < 0.5 ? 1 : 0;
  return neighbourhoodOf(members, players, 1);
}

/** As lime has it for texts: a number of tokens, all equally likely, is taken away; distances are 100 times those of the cosine. */
export function tokenNeighbourhood(players: number, rows: number, source: Rng): CoalitionNeighbourhood {
  const members = new Uint8Array(rows * players).fill(1);
  const order = Int32Array.from({ length: players }, (_, i) => i);
  for (let row = 1; row < rows; row++) {
    const removed = 1 + source.integer(players);
    for (let j = 0; j < removed; j++) {
      const other = j + source.integer(players - j);
      const player = order[other] ?? 0;
      order[other] = order[j] ?? 0;
      order[j] = player;
      members[row * players + player] = 0;
    }
  }
  return neighbourhoodOf(members, players, 100);
}

/** The cosine of a coalition of k out of M with that of all is sqrt(k / M). */
function neighbourhoodOf(members: Uint8Array, players: number, scale: number): CoalitionNeighbourhood {
  const distances = Float64Array.from({ length: members.length / players }, (_, row) => {
    let size = 0;
    for (let i = row * players; i < (row + 1) * players; i++) size += members[i] ?? 0;
    return scale * (1 - Math.sqrt(size / players));
  });
  return { columns: players, values: Float64Array.from(members), distances, members };
}
