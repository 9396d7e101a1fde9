import type { LossKind, OutputHead } from '../contract.js';
import { float32Constant } from './graph/constants.js';
import type { GraphBuilder } from './graph/builder.js';
import { int64Constant } from './graph/constants.js';

/** A loss as nodes: its value for each sample, [n], and its derivative by the scores, [n, width]. */
export interface CompiledLoss {
  readonly value: string;
  readonly cotangent: string;
  /** What has to be fed as the input {@link LABELS}. */
  readonly labels: 'indices' | 'rows';
}

export const LABELS = 'assay/labels';

/**
 * Adds a loss over `scores` [n, width] to a graph, with its derivative in closed form.
 * See `LossSpec` for what each loss is. Constants that do not depend on the scores are left out of `margin`.
 */
export function compileLoss(
  builder: GraphBuilder,
  scores: string,
  width: number,
  kind: LossKind,
  head: OutputHead,
): CompiledLoss {
  const math = new LossMath(builder, scores, width);
  if (kind === 'score') return byIndex(math, (chosen) => [math.dot(chosen), chosen]);
  switch (head) {
    case 'classes':
      return byIndex(math, kind === 'margin' ? math.classMargin : math.softmaxCrossEntropy);
    case 'binary':
    case 'multi-label':
      return byRows(math, kind === 'margin' ? math.signedMargin : math.sigmoidCrossEntropy);
    case 'regression':
      return byRows(math, kind === 'margin' ? math.largestError : math.squaredError);
  }
}

type LossNodes = readonly [value: string, cotangent: string];

function byIndex(math: LossMath, nodes: (chosen: string) => LossNodes): CompiledLoss {
  math.builder.input(LABELS, 'int64', ['n']);
  const [value, cotangent] = nodes(math.oneHot(LABELS));
  return { value, cotangent, labels: 'indices' };
}

function byRows(math: LossMath, nodes: (labels: string) => LossNodes): CompiledLoss {
  math.builder.input(LABELS, 'float32', ['n', math.width]);
  const [value, cotangent] = nodes(LABELS);
  return { value, cotangent, labels: 'rows' };
}

class LossMath {
  constructor(
    readonly builder: GraphBuilder,
    readonly scores: string,
    readonly width: number,
  ) {}

  /** -log softmax(z)_y; softmax(z) - e_y */
  readonly softmaxCrossEntropy = (chosen: string): LossNodes => {
    const log = this.#node('LogSoftmax', this.scores);
    const value = this.#node('Neg', this.#sum(this.#node('Mul', chosen, log)));
    return [value, this.#node('Sub', this.#node('Exp', log), chosen)];
  };

  /** max_{j != y} z_j - z_y; e_j - e_y */
  readonly classMargin = (chosen: string): LossNodes => {
    const others = this.#node('Sub', this.scores, this.#node('Mul', chosen, this.#scalar(1e30)));
    const cotangent = this.#node('Sub', this.oneHot(this.#argMax(others)), chosen);
    return [this.dot(cotangent), cotangent];
  };

  /** sum_k log(1 + e^{s_k z_k}) with s = 1 - 2 y; s sigmoid(s z) */
  readonly sigmoidCrossEntropy = (labels: string): LossNodes => {
    const sign = this.#against(labels);
    const signed = this.#node('Mul', sign, this.scores);
    return [this.#sum(this.#node('Softplus', signed)), this.#node('Mul', sign, this.#node('Sigmoid', signed))];
  };

  /** max_k s_k z_k with s = 1 - 2 y: the label that is closest to flipping */
  readonly signedMargin = (labels: string): LossNodes => {
    const sign = this.#against(labels);
    const nearest = this.oneHot(this.#argMax(this.#node('Mul', sign, this.scores)));
    const cotangent = this.#node('Mul', nearest, sign);
    return [this.dot(cotangent), cotangent];
  };

  /** sum_k (f_k - y_k)^2; 2 (f - y) */
  readonly squaredError = (labels: string): LossNodes => {
    const error = this.#node('Sub', this.scores, labels);
    return [this.#sum(this.#node('Mul', error, error)), this.#node('Mul', error, this.#scalar(2))];
  };

  /** max_k |f_k - y_k| */
  readonly largestError = (labels: string): LossNodes => {
    const error = this.#node('Sub', this.scores, labels);
    const largest = this.oneHot(this.#argMax(this.#node('Abs', error)));
    const cotangent = this.#node('Mul', largest, this.#node('Sign', error));
    return [this.#sum(this.#node('Mul', cotangent, error)), cotangent];
  };

  /** [n] indices -> [n, width] */
  oneHot(indices: string): string {
    const depth = this.builder.constant(int64Constant([], [this.width]));
    const values = this.builder.constant(float32Constant([2], [0, 1]));
    return this.builder.node('OneHot', [indices, depth, values], { axis: -1 });
  }

  /** sum_k w_k z_k */
  dot(weights: string): string {
    return this.#sum(this.#node('Mul', weights, this.scores));
  }

  #against(labels: string): string {
    return this.#node('Sub', this.#scalar(1), this.#node('Mul', labels, this.#scalar(2)));
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
