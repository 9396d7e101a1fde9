import { AssayError } from '#base/errors';
import type { Head } from '#target/head';
import { scoreNamed } from '#target/score-name';

/** Which score of a sample is explained. */
export type ScoreChoice =
  | { readonly kind: 'predicted' | 'true' }
  /** One by its index. */
  | { readonly kind: 'index'; readonly index: number };

/**
 * The index of the score that is explained. `true`: of the class that is right, or of the labels that are present the one
 * with the highest score.
 *
 * @throws AssayError `usage` where the truth is asked for and not known
 */
export function chosenScore(
  choice: ScoreChoice,
  head: Head,
  scores: ArrayLike<number>,
  truth: ArrayLike<number>,
): number {
  if (choice.kind === 'index') return choice.index;
  const isTrue = choice.kind === 'true';
  if (isTrue && !Number.isFinite(truth[0])) {
    throw new AssayError('usage', {
      where: '--score true',
      what: 'the truth of this input is not known',
      mend: 'Name a score by its label or index.',
    });
  }
  switch (head.kind) {
    case 'classes':
      return isTrue ? (truth[0] ?? 0) : highest(scores, () => true);
    case 'multi-label': {
      const isPresent = (k: number): boolean => !isTrue || truth[k] === 1;
      return highest(scores, Array.from(scores).some((_, k) => isPresent(k)) ? isPresent : () => true);
    }
    default:
      return 0;
  }
}

/**
 * What `--score` says: `predicted`, `true`, the name of a label, or an index.
 *
 * @throws AssayError `usage` naming the closest label
 */
export function scoreChoiceOf(said: string | undefined, head: Head, labels: readonly string[] | null): ScoreChoice {
  if (said === undefined || said === 'predicted') return { kind: 'predicted' };
  if (said === 'true') return { kind: 'true' };
  const at = { where: `--score ${said}`, others: ['predicted', 'true'] };
  return { kind: 'index', index: scoreNamed(said, head, labels, at) };
}

function highest(scores: ArrayLike<number>, counts: (k: number) => boolean): number {
  let best = -1;
  for (let k = 0; k < scores.length; k++) {
    if (counts(k) && (best < 0 || (scores[k] ?? NaN) > (scores[best] ?? NaN))) best = k;
  }
  return Math.max(best, 0);
}
