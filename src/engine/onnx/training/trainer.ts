import { AssayError } from '#base/errors';
import { sizeOf, type Tensor } from '#base/tensor';
import type {
  DescentStep,
  EngineGradient,
  EngineInputs,
  EngineTrainer,
  LossSpec,
  Parameter,
  TrainingOptions,
  TrainingState,
} from '../../contract.js';
import { checkLearningRate } from '../../training/learning-rate.js';
import { descentOf, type Descent } from '../../training/optimizers.js';
import type { Graph } from '../graph/ir.js';
import { samplesIn, type NamedTensors } from '../inputs.js';
import { formOf } from '../losses/form.js';
import { inputsOf } from '../model.js';
import type { Preparation, PreparedGraph } from '../prepare.js';
import { SessionCache } from '../session-cache.js';
import { INFERENCE, shapeFor, type DropoutMask, type TrainingModeOptions } from './mode.js';
import { isFrozen, isFrozenScale, parametersOf } from './parameters.js';
import { TrainingGraph, type TrainingResult } from './training-graph.js';
import { TrainedWeights, type MeasuredStatistics } from './trained-weights.js';

/**
 * Opens a trainer: weights become inputs of the gradient graph and gradients by them its outputs; the optimizer moves them
 * between executions.
 *
 * @param plain with weights under the names that they have in the file
 * @param place shape of one sample where input gradients are taken
 * @throws AssayError `usage` where an option has no meaning or names nothing
 */
export function openTrainer(
  preparation: Preparation,
  { graph }: PreparedGraph,
  place: readonly number[],
  options: TrainingOptions,
): EngineTrainer {
  const { file, written } = preparation;
  const { frozen = [], weightDecay = 0, learningRate, optimizer } = options;
  checkLearningRate(learningRate);
  const descent = descentOf(optimizer, weightDecay);
  // What a rewrite has made of weights could not be written back.
  const names = parametersOf(graph).filter((name) => written.constants.get(name)?.type === 'float32');
  const unknown = frozen.find((each) => !names.some((name) => isFrozen(name, [each])));
  if (unknown !== undefined) {
    throw new AssayError('usage', {
      where: file.name,
      what: `there is no weight and no module \`${unknown}\` to freeze`,
      mend: `The weights are ${names.join(', ')}.`,
    });
  }
  const parameters = names.map((name) => ({
    name,
    shape: graph.constants.get(name)?.shape ?? [],
    frozen: isFrozen(name, frozen),
  }));
  return new Trainer(preparation, graph, place, options, descent, parameters);
}

/**
 * Each of these of a whole batch and of the rest of the data: steps by two losses, input gradients of two, scores of steps to come,
 * and input gradients on batches of another size, on which robustness is validated. A graph is compiled when it is first asked
 * for; a descent that needs fewer takes no more memory.
 */
const GRAPHS = 12;

/** A step, what a step would see, or the model as it is used. */
type Work = 'step' | 'forward' | 'inference';

class Trainer implements EngineTrainer {
  readonly #weights: TrainedWeights;
  readonly #graphs = new SessionCache<TrainingGraph>(GRAPHS);

  constructor(
    private readonly preparation: Preparation,
    graph: Graph,
    private readonly place: readonly number[],
    private readonly options: TrainingOptions,
    descent: Descent,
    readonly parameters: readonly Parameter[],
  ) {
    this.#weights = new TrainedWeights(graph, parameters, descent, options.learningRate);
  }

  async step(inputs: EngineInputs, loss: LossSpec): Promise<DescentStep> {
    const { samples, result } = await this.#run(inputs, loss, 'step');
    return this.#weights.move({ ...result, samples, statistics: measured(result, samples) });
  }

  async trainingScores(inputs: EngineInputs): Promise<Tensor> {
    const { samples, graph, result } = await this.#run(inputs, null, 'forward');
    return { shape: [samples, graph.width], data: result.scores };
  }

  async observe(inputs: EngineInputs): Promise<void> {
    // Nothing would be seen, and a forward pass is not free.
    if (!this.#weights.hasStatistics || this.options.batchNormalization === 'running') return;
    const { samples, result } = await this.#run(inputs, null, 'forward');
    this.#weights.observe(measured(result, samples));
  }

  shift(changes: ReadonlyMap<string, Tensor>): void {
    this.#weights.shift(changes);
  }

  async weightGradients(inputs: EngineInputs, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>> {
    const { samples, result } = await this.#run(inputs, loss, 'step');
    return this.#weights.meanGradients(result.gradients, samples);
  }

  async inputGradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient> {
    const { samples, graph, result } = await this.#run(inputs, loss, 'inference');
    const shape = [samples, ...this.place];
    return {
      scores: { shape: [samples, graph.width], data: result.scores },
      loss: result.loss,
      gradient: { shape, data: result.gradients.get(graph.at) ?? new Float32Array(sizeOf(shape)) },
    };
  }

  state(): TrainingState {
    return this.#weights.state();
  }

  restore(state: TrainingState): void {
    this.#weights.restore(state);
  }

  file(): Uint8Array {
    return this.#weights.file(this.preparation.written);
  }

  dispose(): Promise<void> {
    return this.#graphs.dispose();
  }

  async #run(
    given: EngineInputs,
    loss: LossSpec | null,
    work: Work,
  ): Promise<{ samples: number; graph: TrainingGraph; result: TrainingResult }> {
    const inputs: NamedTensors = inputsOf(this.preparation.file, given);
    const samples = samplesIn(inputs);
    const form = loss === null ? null : formOf(loss);
    const compile = (): Promise<TrainingGraph> =>
      TrainingGraph.compile(this.preparation, {
        fed: [...this.#weights.values.keys()],
        mode: work === 'inference' ? INFERENCE : this.#mode(),
        differentiated: form === null ? null : { loss: form, by: work === 'step' ? this.#weights.moving : null },
        samples,
      });
    return this.#graphs.use(JSON.stringify([work, form, samples]), compile, async (graph) => {
      const result = await graph.run(this.#weights.values, inputs, loss, (mask, shape) => this.#mask(mask, shape));
      return { samples, graph, result };
    });
  }

  #mode(): TrainingModeOptions {
    const { batchNormalization, dropout } = this.options;
    return {
      keepsRunning: (scale) => batchNormalization === 'running' || isFrozenScale(this.parameters, scale),
      dropsOut: dropout !== undefined,
    };
  }

  /** What stays is made larger, so that activations keep their mean. */
  #mask({ layer, ratio }: DropoutMask, shape: readonly number[]): Float32Array {
    const kept = this.options.dropout?.(layer, this.#weights.step, shape, ratio) ?? new Uint8Array();
    if (kept.length !== sizeOf(shape)) {
      throw new AssayError('usage', {
        what: `the dropout mask of \`${layer}\` has ${kept.length} elements, and [${shape.join(', ')}] takes ${sizeOf(shape)}`,
      });
    }
    // Not by Float32Array.from with a function, which takes over ten times as long.
    const mask = new Float32Array(kept.length);
    for (let i = 0; i < mask.length; i++) mask[i] = (kept[i] ?? 0) / (1 - ratio);
    return mask;
  }
}

function* measured({ statistics }: TrainingResult, samples: number): Generator<MeasuredStatistics> {
  for (const { of, mean, variance } of statistics) {
    const { runningMean, runningVariance, momentum, shape } = of;
    const count = sizeOf(shapeFor(shape, samples)) / mean.length;
    yield { runningMean, runningVariance, momentum, count, mean, variance };
  }
}
