import type { Head } from '../head.js';

/** What a target says, as a text that equals {@link truthOf} where it is right; empty where it says nothing. */
export function answerOf(head: Head, scores: Float32Array): string {
  if (head.kind === 'classes') return String(clearWinner(scores) ?? '');
  const known = scores.every((score) => !Number.isNaN(score) && score !== 0);
  return known ? Array.from(scores, (score) => (score > 0 ? 1 : 0)).join() : '';
}

/** A class index, or a bit for each label. */
export function truthOf(label: Float64Array): string {
  return label.join();
}

/** The class with the highest score; null for a tie and for NaN, which are no answers. */
export function clearWinner(scores: ArrayLike<number>): number | null {
  let best: number | null = null;
  let most = -Infinity;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? NaN;
    if (Number.isNaN(score)) return null;
    if (score > most) [best, most] = [i, score];
    else if (score === most) best = null;
  }
  return best;
}
