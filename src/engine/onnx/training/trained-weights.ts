import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { Parameter, TrainingOptions, TrainingState } from '../../contract.js';
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

type WeightValue = Readonly<{ shape: readonly number[]; data: Float32Array }>;

/** The weights of a model that is trained, its running statistics and the optimizer's moments: copies, whatever engine computes. */
export class TrainedWeights {
  /** Weights that move and running statistics. */
  readonly values: ReadonlyMap<string, WeightValue>;
  /** Names of the weights that move. */
  readonly moving: readonly string[];
  readonly #moments: ReadonlyMap<string, readonly Float32Array[]>;
  #step = 0;

  /** @param graph whose constants the weights begin as */
  constructor(
    graph: Graph,
    parameters: readonly Parameter[],
    private readonly descent: Descent,
    private readonly learningRate: TrainingOptions['learningRate'],
  ) {
    this.moving = parameters.filter(({ frozen }) => !frozen).map(({ name }) => name);
    this.values = new Map(
      [...this.moving, ...runningStatistics(graph)].map((name) => [name, copyOf(name, graph.constants)]),
    );
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

  /**
   * One step of the optimizer and of the running statistics.
   *
   * @param gradients of the sum of the losses of `samples` samples
   */
  move(gradients: ReadonlyMap<string, Float32Array>, samples: number, statistics: Iterable<MeasuredStatistics>): void {
    const settings = { rate: learningRateAt(this.learningRate, this.#step), scale: 1 / samples, step: this.#step };
    for (const [name, gradient] of gradients) {
      const weight = this.values.get(name)?.data ?? new Float32Array();
      this.descent.move(weight, gradient, this.#moments.get(name) ?? [], settings);
    }
    for (const measured of statistics) this.#moveStatistics(measured);
    this.#step++;
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
