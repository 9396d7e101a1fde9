import { distance } from 'fastest-levenshtein';

const LONGEST = 64;

/**
 * The known word that was most likely meant: the same but for case, the same below its folders (`pgd` for
 * `evasion/pgd`), or the nearest by edit distance when that is at most a third of the word, and at most 2 for
 * short ones. Null when none is near.
 */
export function closest(word: string, known: readonly string[]): string | null {
  if (word.length === 0 || word.length > LONGEST) return null;
  const lower = word.toLowerCase();
  const alike = known.find((candidate) => candidate.toLowerCase() === lower);
  if (alike !== undefined) return alike;
  const below = known.filter((candidate) => candidate.toLowerCase().endsWith(`/${lower}`));
  if (below.length === 1 && below[0] !== undefined) return below[0];
  return nearest(lower, known);
}

function nearest(lower: string, known: readonly string[]): string | null {
  const limit = Math.min(Math.max(2, Math.ceil(lower.length / 3)), lower.length - 1);
  let best: string | null = null;
  let least = limit + 1;
  for (const candidate of known) {
    const edits = distance(lower, candidate.toLowerCase());
    if (edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}
