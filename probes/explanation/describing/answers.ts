import { row, rowsOf, type Tensor } from '#base/tensor';
import type { Target } from '#target/target';

/** What a model says of each row, as surrogates learn it. */
export interface ModelAnswers {
  /** One a row: the index of a class, or a number. */
  readonly values: Float64Array;
  /** How many classes there are; null: answers are numbers. */
  readonly classes: number | null;
  readonly wordOf: (answer: number) => string;
}

/** Of classes the one with the highest score, of binary and multi-label heads whether the score is positive, else the score itself. */
export function answersOf(
  { head, labels }: Pick<Target, 'head' | 'labels'>,
  scores: Tensor,
  score: number,
): ModelAnswers {
  const own = Float64Array.from({ length: rowsOf(scores) }, (_, i) => row(scores, i)[score] ?? NaN);
  const name = (index: number) => labels?.[index] ?? `${index}`;
  switch (head.kind) {
    case 'classes': {
      const values = own.map((_, i) => highest(row(scores, i)));
      return { values, classes: head.count, wordOf: name };
    }
    case 'binary':
      return { values: own.map((value) => Number(value > 0)), classes: 2, wordOf: name };
    case 'multi-label':
      return {
        values: own.map((value) => Number(value > 0)),
        classes: 2,
        wordOf: (answer) => (answer === 1 ? name(score) : `not ${name(score)}`),
      };
    default:
      return { values: own, classes: null, wordOf: (answer) => String(Number(answer.toPrecision(4))) };
  }
}

function highest(scores: Float32Array): number {
  let best = 0;
  for (let k = 1; k < scores.length; k++) if ((scores[k] ?? NaN) > (scores[best] ?? NaN)) best = k;
  return best;
}
