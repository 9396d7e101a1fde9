import type { CoalitionGame } from './game.js';

/** What is lost when one player alone leaves: feature ablation, f(x) - f(x without the feature). */
export async function ablation(game: CoalitionGame): Promise<Float64Array> {
  const { players } = game;
  const members = new Uint8Array((players + 1) * players).fill(1);
  for (let i = 0; i < players; i++) members[(i + 1) * players + i] = 0;
  const worths = await game.worths(members, players + 1);
  return Float64Array.from({ length: players }, (_, i) => (worths[0] ?? NaN) - (worths[i + 1] ?? NaN));
}
