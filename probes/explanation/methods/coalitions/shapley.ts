import type { CoalitionGame } from './game.js';

/** Shapley values, the worths of nobody and of all, whose difference they add up to, and how sure they are. */
export interface ShapleyEstimate {
  readonly values: Float64Array;
  /** Of the sampling of coalitions alone: the worths are taken as they are. */
  readonly standardErrors: Float64Array;
  readonly none: number;
  readonly all: number;
}

/** How many coalitions are listed at once. */
const LISTED = 2 ** 14;

/**
 * Shapley values by their definition (Shapley 1953): the mean over all orders of what a player adds to those before it, from
 * the worth of every coalition.
 */
export async function exactShapley(game: CoalitionGame): Promise<ShapleyEstimate> {
  const { players } = game;
  const worths = await worthsOfAll(game);
  const shares = orderShares(players);
  const values = new Float64Array(players);
  const sizes = sizesOf(worths.length);
  for (let player = 0; player < players; player++) {
    const bit = 2 ** player;
    let sum = 0;
    for (let set = 0; set < worths.length; set++) {
      if ((set & bit) !== 0) continue;
      sum += (shares[sizes[set] ?? 0] ?? NaN) * ((worths[set + bit] ?? NaN) - (worths[set] ?? NaN));
    }
    values[player] = sum;
  }
  const [none = NaN, all = NaN] = [worths[0], worths.at(-1)];
  return { values, standardErrors: new Float64Array(players), none, all };
}

/** Bit i of the index of a coalition says whether player i takes part. */
async function worthsOfAll(game: CoalitionGame): Promise<Float64Array> {
  const { players } = game;
  const count = 2 ** players;
  const worths = new Float64Array(count);
  for (let start = 0; start < count; start += LISTED) {
    const rows = Math.min(LISTED, count - start);
    const members = new Uint8Array(rows * players);
    for (let i = 0, at = 0; i < rows; i++) {
      for (let player = 0; player < players; player++) members[at++] = ((start + i) >> player) & 1;
    }
    worths.set(await game.worths(members, rows), start);
  }
  return worths;
}

/** In which share of all orders a player comes right after given players of each number: size! (n - size - 1)! / n!. */
function orderShares(players: number): Float64Array {
  const shares = new Float64Array(players);
  shares[0] = 1 / players;
  for (let size = 1; size < players; size++) shares[size] = ((shares[size - 1] ?? NaN) * size) / (players - size);
  return shares;
}

function sizesOf(sets: number): Uint8Array {
  const sizes = new Uint8Array(sets);
  for (let set = 1; set < sets; set++) sizes[set] = (sizes[set >> 1] ?? 0) + (set & 1);
  return sizes;
}
