import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type {
  DescentStep,
  EngineGradient,
  EngineInputs,
  EngineTrainer,
  LossSpec,
  Parameter,
  TrainingOptions,
  TrainingState,
} from '../contract.js';
import type { Graph } from '../onnx/graph/ir.js';
import { samplesIn, type NamedTensors } from '../onnx/inputs.js';
import { inputsOf } from '../onnx/model.js';
import { isFrozen, isFrozenScale, parametersOf } from '../onnx/training/parameters.js';
import { TrainedWeights, type Measured } from '../onnx/training/trained-weights.js';
import { checkLearningRate } from '../training/learning-rate.js';
import { descentOf, type Descent } from '../training/optimizers.js';
import { enter } from './backend.js';
import { givenValues } from './execution.js';
import { gradientByWeights, trainedScores, type Leaf } from './gradient.js';
import { gradientsOf } from './gradients.js';
import type { Preparation } from './preparation.js';
import { trainingMode, type TrainingMode } from './training-mode.js';
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

class Trainer implements EngineTrainer {
  readonly #weights: TrainedWeights;

  constructor(
    private readonly preparation: Preparation,
    private readonly written: Graph,
    private readonly leaf: Leaf,
    private readonly options: TrainingOptions,
    descent: Descent,
    readonly parameters: readonly Parameter[],
  ) {
    this.#weights = new TrainedWeights(preparation.interpreter.graph, parameters, descent, options.learningRate);
  }

  step(inputs: EngineInputs, loss: LossSpec): Promise<DescentStep> {
    return Promise.resolve().then(() => this.#weights.move(this.#run(inputs, loss)));
  }

  trainingScores(inputs: EngineInputs): Promise<Tensor> {
    return Promise.resolve().then(() => this.#forward(inputs).scores);
  }

  observe(inputs: EngineInputs): Promise<void> {
    return Promise.resolve().then(() => {
      // Nothing would be seen, and a forward pass is not free.
      if (!this.#weights.hasStatistics || this.options.batchNormalization === 'running') return;
      this.#weights.observe(this.#forward(inputs).mode.statistics());
    });
  }

  shift(changes: ReadonlyMap<string, Tensor>): void {
    this.#weights.shift(changes);
  }

  weightGradients(inputs: EngineInputs, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>> {
    return Promise.resolve().then(() => {
      const { gradients, samples } = this.#run(inputs, loss);
      return this.#weights.meanGradients(gradients, samples);
    });
  }

  inputGradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient> {
    return Promise.resolve().then(() => {
      enter(this.preparation.backend.gradients);
      const weights = new Map([...this.#weights.values].map(([name, value]) => [name, asValue(value)]));
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
    return this.#weights.state();
  }

  restore(state: TrainingState): void {
    this.#weights.restore(state);
  }

  file(): Uint8Array {
    return this.#weights.file(this.written);
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }

  #run(given: EngineInputs, loss: LossSpec): Measured {
    const { preparation } = this;
    const { inputs, samples, mode } = this.#entered(given);
    const range = { samples, start: 0, end: samples, rows: samples };
    const result = scoped(() => {
      const weights = this.#reaching();
      const own = givenValues(preparation, inputs);
      for (const [name, value] of this.#weights.values) if (!weights.has(name)) own.set(name, asValue(value));
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

  /** Scores of the step that comes next. */
  #forward(given: EngineInputs): { readonly scores: Tensor; readonly mode: TrainingMode } {
    const { inputs, samples, mode } = this.#entered(given);
    const data = scoped(() => {
      const own = givenValues(this.preparation, inputs);
      for (const [name, value] of this.#weights.values) own.set(name, asValue(value));
      return floatsOf(trainedScores(this.preparation, own, mode.replacements));
    });
    return { scores: { shape: [samples, this.preparation.head.width], data }, mode };
  }

  /** Inputs that fit the file, and the graph in training mode at the present step. */
  #entered(given: EngineInputs): { inputs: NamedTensors; samples: number; mode: TrainingMode } {
    const { file, interpreter, backend } = this.preparation;
    const inputs = inputsOf(file, given);
    const samples = samplesIn(inputs);
    if (file.batch !== 'dynamic' && file.batch !== samples) throw wrongBatch(file, samples);
    enter(backend.gradients);
    const mode = trainingMode(interpreter.graph, {
      keepsRunning: (scale) => this.options.batchNormalization === 'running' || isFrozenScale(this.parameters, scale),
      dropout: this.options.dropout ?? null,
      step: this.#weights.step,
    });
    return { inputs, samples, mode };
  }

  /** Weights that the loss depends on, as tensors of the caller's tidy. */
  #reaching(): Map<string, TfTensor> {
    return new Map(
      this.#weights.moving.flatMap((name) => {
        const value = this.#weights.values.get(name);
        return value === undefined ? [] : [[name, floats(value.shape, value.data)] as const];
      }),
    );
  }
}

function asValue({ shape, data }: { readonly shape: readonly number[]; readonly data: Float32Array }): Value {
  return valueOf('float32', floats(shape, data));
}

function wrongBatch({ name, batch }: Preparation['file'], samples: number): AssayError {
  return new AssayError('usage', {
    where: name,
    what: `a step takes batches of ${batch} samples, as the file does, and ${samples} were given`,
  });
}
