import { AssayError } from '#base/errors';
import { sizeOf, type Tensor } from '#base/tensor';
import type {
  EngineGradient,
  EngineInputs,
  EngineTrainer,
  LossSpec,
  Parameter,
  TrainingOptions,
  TrainingState,
} from '../../contract.js';
import { checkLearningRate, learningRateAt } from '../../training/learning-rate.js';
import { descentOf, type Descent } from '../../training/optimizers.js';
import { float32Constant, float32Of } from '../graph/constants.js';
import type { Constant, Graph } from '../graph/ir.js';
import { samplesIn, type NamedTensors } from '../inputs.js';
import { formOf } from '../losses/form.js';
import { inputsOf } from '../model.js';
import type { Preparation, PreparedGraph } from '../prepare.js';
import { encodeModel } from '../proto/codec.js';
import { SessionCache } from '../session-cache.js';
import { INFERENCE, shapeFor, type DropoutMask, type TrainingModeOptions } from './mode.js';
import { isFrozen, parametersOf } from './parameters.js';
import { TrainingGraph, type TrainingResult } from './training-graph.js';

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

/** Steps and input gradients, of a whole batch and of the rest of the data. */
const GRAPHS = 4;

type MutableValues = Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

class Trainer implements EngineTrainer {
  /** Weights that move and running statistics. */
  readonly #values: MutableValues;
  readonly #moving: readonly string[];
  readonly #moments: ReadonlyMap<string, readonly Float32Array[]>;
  readonly #graphs = new SessionCache<TrainingGraph>(GRAPHS);
  #step = 0;

  constructor(
    private readonly preparation: Preparation,
    graph: Graph,
    private readonly place: readonly number[],
    private readonly options: TrainingOptions,
    private readonly descent: Descent,
    readonly parameters: readonly Parameter[],
  ) {
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

  async step(inputs: EngineInputs, loss: LossSpec): Promise<number> {
    const { samples, result } = await this.#run(inputs, loss, 'training');
    const settings = {
      rate: learningRateAt(this.options.learningRate, this.#step),
      scale: 1 / samples,
      step: this.#step,
    };
    for (const [name, gradient] of result.gradients) {
      const weight = this.#values.get(name)?.data ?? new Float32Array();
      this.descent.move(weight, gradient, this.#moments.get(name) ?? [], settings);
    }
    this.#moveStatistics(result, samples);
    this.#step++;
    return result.loss.reduce((sum, value) => sum + value, 0) / samples;
  }

  async weightGradients(inputs: EngineInputs, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>> {
    const { samples, result } = await this.#run(inputs, loss, 'training');
    return new Map(
      [...result.gradients].map(([name, gradient]) => [
        name,
        { shape: this.#values.get(name)?.shape ?? [], data: gradient.map((value) => value / samples) },
      ]),
    );
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
    const state: Record<string, Float32Array> = { step: Float32Array.of(this.#step) };
    for (const [key, data] of this.#stored()) state[key] = data.slice();
    return state;
  }

  restore(state: TrainingState): void {
    this.#step = state['step']?.[0] ?? 0;
    for (const [key, data] of this.#stored()) data.set(state[key] ?? data);
  }

  file(): Uint8Array {
    const { written } = this.preparation;
    const constants = new Map<string, Constant>(written.constants);
    for (const [name, { shape, data }] of this.#values) constants.set(name, float32Constant(shape, data));
    return encodeModel({ ...written, constants });
  }

  dispose(): Promise<void> {
    return this.#graphs.dispose();
  }

  async #run(
    given: EngineInputs,
    loss: LossSpec,
    mode: 'training' | 'inference',
  ): Promise<{ samples: number; graph: TrainingGraph; result: TrainingResult }> {
    const inputs: NamedTensors = inputsOf(this.preparation.file, given);
    const samples = samplesIn(inputs);
    const form = formOf(loss);
    const compile = (): Promise<TrainingGraph> =>
      TrainingGraph.compile(this.preparation, {
        fed: [...this.#values.keys()],
        wrt: mode === 'training' ? this.#moving : null,
        mode: mode === 'training' ? this.#mode() : INFERENCE,
        loss: form,
        samples,
      });
    return this.#graphs.use(JSON.stringify([mode, form, samples]), compile, async (graph) => {
      const result = await graph.run(this.#values, inputs, loss, (mask, shape) => this.#mask(mask, shape));
      return { samples, graph, result };
    });
  }

  #mode(): TrainingModeOptions {
    const { batchNormalization, dropout } = this.options;
    return {
      keepsRunning: (scale) => batchNormalization === 'running' || !this.#moving.includes(scale),
      dropsOut: dropout !== undefined,
    };
  }

  /** What stays is made larger, so that activations keep their mean. */
  #mask({ layer, ratio }: DropoutMask, shape: readonly number[]): Float32Array {
    const kept = this.options.dropout?.(layer, this.#step, shape, ratio) ?? new Uint8Array();
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

  /** Running statistics move towards those of the batch; the variance towards the unbiased one, as in PyTorch. */
  #moveStatistics({ statistics }: TrainingResult, samples: number): void {
    for (const { of, mean, variance } of statistics) {
      const count = sizeOf(shapeFor(of.shape, samples)) / mean.length;
      const move = (name: string, batch: Float32Array, factor: number): void => {
        const running = this.#values.get(name)?.data;
        batch.forEach((value, i) => {
          if (running !== undefined) running[i] = of.momentum * (running[i] ?? 0) + (1 - of.momentum) * factor * value;
        });
      };
      move(of.runningMean, mean, 1);
      move(of.runningVariance, variance, count / Math.max(count - 1, 1));
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
