import { digestOfJson, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { row, rowSize, rowsOf, sizeOf, zeros, type Tensor } from '#base/tensor';
import { rowsAsked, type LossSpec } from '#engine/index';
import type { ContinuousDomain } from './domain.js';
import { scoreWidth, type Head } from './head.js';
import { sampleLoss } from './losses.js';
import type { Capability, DifferentiableTarget, Gradient, Jacobian, QueryCount } from './target.js';

export interface LinearOptions {
  readonly head: Head;
  /** The shape of one sample. Three axes make an image of [channels, height, width], others a table. */
  readonly shape: readonly number[];
  /** Lowest and highest legal value. Default: [0, 1]. */
  readonly range?: readonly [number, number];
}

/**
 * A linear model, score_k(x) = w_k . x + b_k, computed in double precision and given as float32. Everything about it has
 * a closed form, so it is what attacks and explainers are held against before they judge anything else.
 *
 * @param weights [scores][values of a sample]
 * @param bias one for each score
 * @throws AssayError `model` where the sizes do not agree
 */
export function linearTarget(
  weights: readonly ArrayLike<number>[],
  bias: ArrayLike<number>,
  options: LinearOptions,
): DifferentiableTarget {
  return new LinearTarget(
    weights.map((each) => Float64Array.from(each)),
    Float64Array.from(bias),
    options.head,
    domainOf(options),
  );
}

class LinearTarget implements DifferentiableTarget {
  readonly name = 'linear model';
  readonly digest: Digest;
  readonly labels = null;
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>(['labels', 'scores', 'gradients']);
  readonly missing: ReadonlyMap<Capability, string> = new Map([['training', 'A linear model has nothing to train.']]);
  readonly queries: QueryCount = { predictions: 0, gradients: 0 };

  constructor(
    private readonly weights: readonly Float64Array[],
    private readonly bias: Float64Array,
    readonly head: Head,
    readonly domain: ContinuousDomain,
  ) {
    const values = sizeOf(domain.shape);
    const fits = weights.length === scoreWidth(head) && bias.length === weights.length;
    if (!fits || weights.some((each) => each.length !== values)) {
      throw new AssayError('model', {
        what: `a linear model with the head \`${head.kind}\` over ${values} values needs ${scoreWidth(head)} rows of as many weights, and as many biases`,
      });
    }
    this.digest = digestOfJson({ weights: weights.map((each) => [...each]), bias: [...bias], head, domain });
  }

  predict(inputs: Tensor): Promise<Tensor> {
    this.queries.predictions += rowsOf(inputs);
    return Promise.resolve(this.scores(inputs));
  }

  gradient(inputs: Tensor, loss: LossSpec): Promise<Gradient> {
    const n = rowsOf(inputs);
    this.queries.gradients += n;
    const scores = this.scores(inputs);
    const losses = new Float32Array(n);
    const gradient = zeros(inputs.shape);
    for (let i = 0; i < n; i++) {
      const { value, slope } = sampleLoss(this.head, loss, i, row(scores, i));
      losses[i] = value;
      this.backward(slope, row(gradient, i));
    }
    return Promise.resolve({ scores, loss: losses, gradient });
  }

  /** d score_k / d x is w_k everywhere. */
  jacobian(inputs: Tensor, indices: Float64Array): Promise<Jacobian> {
    this.queries.gradients += indices.length;
    const count = rowsAsked(rowsOf(inputs), indices, this.weights.length);
    const rows = zeros([rowsOf(inputs), count, ...inputs.shape.slice(1)]);
    const size = rowSize(inputs);
    indices.forEach((index, i) => rows.data.set(this.weights[index] ?? [], i * size));
    return Promise.resolve({ scores: this.scores(inputs), rows });
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  private scores(inputs: Tensor): Tensor {
    const width = this.weights.length;
    const scores = zeros([rowsOf(inputs), width]);
    for (let i = 0; i < rowsOf(inputs); i++) {
      const x = row(inputs, i);
      for (let k = 0; k < width; k++) scores.data[i * width + k] = dot(this.weights[k] ?? [], x) + (this.bias[k] ?? 0);
    }
    return scores;
  }

  /** sum_k slope_k w_k */
  private backward(slope: Float64Array, into: Float32Array): void {
    const sum = new Float64Array(into.length);
    for (let k = 0; k < this.weights.length; k++) add(slope[k] ?? 0, this.weights[k] ?? [], sum);
    into.set(sum);
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? NaN) * (b[i] ?? NaN);
  return sum;
}

function add(factor: number, values: ArrayLike<number>, to: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? NaN) + factor * (values[i] ?? NaN);
}

function domainOf({ shape, range = [0, 1] }: LinearOptions): ContinuousDomain {
  const plain = { shape, range };
  if (shape.length !== 3) return { kind: 'tabular', ...plain, ...neutral(shape.at(-1) ?? 1) };
  return { kind: 'image', layout: 'NCHW', ...plain, ...neutral(shape[0] ?? 1) };
}

function neutral(channels: number): { mean: number[]; std: number[] } {
  return { mean: Array.from({ length: channels }, () => 0), std: Array.from({ length: channels }, () => 1) };
}
