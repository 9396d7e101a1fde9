import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type {
  EngineGradient,
  EngineInputs,
  EngineTrainer,
  LossSpec,
  Parameter,
  TrainingOptions,
  TrainingState,
} from '../contract.js';
import { float32Constant, float32Of } from '../onnx/graph/constants.js';
import type { Constant, Graph } from '../onnx/graph/ir.js';
import { samplesIn } from '../onnx/inputs.js';
import { inputsOf } from '../onnx/model.js';
import { encodeModel } from '../onnx/proto/codec.js';
import { isFrozen, parametersOf } from '../onnx/training/parameters.js';
import { checkLearningRate, learningRateAt } from '../training/learning-rate.js';
import { descentOf, type Descent } from '../training/optimizers.js';
import { enter } from './backend.js';
import { givenValues } from './execution.js';
import { gradientByWeights, type Leaf } from './gradient.js';
import { gradientsOf } from './gradients.js';
import type { Preparation } from './preparation.js';
import { trainingMode, type BatchStatistics } from './training-mode.js';
import { floats, floatsOf, scoped, valueOf, type Value } from './value.js';

/**
 * Opens a trainer: TensorFlow.js differentiates by the weights, and the optimizer moves them on the host.
 *
 * @param written the graph of the file, which is written back with other weights
 * @throws AssayError `usage` where an option has no meaning or names nothing
 */
export function openTrainer(
  preparation: Preparation,
  written: Graph,
  leaf: Leaf,
  options: TrainingOptions,
): EngineTrainer {
  const { frozen = [], weightDecay = 0, learningRate, optimizer } = options;
  checkLearningRate(learningRate);
  const descent = descentOf(optimizer, weightDecay);
  const { graph } = preparation.interpreter;
  // What a rewrite has made of weights could not be written back.
  const names = parametersOf(graph).filter((name) => written.constants.get(name)?.type === 'float32');
  const unknown = frozen.find((each) => !names.some((name) => isFrozen(name, [each])));
  if (unknown !== undefined) {
    throw new AssayError('usage', {
      where: preparation.file.name,
      what: `there is no weight and no module \`${unknown}\` to freeze`,
      mend: `The weights are ${names.join(', ')}.`,
    });
  }
  const parameters = names.map((name) => ({
    name,
    shape: graph.constants.get(name)?.shape ?? [],
    frozen: isFrozen(name, frozen),
  }));
  return new Trainer(preparation, written, leaf, options, descent, parameters);
}

type MutableValues = Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

interface Result {
  readonly samples: number;
  readonly loss: Float32Array;
  /** Of the sum of the losses. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly statistics: readonly BatchStatistics[];
}

class Trainer implements EngineTrainer {
  /** Weights that move and running statistics. */
  readonly #values: MutableValues;
  readonly #moving: readonly string[];
  readonly #moments: ReadonlyMap<string, readonly Float32Array[]>;
  #step = 0;

  constructor(
    private readonly preparation: Preparation,
    private readonly written: Graph,
    private readonly leaf: Leaf,
    private readonly options: TrainingOptions,
    private readonly descent: Descent,
    readonly parameters: readonly Parameter[],
  ) {
    const { graph } = preparation.interpreter;
    this.#moving = parameters.filter(({ frozen }) => !frozen).map(({ name }) => name);
    this.#values = new Map(
      [...this.#moving, ...runningStatistics(graph)].map((name) => [name, copyOf(name, graph.constants)]),
    );
    this.#moments = new Map(
      this.#moving.map((name) => {
        const size = this.#values.get(name)?.data.length ?? 0;
        return [name, descent.moments.map(() => new Float32Array(size))];
      }),
    );
  }

  step(inputs: EngineInputs, loss: LossSpec): Promise<number> {
    return Promise.resolve().then(() => {
      const result = this.#run(inputs, loss);
      const settings = {
        rate: learningRateAt(this.options.learningRate, this.#step),
        scale: 1 / result.samples,
        step: this.#step,
      };
      for (const [name, gradient] of result.gradients) {
        const weight = this.#values.get(name)?.data ?? new Float32Array();
        this.descent.move(weight, gradient, this.#moments.get(name) ?? [], settings);
      }
      this.#moveStatistics(result);
      this.#step++;
      return result.loss.reduce((sum, value) => sum + value, 0) / result.samples;
    });
  }

  weightGradients(inputs: EngineInputs, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>> {
    return Promise.resolve().then(() => {
      const { gradients, samples } = this.#run(inputs, loss);
      return new Map(
        [...gradients].map(([name, gradient]) => [
          name,
          { shape: this.#values.get(name)?.shape ?? [], data: gradient.map((value) => value / samples) },
        ]),
      );
    });
  }

  inputGradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient> {
    return Promise.resolve().then(() => {
      enter(this.preparation.backend.gradients);
      const weights = new Map([...this.#values].map(([name, value]) => [name, asValue(value)]));
      try {
        const named = inputsOf(this.preparation.file, inputs);
        const { scores, loss: losses, gradient } = gradientsOf(this.preparation, named, this.leaf, loss, weights);
        return { scores, loss: losses, gradient };
      } finally {
        for (const { tensor } of weights.values()) tensor.dispose();
      }
    });
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

  file(): Uint8Array {
    const constants = new Map<string, Constant>(this.written.constants);
    for (const [name, { shape, data }] of this.#values) constants.set(name, float32Constant(shape, data));
    return encodeModel({ ...this.written, constants });
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  #run(given: EngineInputs, loss: LossSpec): Result {
    const { preparation } = this;
    const { file, interpreter, backend } = preparation;
    const inputs = inputsOf(file, given);
    const samples = samplesIn(inputs);
    if (file.batch !== 'dynamic' && file.batch !== samples) throw wrongBatch(file, samples);
    enter(backend.gradients);
    const mode = trainingMode(interpreter.graph, {
      keepsRunning: (scale) => this.options.batchNormalization === 'running' || !this.#moving.includes(scale),
      dropout: this.options.dropout ?? null,
      step: this.#step,
    });
    const range = { samples, start: 0, end: samples, rows: samples };
    const result = scoped(() => {
      const weights = this.#reaching();
      const own = givenValues(preparation, inputs);
      for (const [name, value] of this.#values) if (!weights.has(name)) own.set(name, asValue(value));
      const trained = { weights, replacements: mode.replacements };
      const { loss: losses, gradients } = gradientByWeights(preparation, own, trained, loss, range);
      const names = [...weights.keys()];
      const found = names.flatMap((name, i) => {
        const gradient = gradients[i] ?? null;
        return gradient === null ? [] : [[name, floatsOf(gradient)] as const];
      });
      return { loss: floatsOf(losses), gradients: new Map(found) };
    });
    return { ...result, samples, statistics: mode.statistics() };
  }

  /** Weights that the loss depends on, as tensors of the caller's tidy. */
  #reaching(): Map<string, TfTensor> {
    return new Map(
      this.#moving.flatMap((name) => {
        const value = this.#values.get(name);
        return value === undefined ? [] : [[name, floats(value.shape, value.data)] as const];
      }),
    );
  }

  /** Running statistics move towards those of the batch; the variance towards the unbiased one, as in PyTorch. */
  #moveStatistics({ statistics }: Result): void {
    for (const { runningMean, runningVariance, momentum, count, mean, variance } of statistics) {
      const move = (name: string, batch: Float32Array, factor: number): void => {
        const running = this.#values.get(name)?.data;
        batch.forEach((value, i) => {
          if (running !== undefined) running[i] = momentum * (running[i] ?? 0) + (1 - momentum) * factor * value;
        });
      };
      move(runningMean, mean, 1);
      move(runningVariance, variance, count / Math.max(count - 1, 1));
    }
  }

  *#stored(): Generator<[string, Float32Array]> {
    for (const [name, { data }] of this.#values) yield [`value:${name}`, data];
    for (const [name, moments] of this.#moments) {
      for (const [i, moment] of this.descent.moments.entries())
        yield [`${moment}:${name}`, moments[i] ?? new Float32Array()];
    }
  }
}

function asValue({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }): Value {
  return valueOf('float32', floats(shape, data));
}

/** Constants that hold the running statistics of batch normalizations. */
function runningStatistics({ nodes, constants }: Graph): string[] {
  const names = nodes
    .filter(({ op, domain }) => op === 'BatchNormalization' && domain === '')
    .flatMap(({ inputs }) => inputs.slice(3, 5));
  return [...new Set(names)].filter((name) => constants.get(name)?.type === 'float32');
}

function copyOf(name: string, constants: Graph['constants']): { shape: readonly number[]; data: Float32Array } {
  const constant = constants.get(name);
  if (constant === undefined) throw new AssayError('model', { what: `the weight \`${name}\` is gone` });
  return { shape: constant.shape, data: float32Of(constant).slice() };
}

function wrongBatch({ name, batch }: Preparation['file'], samples: number): AssayError {
  return new AssayError('usage', {
    where: name,
    what: `a step takes batches of ${batch} samples, as the file does, and ${samples} were given`,
  });
}
