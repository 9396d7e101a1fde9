import { AssayError } from '#base/errors';
import { permutation, type Rng } from '#stats/random';
import type { CoalitionGame } from './game.js';
import type { ShapleyEstimate } from './shapley.js';

/**
 * Shapley values as means over random orders of the players (Castro, Gomez & Tejada 2009), each order together with its
 * reverse (Mitchell et al. 2022, arXiv:2104.12199, section 4.1), which makes every pair exact for games of second order.
 * They add up to the worth of all whatever the orders. Standard errors are those of the mean over pairs.
 *
 * @param pairs orders, each of which goes with its reverse
 * @throws AssayError `usage` for less than two pairs, which have no standard error
 */
export async function permutationShapley(game: CoalitionGame, pairs: number, source: Rng): Promise<ShapleyEstimate> {
  if (pairs < 2)
    throw new AssayError('usage', { what: `${pairs} pair of orders has no standard error: two are the least` });
  const { players } = game;
  const orders = Array.from({ length: pairs }, () => permutation(players, source));
  const between = Math.max(0, players - 1);
  const worths = await game.worths(coalitionsOf(orders, players), 2 + 2 * pairs * between);
  const [none = NaN, all = NaN] = worths;
  const sums = new Float64Array(players);
  const squares = new Float64Array(players);
  orders.forEach((order, pair) => {
    const start = 2 + 2 * pair * between;
    order.forEach((player, place) => {
      const before = place === 0 ? none : (worths[start + place - 1] ?? NaN);
      const after = place === between ? all : (worths[start + place] ?? NaN);
      // In the reverse those behind a player come before it: the complements of those with it, and of those before it.
      const reverseBefore = place === between ? none : (worths[start + between + place] ?? NaN);
      const reverseAfter = place === 0 ? all : (worths[start + between + place - 1] ?? NaN);
      const added = (after - before + reverseAfter - reverseBefore) / 2;
      sums[player] = (sums[player] ?? NaN) + added;
      squares[player] = (squares[player] ?? NaN) + added * added;
    });
  });
  const values = sums.map((sum) => sum / pairs);
  const standardErrors = squares.map((square, i) => {
    const spread = Math.max(0, square - pairs * (values[i] ?? NaN) ** 2);
    return Math.sqrt(spread / (pairs - 1) / pairs);
  });
  return { values, standardErrors, none, all };
}

/** Nobody, all, then of each order the players up to each place but the last, and the complements of those. */
function coalitionsOf(orders: readonly (readonly number[])[], players: number): Uint8Array {
  const between = Math.max(0, players - 1);
  const members = new Uint8Array((2 + 2 * orders.length * between) * players).fill(1, players, 2 * players);
  orders.forEach((order, pair) => {
    const start = (2 + 2 * pair * between) * players;
    const half = between * players;
    const present = new Uint8Array(players);
    for (let place = 0; place < between; place++) {
      present[order[place] ?? 0] = 1;
      const at = start + place * players;
      members.set(present, at);
      for (let i = 0; i < players; i++) members[half + at + i] = 1 - (present[i] ?? 0);
    }
  });
  return members;
}
