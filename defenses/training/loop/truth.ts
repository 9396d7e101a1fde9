import type { Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { labelRow, type Head, type Labels } from '#target/head';
import { sigmoid, softmaxAt } from '../objectives/score-losses.js';

/** What a batch is to be taught: its labels, and the probabilities or values that are made of them. */
export interface Truth {
  readonly labels: Labels;
  /** [n, scores] */
  readonly targets: Float64Array;
  /** Whether the targets say more than the labels. */
  readonly soft: boolean;
}

/**
 * The probabilities that a batch is taught, [n, scores]: 1 for what the labels say, of which `smoothing` is spread evenly
 * over all classes, or over both answers (Szegedy et al. 2016, arXiv:1512.00567, section 7). The values of a regression
 * stay as they are.
 */
export function targetsOf(head: Head, labels: Labels, scores: number, smoothing: number): Float64Array {
  const n = labels.values.length / labels.width;
  if (head.kind === 'regression') return labels.values.slice();
  const spread = head.kind === 'classes' ? smoothing / scores : smoothing / 2;
  const targets = new Float64Array(n * scores).fill(spread);
  for (let i = 0; i < n; i++) {
    const label = labelRow(labels, i);
    for (let j = 0; j < scores; j++) {
      const holds = head.kind === 'classes' ? label[0] === j : label[j] === 1;
      if (holds) targets[i * scores + j] = 1 - smoothing + spread;
    }
  }
  return targets;
}

/** The loss that the head is trained with: its gradient is that of cross-entropy, or of squared error. */
export function lossOf(head: Head, { labels, targets, soft }: Truth): LossSpec {
  if (!soft) return { kind: 'cross-entropy', labels: labels.values };
  return head.kind === 'regression'
    ? { kind: 'squared-error', values: targets }
    : { kind: 'divergence', probabilities: targets };
}

/** What scores say, [n, scores]: softmax over classes, a sigmoid for each answer. */
export function probabilitiesOf(head: Head, { shape, data }: Tensor): Float64Array {
  if (head.kind !== 'classes') return Float64Array.from(data, sigmoid);
  const [n = 0, width = 0] = shape;
  const probabilities = new Float64Array(n * width);
  const logs = new Float64Array(width);
  const own = new Float64Array(width);
  for (let i = 0; i < n; i++) {
    softmaxAt(data, i * width, logs, own);
    probabilities.set(own, i * width);
  }
  return probabilities;
}
