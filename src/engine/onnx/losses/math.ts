import type { GraphBuilder } from '../graph/builder.js';
import { float32Constant, int64Constant } from '../graph/constants.js';

/** A loss of each sample, [n], and its derivative by the scores, [n, width]. */
export type LossNodes = readonly [value: string, cotangent: string];

/** The smallest normal float32: what a probability of zero is taken for in front of a logarithm. */
const LEAST = 1.1754943508222875e-38;

/** Keeps the difference of logits ratio finite where logits are equal (AutoAttack's own constant). */
const RATIO_GUARD = 1e-12;

/** Losses as nodes, with their derivatives in closed form. Indices are [n] of int64, rows are [n, width]. */
export class LossMath {
  constructor(
    readonly builder: GraphBuilder,
    readonly scores: string,
    readonly width: number,
  ) {}

  /** z_y; e_y */
  score(label: string): LossNodes {
    const chosen = this.oneHot(label);
    return [this.#dot(chosen), chosen];
  }

  /** z_t - z_y; e_t - e_y */
  scoreDifference(label: string, target: string): LossNodes {
    const cotangent = this.#node('Sub', this.oneHot(target), this.oneHot(label));
    return [this.#dot(cotangent), cotangent];
  }

  /** -log softmax(z)_y; softmax(z) - e_y */
  softmaxCrossEntropy(label: string): LossNodes {
    const [value = '', log = ''] = this.builder.nodes('SoftmaxCrossEntropyLoss', [this.scores, label], 2, {
      reduction: 'none',
    });
    return [value, this.#node('Sub', this.#node('Exp', log), this.oneHot(label))];
  }

  /** max_{j != y} z_j - z_y; e_j - e_y */
  classMargin(label: string): LossNodes {
    const chosen = this.oneHot(label);
    const cotangent = this.#node('Sub', this.#strongestOther(chosen), chosen);
    return [this.#dot(cotangent), cotangent];
  }

  /** (max_{j != y} z_j - z_y) / (z_1 - z_3), z sorted in descending order */
  dlr(label: string): LossNodes {
    const chosen = this.oneHot(label);
    const [first = '', , third = ''] = this.#sorted(3);
    const numerator = this.#node('Sub', this.#strongestOther(chosen), chosen);
    return this.#ratio(numerator, this.#node('Sub', first, third));
  }

  /** (z_t - z_y) / (z_1 - (z_3 + z_4) / 2), z sorted in descending order */
  targetedDlr(label: string, target: string): LossNodes {
    const [first = '', , third = '', fourth = ''] = this.#sorted(4);
    const numerator = this.#node('Sub', this.oneHot(target), this.oneHot(label));
    const middle = this.#node('Mul', this.#node('Add', third, fourth), this.#scalar(0.5));
    return this.#ratio(numerator, this.#node('Sub', first, middle));
  }

  /** sum_k log(1 + e^{s_k z_k}) with s = 1 - 2 y; s sigmoid(s z) */
  sigmoidCrossEntropy(labels: string): LossNodes {
    const sign = this.#against(labels);
    const signed = this.#node('Mul', sign, this.scores);
    return [this.#sum(this.#node('Softplus', signed)), this.#node('Mul', sign, this.#node('Sigmoid', signed))];
  }

  /** max_k s_k z_k with s = 1 - 2 y: the label that is closest to flipping */
  signedMargin(labels: string): LossNodes {
    const sign = this.#against(labels);
    const nearest = this.oneHot(this.#argMax(this.#node('Mul', sign, this.scores)));
    const cotangent = this.#node('Mul', nearest, sign);
    return [this.#dot(cotangent), cotangent];
  }

  /** sum_k (f_k - y_k)^2; 2 (f - y) */
  squaredError(values: string): LossNodes {
    const error = this.#node('Sub', this.scores, values);
    return [this.#sum(this.#node('Mul', error, error)), this.#node('Mul', error, this.#scalar(2))];
  }

  /** sum_k w_k z_k; w */
  weightedScores(weights: string): LossNodes {
    return [this.#dot(weights), weights];
  }

  /** max_k |f_k - y_k| */
  largestError(values: string): LossNodes {
    const error = this.#node('Sub', this.scores, values);
    const largest = this.oneHot(this.#argMax(this.#node('Abs', error)));
    const cotangent = this.#node('Mul', largest, this.#node('Sign', error));
    return [this.#sum(this.#node('Mul', cotangent, error)), cotangent];
  }

  /** sum_k p_k (log p_k - log softmax(z)_k); softmax(z) sum_k p_k - p */
  softmaxDivergence(probabilities: string): LossNodes {
    const log = this.#node('LogSoftmax', this.scores);
    const ratio = this.#node('Sub', this.#log(probabilities), log);
    const total = this.builder.reduceSum(probabilities, [1], true);
    const expected = this.#node('Mul', this.#node('Exp', log), total);
    return [this.#sum(this.#node('Mul', probabilities, ratio)), this.#node('Sub', expected, probabilities)];
  }

  /** sum_k p_k log(p_k / q_k) + (1 - p_k) log((1 - p_k) / (1 - q_k)) with q = sigmoid(z); q - p */
  sigmoidDivergence(probabilities: string): LossNodes {
    const complement = this.#node('Sub', this.#scalar(1), probabilities);
    const entropy = (p: string): string => this.#node('Mul', p, this.#log(p));
    // log q = z - softplus(z) and log (1 - q) = -softplus(z).
    const cross = this.#node('Sub', this.#node('Softplus', this.scores), this.#node('Mul', probabilities, this.scores));
    const each = this.#node('Add', this.#node('Add', entropy(probabilities), entropy(complement)), cross);
    return [this.#sum(each), this.#node('Sub', this.#node('Sigmoid', this.scores), probabilities)];
  }

  /** sum_i w_i L_i, weights [n] */
  weightedSum(terms: readonly { readonly weight: string; readonly nodes: LossNodes }[]): LossNodes {
    const parts = terms.map(({ weight, nodes: [value, cotangent] }): LossNodes => {
      const column = this.builder.reshape(weight, [-1, 1]);
      return [this.#node('Mul', weight, value), this.#node('Mul', column, cotangent)];
    });
    return parts.reduce((a, b) => [this.#node('Add', a[0], b[0]), this.#node('Add', a[1], b[1])]);
  }

  /** [n] indices -> [n, width] */
  oneHot(indices: string): string {
    const depth = this.builder.constant(int64Constant([], [this.width]));
    const values = this.builder.constant(float32Constant([2], [0, 1]));
    return this.builder.node('OneHot', [indices, depth, values], { axis: -1 });
  }

  /** L = (a . z) / (b . z); a / (b . z) - L b / (b . z) */
  #ratio(a: string, b: string): LossNodes {
    const denominator = this.#node('Add', this.#dot(b), this.#scalar(RATIO_GUARD));
    const value = this.#node('Div', this.#dot(a), denominator);
    const column = (each: string): string => this.builder.reshape(each, [-1, 1]);
    const moved = this.#node('Sub', a, this.#node('Mul', column(value), b));
    return [value, this.#node('Div', moved, column(denominator))];
  }

  /** Unit vectors of the `count` largest scores, in descending order. */
  #sorted(count: number): string[] {
    const [, indices = ''] = this.builder.nodes('TopK', [this.scores, this.builder.integers([count])], 2, { axis: 1 });
    const columns = this.builder.nodes('Split', [indices], count, { axis: 1, num_outputs: count });
    return columns.map((column) => this.oneHot(this.builder.reshape(column, [-1])));
  }

  #strongestOther(chosen: string): string {
    return this.oneHot(this.#argMax(this.#node('Sub', this.scores, this.#node('Mul', chosen, this.#scalar(1e30)))));
  }

  #against(labels: string): string {
    return this.#node('Sub', this.#scalar(1), this.#node('Mul', labels, this.#scalar(2)));
  }

  #log(probabilities: string): string {
    return this.#node('Log', this.#node('Max', probabilities, this.#scalar(LEAST)));
  }

  /** sum_k w_k z_k */
  #dot(weights: string): string {
    return this.#sum(this.#node('Mul', weights, this.scores));
  }

  #argMax(values: string): string {
    return this.builder.node('ArgMax', [values], { axis: 1, keepdims: 0 });
  }

  #sum(values: string): string {
    return this.builder.reduceSum(values, [1], false);
  }

  #scalar(value: number): string {
    return this.builder.scalar(value);
  }

  #node(op: string, ...inputs: readonly string[]): string {
    return this.builder.node(op, inputs);
  }
}
