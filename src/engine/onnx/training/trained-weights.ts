import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { DescentStep, Parameter, TrainingOptions, TrainingState } from '../../contract.js';
import { learningRateAt } from '../../training/learning-rate.js';
import type { Descent } from '../../training/optimizers.js';
import { float32Constant, float32Of } from '../graph/constants.js';
import type { Constant, Graph } from '../graph/ir.js';
import { encodeModel } from '../proto/codec.js';

/** What a batch normalization measured in one step, and what moves by it. */
export interface MeasuredStatistics {
  readonly runningMean: string;
  readonly runningVariance: string;
  readonly momentum: number;
  /** Values of each channel. */
  readonly count: number;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** What one execution in training mode has found. */
export interface Measured {
  readonly samples: number;
  /** Of each sample. */
  readonly loss: Float32Array;
  /** Of the sum of the losses, by the names of weights that move. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly statistics: Iterable<MeasuredStatistics>;
}

type WeightValue = Readonly<{ shape: readonly number[]; data: Float32Array }>;

/** The weights of a model that is trained, its running statistics and the optimizer's moments: copies, whatever engine computes. */
export class TrainedWeights {
  /** Weights that move and running statistics. */
  readonly values: ReadonlyMap<string, WeightValue>;
  /** Names of the weights that move. */
  readonly moving: readonly string[];
  /** Whether there are running statistics at all. */
  readonly hasStatistics: boolean;
  readonly #moments: ReadonlyMap<string, readonly Float32Array[]>;
  #step = 0;

  /** @param graph whose constants the weights begin as */
  constructor(
    graph: Graph,
    private readonly parameters: readonly Parameter[],
    private readonly descent: Descent,
    private readonly learningRate: TrainingOptions['learningRate'],
  ) {
    this.moving = parameters.filter(({ frozen }) => !frozen).map(({ name }) => name);
    const statistics = runningStatistics(graph);
    this.hasStatistics = statistics.length > 0;
    this.values = new Map([...this.moving, ...statistics].map((name) => [name, copyOf(name, graph.constants)]));
    this.#moments = new Map(
      this.moving.map((name) => {
        const size = this.values.get(name)?.data.length ?? 0;
        return [name, descent.moments.map(() => new Float32Array(size))];
      }),
    );
  }

  /** Steps that were made. */
  get step(): number {
    return this.#step;
  }

  /** One step of the optimizer and of the running statistics; tells what was descended. */
  move({ samples, loss, gradients, statistics }: Measured): DescentStep {
    const settings = { rate: learningRateAt(this.learningRate, this.#step), scale: 1 / samples, step: this.#step };
    for (const [name, gradient] of gradients) {
      const weight = this.values.get(name)?.data ?? new Float32Array();
      this.descent.move(weight, gradient, this.#moments.get(name) ?? [], settings);
    }
    this.observe(statistics);
    this.#step++;
    return {
      loss: loss.reduce((sum, value) => sum + value, 0) / samples,
      gradientNorm: Math.sqrt(squaresOf(gradients.values())) / samples,
    };
  }

  /** Moves the running statistics alone. */
  observe(statistics: Iterable<MeasuredStatistics>): void {
    for (const measured of statistics) this.#moveStatistics(measured);
  }

  /**
   * Adds to weights; moments and the step stay.
   *
   * @throws AssayError `usage` for a weight that there is not, that is frozen or that has another shape; nothing has moved then
   */
  shift(changes: ReadonlyMap<string, Tensor>): void {
    const shifts = [...changes].map(([name, change]) => [this.#shifted(name, change), change.data] as const);
    for (const [weight, change] of shifts) {
      for (let i = 0; i < weight.length; i++) weight[i] = (weight[i] ?? 0) + (change[i] ?? 0);
    }
  }

  /** Gradients of the sum of the losses as those of their mean, in the shapes of the weights. */
  meanGradients(gradients: ReadonlyMap<string, Float32Array>, samples: number): ReadonlyMap<string, Tensor> {
    return new Map(
      [...gradients].map(([name, gradient]) => [
        name,
        { shape: this.values.get(name)?.shape ?? [], data: gradient.map((value) => value / samples) },
      ]),
    );
  }

  state(): TrainingState {
    const state: Record<string, Float32Array> = { step: Float32Array.of(this.#step) };
    for (const [key, data] of this.#stored()) state[key] = data.slice();
    return state;
  }

  restore(state: TrainingState): void {
    this.#step = state['step']?.[0] ?? 0;
    for (const [key, data] of this.#stored()) data.set(state[key] ?? data);
  }

  /** The file with its present weights. */
  file(written: Graph): Uint8Array {
    const constants = new Map<string, Constant>(written.constants);
    for (const [name, { shape, data }] of this.values) constants.set(name, float32Constant(shape, data));
    return encodeModel({ ...written, constants });
  }

  #shifted(name: string, { shape, data }: Tensor): Float32Array {
    const parameter = this.parameters.find((each) => each.name === name);
    const weight = this.values.get(name)?.data;
    if (parameter === undefined) {
      throw new AssayError('usage', {
        what: `there is no weight \`${name}\` to shift`,
        mend: `The weights are ${this.parameters.map((each) => each.name).join(', ')}.`,
      });
    }
    if (parameter.frozen || weight === undefined) {
      throw new AssayError('usage', { what: `the weight \`${name}\` is frozen, and cannot be shifted` });
    }
    if (String(shape) !== String(parameter.shape) || data.length !== weight.length) {
      throw new AssayError('usage', {
        what: `the weight \`${name}\` has the shape [${parameter.shape.join(', ')}], and is shifted by [${shape.join(', ')}]`,
      });
    }
    return weight;
  }

  /** Towards those of the batch; the variance towards the unbiased one, as in PyTorch. */
  #moveStatistics({ runningMean, runningVariance, momentum, count, mean, variance }: MeasuredStatistics): void {
    const move = (name: string, batch: Float32Array, factor: number): void => {
      const running = this.values.get(name)?.data;
      batch.forEach((value, i) => {
        if (running !== undefined) running[i] = momentum * (running[i] ?? 0) + (1 - momentum) * factor * value;
      });
    };
    move(runningMean, mean, 1);
    move(runningVariance, variance, count / Math.max(count - 1, 1));
  }

  *#stored(): Generator<[string, Float32Array]> {
    for (const [name, { data }] of this.values) yield [`value:${name}`, data];
    for (const [name, moments] of this.#moments) {
      for (const [i, moment] of this.descent.moments.entries())
        yield [`${moment}:${name}`, moments[i] ?? new Float32Array()];
    }
  }
}

/** The sum of the squares of all values, in double precision. */
function squaresOf(gradients: Iterable<Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients) {
    for (let i = 0; i < gradient.length; i++) sum += (gradient[i] ?? 0) ** 2;
  }
  return sum;
}

/** Constants that hold the running statistics of batch normalizations. */
function runningStatistics({ nodes, constants }: Graph): string[] {
  const names = nodes
    .filter(({ op, domain }) => op === 'BatchNormalization' && domain === '')
    .flatMap(({ inputs }) => inputs.slice(3, 5));
  return [...new Set(names)].filter((name) => constants.get(name)?.type === 'float32');
}

function copyOf(name: string, constants: Graph['constants']): WeightValue {
  const constant = constants.get(name);
  if (constant === undefined) throw new AssayError('model', { what: `the weight \`${name}\` is gone` });
  return { shape: constant.shape, data: float32Of(constant).slice() };
}
