import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { AssayError } from '#base/errors';
import type { LossSpec, OutputHead } from '../contract.js';
import { requireLoss } from '../onnx/losses/form.js';
import { absolute, larger } from './operators/arithmetic.js';
import { softplus } from './operators/activations.js';
import { floats, indices, numbersOf, range } from './value.js';

/** The samples of one execution: [start, end) of `samples`, filled up with zeros to `rows`. */
export interface LossRows {
  readonly samples: number;
  readonly start: number;
  readonly end: number;
  readonly rows: number;
}

/** Scores [n, width] that a loss is taken of. */
interface Scored {
  readonly scores: Tensor;
  readonly width: number;
  readonly head: OutputHead;
  readonly range: LossRows;
}

/** The smallest normal float32: what a probability of zero is taken for in front of a logarithm. */
const LEAST = 1.1754943508222875e-38;
/** Keeps the difference of logits ratio finite where logits are equal (AutoAttack's own constant). */
const RATIO_GUARD = 1e-12;

/**
 * A loss of each sample, [n]; see `LossSpec` for what each is. Written in operations that TensorFlow.js differentiates.
 *
 * @throws AssayError `usage` where the head has no such loss, or numbers are missing.
 */
export function lossOf(loss: LossSpec, scores: Tensor, head: OutputHead, range: LossRows): Tensor {
  return computed(loss, { scores, width: scores.shape[1] ?? 1, head, range });
}

function computed(loss: LossSpec, of: Scored): Tensor {
  requireLoss(loss.kind, of.head, of.width);
  switch (loss.kind) {
    case 'score':
      return chosen(of, unit(of, loss.labels, 'labels'));
    case 'score-difference':
      return chosen(of, tf.sub(unit(of, loss.targets, 'targets'), unit(of, loss.labels, 'labels')));
    case 'dlr':
      return logitsRatio(of, margin(of, unit(of, loss.labels, 'labels')));
    case 'targeted-dlr': {
      const difference = tf.sub(unit(of, loss.targets, 'targets'), unit(of, loss.labels, 'labels'));
      return targetedRatio(of, chosen(of, difference));
    }
    case 'cross-entropy':
      return crossEntropy(of, loss.labels);
    case 'margin':
      return headMargin(of, loss.labels);
    case 'divergence': {
      const probabilities = rowsOf(of, loss.probabilities, 'probabilities');
      return of.head === 'classes' ? softmaxDivergence(of, probabilities) : sigmoidDivergence(of, probabilities);
    }
    case 'squared-error':
      return squaredError(of, rowsOf(of, loss.values, 'values'));
    case 'weighted-scores':
      return chosen(of, rowsOf(of, loss.values, 'values'));
    case 'weighted-sum':
      return loss.terms
        .map(({ weight, loss: term }) => tf.mul(weightOf(of, weight), computed(term, of)))
        .reduce((a, b) => tf.add(a, b));
  }
}

/** -log softmax(z)_y for classes; sum_k log(1 + e^{s_k z_k}) with s = 1 - 2 y for labels; sum_k (f_k - y_k)^2 for values */
function crossEntropy(of: Scored, labels: Float64Array): Tensor {
  if (of.head === 'classes') return tf.neg(summed(tf.mul(unit(of, labels, 'labels'), tf.logSoftmax(of.scores))));
  const rows = rowsOf(of, labels, 'labels');
  return of.head === 'regression' ? squaredError(of, rows) : summed(softplus(tf.mul(against(rows), of.scores)));
}

/** max_{j != y} z_j - z_y for classes; max_k s_k z_k for labels; max_k |f_k - y_k| for values */
function headMargin(of: Scored, labels: Float64Array): Tensor {
  if (of.head === 'classes') return margin(of, unit(of, labels, 'labels'));
  const rows = rowsOf(of, labels, 'labels');
  const each = of.head === 'regression' ? absolute(tf.sub(of.scores, rows)) : tf.mul(against(rows), of.scores);
  return summed(tf.mul(each, unitOf(of, tf.argMax(each, 1))));
}

function margin(of: Scored, label: Tensor): Tensor {
  const others = tf.sub(of.scores, tf.mul(label, 1e30));
  return chosen(of, tf.sub(unitOf(of, tf.argMax(others, 1)), label));
}

/** A margin / (z_1 - z_3), z sorted in descending order */
function logitsRatio(of: Scored, numerator: Tensor): Tensor {
  const [first, , third] = sorted(of, 3);
  return ratio(numerator, tf.sub(first ?? numerator, third ?? numerator));
}

/** A difference / (z_1 - (z_3 + z_4) / 2) */
function targetedRatio(of: Scored, numerator: Tensor): Tensor {
  const [first, , third, fourth] = sorted(of, 4);
  const middle = tf.mul(tf.add(third ?? numerator, fourth ?? numerator), 0.5);
  return ratio(numerator, tf.sub(first ?? numerator, middle));
}

function ratio(numerator: Tensor, denominator: Tensor): Tensor {
  return tf.div(numerator, tf.add(denominator, RATIO_GUARD));
}

/** The largest scores, each [n], the largest first. */
function sorted(of: Scored, count: number): Tensor[] {
  // On the host, where nothing follows them: places have no gradient, and TensorFlow.js knows none.
  const places = numbersOf(tf.topk(of.scores, count).indices);
  return range(0, count).map((rank) => {
    const column = places.filter((_, i) => i % count === rank);
    return chosen(of, unitOf(of, indices(column)));
  });
}

function squaredError({ scores }: Scored, values: Tensor): Tensor {
  return summed(tf.square(tf.sub(scores, values)));
}

/** sum_k p_k (log p_k - log softmax(z)_k) */
function softmaxDivergence({ scores }: Scored, probabilities: Tensor): Tensor {
  return summed(tf.mul(probabilities, tf.sub(logarithm(probabilities), tf.logSoftmax(scores))));
}

/** sum_k p log p + (1 - p) log(1 - p) - (p log q + (1 - p) log(1 - q)), q = sigmoid(z): log q = z - softplus(z) */
function sigmoidDivergence({ scores }: Scored, probabilities: Tensor): Tensor {
  const entropy = (p: Tensor): Tensor => tf.mul(p, logarithm(p));
  const known = tf.add(entropy(probabilities), entropy(tf.sub(1, probabilities)));
  return summed(tf.add(known, tf.sub(softplus(scores), tf.mul(probabilities, scores))));
}

function logarithm(probabilities: Tensor): Tensor {
  return tf.log(larger(probabilities, tf.scalar(LEAST)));
}

/** 1 - 2 y */
function against(labels: Tensor): Tensor {
  return tf.sub(1, tf.mul(labels, 2));
}

function summed(values: Tensor): Tensor {
  return tf.sum(values, 1);
}

/** sum_k w_k z_k */
function chosen({ scores }: Scored, weights: Tensor): Tensor {
  return summed(tf.mul(scores, weights));
}

/** Unit vectors of classes, [n, width]: made on the host, where the classes are. */
function unit(of: Scored, numbers: Float64Array, field: string): Tensor {
  const classes = numbersFor(of, numbers, 1, field);
  const rows = new Float32Array(of.range.rows * of.width);
  classes.forEach((label, row) => {
    if (label >= 0 && label < of.width) rows[row * of.width + label] = 1;
  });
  return floats([of.range.rows, of.width], rows);
}

function unitOf({ width }: Scored, classes: Tensor): Tensor {
  const places = tf.range(0, width, 1, 'int32');
  return tf.cast(tf.equal(tf.expandDims(tf.cast(classes, 'int32'), 1), places), 'float32');
}

function rowsOf(of: Scored, numbers: Float64Array, field: string): Tensor {
  return floats([of.range.rows, of.width], numbersFor(of, numbers, of.width, field));
}

function weightOf(of: Scored, weight: number | Float64Array): Tensor {
  return typeof weight === 'number' ? tf.scalar(weight) : floats([of.range.rows], numbersFor(of, weight, 1, 'weight'));
}

function numbersFor({ range }: Scored, numbers: Float64Array, columns: number, field: string): Float32Array {
  const { samples, start, end, rows } = range;
  if (numbers.length !== samples * columns) {
    throw new AssayError('usage', {
      what: `the \`${field}\` of a loss hold ${numbers.length} numbers, and ${samples} samples take ${samples * columns}`,
    });
  }
  const filled = new Float32Array(rows * columns);
  filled.set(numbers.subarray(start * columns, end * columns));
  return filled;
}
