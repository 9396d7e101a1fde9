import { AssayError } from '#base/errors';

/**
 * What the outputs of a target mean, and so what counts as success against it. `scores` are always on the scale on
 * which losses are defined: logits for classes, binary and multi-label heads, values for regression.
 */
export type Head = ClassesHead | BinaryHead | MultiLabelHead | RegressionHead | RankingHead | SequenceHead;

export interface ClassesHead {
  readonly kind: 'classes';
  readonly count: number;
}
/** One score: positive means label 1. */
export interface BinaryHead {
  readonly kind: 'binary';
}
/** `count` independent scores: positive means that the label is present. */
export interface MultiLabelHead {
  readonly kind: 'multi-label';
  readonly count: number;
}
/** `count` values; a prediction is right when each is within `tolerance` of the truth, in the units of the truth. */
export interface RegressionHead {
  readonly kind: 'regression';
  readonly count: number;
  readonly tolerance: number;
}
/** Reserved: success is that the item leaves the top `k`. */
export interface RankingHead {
  readonly kind: 'ranking';
  readonly count: number;
  readonly k: number;
}
/** Reserved. */
export interface SequenceHead {
  readonly kind: 'sequence';
}

/** `width` numbers a sample: a class index, 0 or 1, one bit a label, or the true values. */
export interface Labels {
  readonly width: number;
  readonly values: Float64Array;
}

export function labelsOf(values: ArrayLike<number>, width = 1): Labels {
  return { width, values: Float64Array.from(values) };
}

/** The label of one sample: a view, not a copy. */
/** Of samples whose truth nobody knows: NaN everywhere. */
export function unknownLabels(head: Head, samples: number): Labels {
  const width = labelWidth(head);
  return labelsOf(new Float64Array(samples * width).fill(NaN), width);
}

export function labelRow(labels: Labels, index: number): Float64Array {
  return labels.values.subarray(index * labels.width, (index + 1) * labels.width);
}

export function takeLabels(labels: Labels, indices: ArrayLike<number>): Labels {
  const values = new Float64Array(indices.length * labels.width);
  for (let i = 0; i < indices.length; i++) values.set(labelRow(labels, indices[i] ?? 0), i * labels.width);
  return { width: labels.width, values };
}

/** How many scores a target with this head gives for a sample. */
export function scoreWidth(head: Head): number {
  switch (head.kind) {
    case 'classes':
    case 'multi-label':
    case 'regression':
    case 'ranking':
      return head.count;
    case 'binary':
      return 1;
    case 'sequence':
      return unsupported(head);
  }
}

/** How many numbers the label of one sample has. */
export function labelWidth(head: Head): number {
  return head.kind === 'multi-label' || head.kind === 'regression' ? head.count : 1;
}

/**
 * The distance of a prediction from being wrong: positive when it is right, zero or less when the adversary has won.
 * A tie is not a right answer, and neither is a NaN.
 *
 * - classes: z_y - max_{j != y} z_j
 * - binary: z for label 1, -z for label 0
 * - multi-label: the least of the above over all labels
 * - regression: tolerance - max_i |f_i(x) - y_i|
 */
export function margin(head: Head, scores: ArrayLike<number>, label: ArrayLike<number>): number {
  switch (head.kind) {
    case 'classes':
      return classMargin(scores, label[0] ?? -1);
    case 'binary':
      return signed(scores[0] ?? NaN, label[0] ?? NaN);
    case 'multi-label': {
      let least = Infinity;
      for (let i = 0; i < head.count; i++) least = Math.min(least, signed(scores[i] ?? NaN, label[i] ?? NaN));
      return least;
    }
    case 'regression': {
      let most = 0;
      for (let i = 0; i < head.count; i++) most = Math.max(most, Math.abs((scores[i] ?? NaN) - (label[i] ?? NaN)));
      return head.tolerance - most;
    }
    case 'ranking':
    case 'sequence':
      return unsupported(head);
  }
}

export function isCorrect(head: Head, scores: ArrayLike<number>, label: ArrayLike<number>): boolean {
  return margin(head, scores, label) > 0;
}

function classMargin(scores: ArrayLike<number>, label: number): number {
  let best = -Infinity;
  for (let j = 0; j < scores.length; j++) if (j !== label) best = Math.max(best, scores[j] ?? NaN);
  return (scores[label] ?? NaN) - best;
}

function signed(score: number, label: number): number {
  return label === 1 ? score : -score;
}

function unsupported(head: Head): never {
  throw new AssayError('config', { what: `the head \`${head.kind}\` cannot be audited by this version` });
}
