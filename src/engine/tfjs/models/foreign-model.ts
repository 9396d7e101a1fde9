import { AssayError, messageOf } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type {
  EngineGradient,
  EngineInputs,
  EngineJacobian,
  EngineModel,
  EngineRelevance,
  EngineSpec,
  EngineTrainer,
  Layer,
  LayerGradient,
  LossSpec,
  ModelFacts,
  Propagation,
  TrainingOptions,
} from '../../contract.js';
import { jacobianByRows } from '../../jacobian.js';
import type { Graph } from '../../onnx/graph/ir.js';
import { namedInputs, samplesIn, type NamedTensors } from '../../onnx/inputs.js';
import { scoresOf } from '../../onnx/model.js';
import { outputScale } from '../../onnx/scale.js';
import { backendNotes, enter, type Backend } from '../backend.js';
import { scoped } from '../value.js';
import type { Executable } from './executable.js';
import { executions, FOREIGN_BATCH, gradientsOf, rawOutputs, tensorsOf, type Ready } from './foreign-gradients.js';
import { chosenInput, chosenOutput, valueInfo } from './interface.js';

/** The same model as a graph, which can be trained and written back. */
export interface TrainableForm {
  /** Why there is none; null where there is. */
  readonly problem: string | null;
  readonly open: () => Promise<EngineModel>;
}

/**
 * A LayersModel, GraphModel or SavedModel as it is, executed by TensorFlow.js. It is trained as a graph by the same kernels, and what
 * comes out of training is an ONNX file.
 */
export async function openForeignModel(
  executable: Executable,
  spec: EngineSpec,
  used: Backend,
  trainable: TrainableForm,
): Promise<EngineModel> {
  const strange = executable.inputs.find(({ dtype }) => !['float32', 'int32', 'bool'].includes(dtype));
  if (strange !== undefined) {
    throw new AssayError('model', {
      where: executable.name,
      what: `the input \`${strange.name}\` takes ${strange.dtype}`,
      mend: 'Convert the model with an input of real numbers, or of integers for tokens.',
    });
  }
  if (spec.straightThrough !== undefined) {
    throw new AssayError('config', {
      where: executable.name,
      what: `TensorFlow.js executes the ${executable.kind} by itself, where \`${spec.straightThrough}\` cannot be the output of a preprocessor`,
      mend: 'Set `engine` to "onnx", which executes its graph, or declare the preprocessor as a module.',
    });
  }
  const declared = executable.inputs.map(valueInfo);
  const input = chosenInput(executable, spec.input ?? null);
  const output = chosenOutput(executable, spec.output);
  const parts = { executable, spec, used, declared, input, output };
  const probe = namedInputs(executable.name, declared, spec.probe);
  const raw = await rawOutputs(parts, probe);
  const width = raw.shape[1] ?? 0;
  const scale = outputScale(spec.head, NO_GRAPH, output, { width, data: raw.data });
  const ready = { ...parts, scale, width };
  const gradients = tryGradients(ready, probe);
  return new ForeignModel(ready, probe, factsOf(ready, gradients, trainable), gradients, trainable);
}

const NO_GRAPH: Graph = {
  name: '',
  irVersion: 0,
  opsets: new Map(),
  inputs: [],
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};

/** The layer where gradients are taken, null for the input; and the shape of one sample there. */
type Gradients = { readonly layer: string | null; readonly place: readonly number[] } | { readonly problem: string };

function factsOf(
  { executable, input, output, scale, width, used }: Ready,
  gradients: Gradients,
  trainable: TrainableForm,
): ModelFacts {
  const problem = 'problem' in gradients ? gradients.problem : null;
  const batch = input.shape?.[0] ?? 'dynamic';
  return {
    inputName: input.name,
    outputName: output,
    scoreWidth: width,
    batch,
    scale,
    opset: 0,
    noGradients: problem,
    noTraining:
      problem ??
      (trainable.problem === null
        ? null
        : `the ${executable.kind} has no form that training could write back: ${trainable.problem}`),
    gradientAt:
      'place' in gradients
        ? {
            kind: gradients.layer === null ? 'input' : 'embedding',
            value: gradients.layer ?? input.name,
            shape: gradients.place,
          }
        : null,
    blocked: [],
    random: [],
    notes: backendNotes(used, batch === 'dynamic' ? FOREIGN_BATCH : null),
  };
}

function tryGradients(ready: Ready, probe: NamedTensors): Gradients {
  const { executable, input } = ready;
  if (executable.noGradients !== null) return { problem: executable.noGradients };
  const layer = input.dtype === 'float32' ? null : executable.embedding;
  if (layer === null && input.dtype !== 'float32') {
    return { problem: `the tokens of \`${input.name}\` choose no rows of a table of embeddings` };
  }
  try {
    const labels = new Float64Array(samplesIn(probe));
    const { gradient, isReached } = gradientsOf(ready, probe, layer, { kind: 'score', labels });
    if (!isReached) return { problem: 'the scores do not depend on the input in a way that has a derivative' };
    return { layer, place: gradient.shape.slice(1) };
  } catch (error) {
    return { problem: messageOf(error).replace(/\.$/, '') };
  }
}

class ForeignModel implements EngineModel {
  readonly copies = [];
  #graph: EngineModel | null = null;

  constructor(
    private readonly ready: Ready,
    private readonly probe: NamedTensors,
    readonly facts: ModelFacts,
    private readonly gradients: Gradients,
    private readonly trainable: TrainableForm,
  ) {}

  async scores(inputs: EngineInputs): Promise<Tensor> {
    const { spec, scale } = this.ready;
    return scoresOf(spec, scale, await rawOutputs(this.ready, this.#named(inputs)));
  }

  gradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient> {
    return Promise.resolve().then(() => {
      const { scores, loss: losses, gradient } = gradientsOf(this.ready, this.#named(inputs), this.#layer(), loss);
      return { scores, loss: losses, gradient };
    });
  }

  async jacobian(inputs: EngineInputs, indices: Float64Array): Promise<EngineJacobian> {
    const named = this.#named(inputs);
    const layer = this.#layer();
    return jacobianByRows(samplesIn(named), indices, this.ready.width, this.facts.gradientAt?.shape ?? [], (labels) =>
      gradientsOf(this.ready, named, layer, { kind: 'score', labels }),
    );
  }

  async layers(): Promise<readonly Layer[]> {
    this.#layer();
    const [probe] = executions(this.ready, this.probe, false);
    if (probe === undefined) return [];
    const rows = samplesIn(probe.samples);
    enter(this.ready.used.gradients);
    return Promise.resolve(
      this.ready.executable.layers.flatMap(({ name, operator }) => {
        const shape = scoped(() => this.#shapeAt(name, probe.samples));
        const isOfSamples = shape?.[0] === rows && shape.length > 1;
        return isOfSamples ? [{ name, operator, value: name, shape: shape.slice(1) }] : [];
      }),
    );
  }

  async atLayer(inputs: EngineInputs, loss: LossSpec, name: string): Promise<LayerGradient> {
    const { executable } = this.ready;
    if (!executable.layers.some((layer) => layer.name === name)) {
      throw new AssayError('usage', { where: executable.name, what: `there is no layer \`${name}\`` });
    }
    this.#layer();
    const { scores, loss: losses, gradient, activation } = gradientsOf(this.ready, this.#named(inputs), name, loss);
    return Promise.resolve({ scores, loss: losses, gradient, activation });
  }

  async trainer(options: TrainingOptions): Promise<EngineTrainer> {
    const { noTraining } = this.facts;
    const where = this.ready.executable.name;
    if (noTraining !== null) throw new AssayError('operator', { where, what: `there is no training: ${noTraining}` });
    return (await this.#asGraph()).trainer(options);
  }

  /** TensorFlow.js has no other way back than derivatives: the graph of the model has. */
  async propagate(inputs: EngineInputs, scores: Float64Array, propagation: Propagation): Promise<EngineRelevance> {
    const { problem } = this.trainable;
    const { name: where, kind } = this.ready.executable;
    if (problem !== null) {
      const what = `relevance cannot be propagated through the ${kind}, whose graph cannot be seen: ${problem}`;
      throw new AssayError('operator', { where, what });
    }
    return (await this.#asGraph()).propagate(inputs, scores, propagation);
  }

  async #asGraph(): Promise<EngineModel> {
    this.#graph ??= await this.trainable.open();
    return this.#graph;
  }

  async dispose(): Promise<void> {
    await this.#graph?.dispose();
    this.ready.executable.dispose();
  }

  /** The shape of a layer's value; null where it is none of real numbers, or the layer does not run. */
  #shapeAt(name: string, samples: NamedTensors): readonly number[] | null {
    const { executable, output } = this.ready;
    let shape: readonly number[] | null = null;
    try {
      executable.runAt(tensorsOf(this.ready, samples, true), output, name, (value) => {
        shape = value.dtype === 'float32' ? value.shape : null;
        return value;
      });
    } catch {
      return null;
    }
    return shape;
  }

  #named(inputs: EngineInputs): NamedTensors {
    return namedInputs(this.ready.executable.name, this.ready.declared, inputs);
  }

  #layer(): string | null {
    if ('place' in this.gradients) return this.gradients.layer;
    throw new AssayError('operator', {
      where: this.ready.executable.name,
      what: `there are no gradients: ${this.gradients.problem}`,
    });
  }
}
