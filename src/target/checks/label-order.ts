import { percent } from '#base/format';
import { row, type Tensor } from '#base/tensor';
import type { TargetCheck } from '#report/report';
import { permutation, rng } from '#stats/random';
import { mcnemar } from '#stats/tests';
import { labelRow, type Head, type Labels } from '../head.js';
import type { Target } from '../target.js';
import { clearWinner } from './answers.js';
import { bestAssignment } from './assignment.js';

const ID = 'target/label-order';

/** Fewer samples suggest an order by chance, and the other half cannot deny it. */
const FEWEST = 40;

/** The assignment takes the cube of this. */
const MOST_LABELS = 1000;

/** Of McNemar's test: an order that was found on the one half is right more often on the other by more than luck. */
const SIGNIFICANT = 1e-3;

/** Labels that are named in the sentence. */
const MOST_NAMED = 3;

/** What the outputs mean: for each output, the label that it would be given. */
type Order = readonly number[];

/** How answers of one kind of head are held against the truth. */
interface Reading {
  readonly width: number;
  /** How many answers of these samples are right if an output means a label: [width, width], row-major. */
  counts(samples: readonly number[]): Float64Array;
  /** Whether a sample is one of which these labels tell. */
  concerns(sample: number, labels: ReadonlySet<number>): boolean;
  /** Whether the answer on a sample is right, as far as these labels tell. */
  isRight(sample: number, order: Order, labels: ReadonlySet<number>): boolean;
}

/**
 * Whether the labels stand in the order of the outputs. The order that makes the most answers right is found on one half of the
 * samples, and tried on the other: labels that were sorted by name, or counted from one, are found so.
 */
export function checkLabelOrder(
  { head, labels: names }: Pick<Target, 'head' | 'labels'>,
  scores: Tensor,
  labels: Labels,
): TargetCheck {
  const reading = readingOf(head, scores, labels);
  if (reading === null) return { id: ID, holds: null, sentence: 'Values have no labels.' };
  const n = labels.values.length / labels.width;
  if (n < FEWEST) return { id: ID, holds: null, sentence: 'There are too few samples to tell it.' };
  if (reading.width > MOST_LABELS) return { id: ID, holds: null, sentence: 'There are too many labels to tell it.' };
  // By a fixed key, so that the same samples are always halved in the same way.
  const shuffled = permutation(n, rng(ID));
  const order = suggested(reading, shuffled.slice(0, Math.ceil(n / 2)));
  return judged(reading, order, shuffled.slice(Math.ceil(n / 2)), names);
}

function suggested(reading: Reading, samples: readonly number[]): Order {
  const counts = reading.counts(samples);
  // Half a count keeps a label where it is when nothing speaks for another.
  return bestAssignment(
    reading.width,
    (output, label) => (counts[output * reading.width + label] ?? 0) + (output === label ? 0.5 : 0),
  );
}

function judged(
  reading: Reading,
  order: Order,
  samples: readonly number[],
  names: readonly string[] | null,
): TargetCheck {
  const moved = new Set(order.filter((label, output) => label !== output));
  const present = order.map((_, output) => output);
  const answers = samples
    .filter((i) => reading.concerns(i, moved))
    .map((i) => ({ now: reading.isRight(i, present, moved), then: reading.isRight(i, order, moved) }));
  const gained = answers.filter(({ now, then }) => then && !now).length;
  const lost = answers.filter(({ now, then }) => now && !then).length;
  const rightThen = answers.filter(({ then }) => then).length / answers.length;
  const rightNow = answers.filter(({ now }) => now).length / answers.length;
  if (!(gained > lost && rightThen > 0.5 && mcnemar(gained, lost) < SIGNIFICANT)) {
    return { id: ID, holds: true, sentence: 'No other order of the labels makes more answers right.' };
  }
  return {
    id: ID,
    holds: false,
    sentence:
      `The labels seem to stand in another order than the outputs: with ${exchanges(order, names)}, ${percent(rightThen)} of ` +
      `the answers that this concerns would be right instead of ${percent(rightNow)} (McNemar, p < .001).`,
  };
}

function readingOf(head: Head, scores: Tensor, labels: Labels): Reading | null {
  switch (head.kind) {
    case 'classes':
      return oneLabel(head.count, (i) => clearWinner(row(scores, i)), labels);
    case 'binary':
      return oneLabel(2, (i) => clearWinner([0, ...row(scores, i)]), labels);
    case 'multi-label':
      return severalLabels(head.count, scores, labels);
    default:
      return null;
  }
}

/** One answer a sample, which means one class. */
function oneLabel(width: number, said: (sample: number) => number | null, labels: Labels): Reading {
  const truth = (i: number): number => labelRow(labels, i)[0] ?? NaN;
  return {
    width,
    counts(samples) {
      const counts = new Float64Array(width * width);
      for (const i of samples) {
        const answer = said(i);
        if (answer === null) continue;
        const place = answer * width + truth(i);
        counts[place] = (counts[place] ?? 0) + 1;
      }
      return counts;
    },
    concerns: (i, moved) => moved.has(truth(i)),
    isRight: (i, order) => order[said(i) ?? -1] === truth(i),
  };
}

/** A yes or no for each label. */
function severalLabels(width: number, scores: Tensor, labels: Labels): Reading {
  const says = (i: number): boolean[] => Array.from(row(scores, i), (score) => score > 0);
  const truth = (i: number): boolean[] => Array.from(labelRow(labels, i), (bit) => bit === 1);
  return {
    width,
    counts(samples) {
      const counts = new Float64Array(width * width);
      for (const i of samples) {
        const is = truth(i);
        for (const [output, said] of says(i).entries()) {
          for (let label = 0; label < width; label++) {
            if (said === is[label]) counts[output * width + label] = (counts[output * width + label] ?? 0) + 1;
          }
        }
      }
      return counts;
    },
    concerns: (_, moved) => moved.size > 0,
    isRight(i, order, moved) {
      const is = truth(i);
      return says(i).every((said, output) => {
        const label = order[output] ?? output;
        return !moved.has(label) || said === is[label];
      });
    },
  };
}

function exchanges(order: Order, names: readonly string[] | null): string {
  const name = (index: number): string => `\`${names?.[index] ?? index}\``;
  const moved = order.flatMap((label, output) =>
    label === output ? [] : [`${name(label)} in the place of ${name(output)}`],
  );
  const left = moved.length - MOST_NAMED;
  return `${moved.slice(0, MOST_NAMED).join(', ')}${left <= 0 ? '' : ` and ${left} more`}`;
}
