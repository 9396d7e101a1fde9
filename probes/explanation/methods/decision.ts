import type { Head } from '#target/head';

/**
 * How far scores are from another decision: positive while the decision is what it was, negative when it has changed, zero
 * at a tie, NaN where scores are NaN.
 */
export type Decision = (scores: ArrayLike<number>) => number;

/**
 * The decision about one score of a sample.
 *
 * - classes: whether this class has the highest score
 * - binary and multi-label: the sign of the score
 * - others: whether the value stays within the head's tolerance of what it was (0 where the head has none)
 *
 * @param scores what the target gave for the sample
 * @param score the index of the score that is explained
 */
export function decisionOf(head: Head, scores: ArrayLike<number>, score: number): Decision {
  const before = scores[score] ?? NaN;
  switch (head.kind) {
    case 'classes':
      return signedAs(scores, (others) => (others[score] ?? NaN) - largestBut(others, score));
    case 'binary':
    case 'multi-label':
      return signedAs(scores, (others) => others[score] ?? NaN);
    default: {
      const tolerance = head.kind === 'regression' ? head.tolerance : 0;
      return (others) => tolerance - Math.abs((others[score] ?? NaN) - before);
    }
  }
}

/** A distance whose sign is turned so that it is positive for the scores of the sample itself. */
function signedAs(scores: ArrayLike<number>, distance: Decision): Decision {
  return distance(scores) > 0 ? distance : (others) => -distance(others);
}

function largestBut(scores: ArrayLike<number>, left: number): number {
  let largest = -Infinity;
  for (let i = 0; i < scores.length; i++) if (i !== left) largest = Math.max(largest, scores[i] ?? NaN);
  return largest;
}
