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
  GradientPlace,
  Layer,
  LayerGradient,
  LossSpec,
  ModelBytes,
  ModelFacts,
  Propagation,
  TrainingOptions,
} from '../contract.js';
import { jacobianByRows } from '../jacobian.js';
import { batched } from '../onnx/batching.js';
import { refuseEndlessLoops } from '../onnx/endless.js';
import { refuseExcess } from '../onnx/excess.js';
import { embeddingOf } from '../onnx/graph/embedding.js';
import { opsetOf } from '../onnx/graph/ir.js';
import { layersOf } from '../onnx/graph/layers.js';
import { samplesIn, type NamedTensors } from '../onnx/inputs.js';
import { inputsOf, isReal, largestDifference, readFileModel, scoresOf } from '../onnx/model.js';
import { namesLayers, propagationForm } from '../onnx/propagation/index.js';
import { outputScale, probabilitiesOf } from '../onnx/scale.js';
import { SessionCache } from '../onnx/session-cache.js';
import { withStraightThrough } from '../onnx/straight-through.js';
import { structureOfFile } from '../onnx/structure.js';
import { traceSamples } from '../onnx/tracing.js';
import { parametersOf } from '../onnx/training/parameters.js';
import { backend, backendNotes, enter } from './backend.js';
import { countedOutputs, fixedBatch, givenValues, rawOutputs } from './execution.js';
import type { Leaf } from './gradient.js';
import { gradientsOf } from './gradients.js';
import { Interpreter } from './interpreter.js';
import type { Preparation } from './preparation.js';
import { programOf } from './program.js';
import { PreparedPropagation } from './propagation.js';
import { quantizerNote, whyUnreached } from './reach.js';
import { traceOf } from './shapes.js';
import { openTrainer } from './trainer.js';

/**
 * Opens an ONNX model: its graph is executed operator by operator, and TensorFlow.js records what it differentiates.
 *
 * @throws AssayError `model` when the file is no model or does not run on the probe; `operator` naming a node that the engine
 *   cannot execute.
 */
export async function openOnnxFile(model: ModelBytes, spec: EngineSpec): Promise<EngineModel> {
  const asWritten = readFileModel(model, { input: spec.input ?? null, output: spec.output });
  const probe = inputsOf(asWritten, spec.probe);
  refuseEndlessLoops(asWritten.name, asWritten.graph);
  await refuseExcess(asWritten, probe);
  const declared = await withStraightThrough(asWritten, spec, probe);
  const { file, note } = await batched(declared.file, spec, probe);
  const [chosen, program] = [await backend(), await programOf(file, spec, probe)];
  const interpreter = new Interpreter(program.graph, program.prepareBody);
  try {
    const bare = { file, spec, probe, backend: chosen, interpreter };
    const { raw, elements } = countedOutputs(
      { ...bare, rows: samplesIn(probe), head: { scale: 'values', width: 0 } },
      probe,
    );
    const width = raw.shape[1] ?? 0;
    const scale = outputScale(spec.head, file.graph, file.output, { width, data: raw.data });
    const rows = fixedBatch(elements / samplesIn(probe));
    const preparation: Preparation = { ...bare, rows, head: { scale, width } };
    const gradients = tryGradients(preparation, raw);
    return new TfjsModel(
      preparation,
      asWritten.graph,
      factsOf(preparation, [note, declared.note], gradients),
      gradients,
    );
  } catch (error) {
    interpreter.dispose();
    throw error;
  }
}

/** Where gradients are taken, or why there are none. */
type Gradients = { readonly leaf: Leaf; readonly place: GradientPlace } | { readonly problem: string };

function factsOf(preparation: Preparation, remarks: readonly (string | null)[], gradients: Gradients): ModelFacts {
  const { file, head, backend: used } = preparation;
  const problem = 'problem' in gradients ? gradients.problem : null;
  const quantizers = problem === null ? quantizerNote(preparation) : null;
  return {
    inputName: file.input.name,
    outputName: file.output,
    scoreWidth: head.width,
    batch: file.batch,
    scale: head.scale,
    opset: opsetOf(file.graph),
    noGradients: problem,
    noTraining: problem ?? whyUntrainable(file),
    gradientAt: 'place' in gradients ? gradients.place : null,
    ...structureOfFile(file),
    notes: [
      ...remarks.filter((remark) => remark !== null),
      ...backendNotes(used, file.batch === 'dynamic' ? preparation.rows : null),
      ...(quantizers === null ? [] : [quantizers]),
    ],
  };
}

const QUANTIZED = /^Q(uantize)?Linear|^(Dynamic)?Quantize|Integer|^DequantizeLinear$/;

function whyUntrainable({ graph }: Preparation['file']): string | null {
  if (graph.nodes.some(({ op }) => QUANTIZED.test(op))) return 'the model is quantized: its weights are integers';
  return parametersOf(graph).length === 0 ? 'the model has no weights of float32 that training could move' : null;
}

/** Takes a gradient on the probe; any reason not to trust it becomes a sentence. */
function tryGradients(preparation: Preparation, raw: Tensor): Gradients {
  try {
    return provenGradients(preparation, raw);
  } catch (error) {
    if (error instanceof AssayError) return { problem: messageOf(error).replace(/\.$/, '') };
    throw error;
  }
}

function provenGradients(preparation: Preparation, raw: Tensor): Gradients {
  const { file, probe, spec, head } = preparation;
  const leaf = leafOf(preparation);
  const unreached = whyUnreached(preparation, leaf.kind === 'input' ? file.input.name : leaf.name);
  if (unreached !== null) return { problem: unreached };
  const labels = new Float64Array(samplesIn(probe));
  const { scores, gradient, isReached } = gradientsOf(preparation, probe, leaf, { kind: 'score', labels });
  if (!isReached) return { problem: 'the scores do not depend on the input in a way that has a derivative' };
  const outputs = head.scale === 'probabilities' ? probabilitiesOf(spec.head, scores) : scores.data;
  const difference = largestDifference(outputs, raw.data);
  if (!(difference <= PROOF_TOLERANCE)) {
    return {
      problem: `with its gradient it gives scores that differ from the model's by ${difference.toPrecision(2)}`,
    };
  }
  const value = leaf.kind === 'input' ? file.input.name : leaf.name;
  return {
    leaf,
    place: { kind: leaf.kind === 'input' ? 'input' : 'embedding', value, shape: gradient.shape.slice(1) },
  };
}

/** Relative to the largest score. */
const PROOF_TOLERANCE = 1e-3;

function leafOf({ file, interpreter }: Preparation): Leaf {
  if (isReal(file.input)) return { kind: 'input' };
  const embedding = embeddingOf(interpreter.graph, file.input.name);
  if (embedding !== null) return { kind: 'value', name: embedding.value };
  throw new AssayError('operator', {
    what: `the tokens of \`${file.input.name}\` choose no rows of a table of embeddings`,
  });
}

class TfjsModel implements EngineModel {
  readonly copies = [];
  #layers: readonly Layer[] | null = null;
  readonly #propagations = new SessionCache<PreparedPropagation>(MOST_PROPAGATIONS);

  constructor(
    private readonly preparation: Preparation,
    private readonly written: Preparation['file']['graph'],
    readonly facts: ModelFacts,
    private readonly gradients: Gradients,
  ) {}

  scores(inputs: EngineInputs): Promise<Tensor> {
    return answered(() => {
      const { spec } = this.preparation;
      return scoresOf(spec, this.facts.scale, rawOutputs(this.preparation, this.#named(inputs)));
    });
  }

  gradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient> {
    return answered(() => gradientsOf(this.preparation, this.#named(inputs), this.#proven().leaf, loss));
  }

  async jacobian(inputs: EngineInputs, indices: Float64Array): Promise<EngineJacobian> {
    const named = this.#named(inputs);
    const { leaf, place } = this.#proven();
    return jacobianByRows(samplesIn(named), indices, this.facts.scoreWidth, place.shape, (labels) =>
      gradientsOf(this.preparation, named, leaf, { kind: 'score', labels }),
    );
  }

  layers(): Promise<readonly Layer[]> {
    return answered(() => (this.#layers ??= this.#findLayers()));
  }

  atLayer(inputs: EngineInputs, loss: LossSpec, name: string): Promise<LayerGradient> {
    return answered(() => {
      const layer = (this.#layers ??= this.#findLayers()).find((each) => each.name === name);
      if (layer === undefined) {
        throw new AssayError('usage', { where: this.preparation.file.name, what: `there is no layer \`${name}\`` });
      }
      const { activation, ...rest } = gradientsOf(
        this.preparation,
        this.#named(inputs),
        { kind: 'value', name: layer.value },
        loss,
      );
      return { ...rest, activation: activation ?? rest.gradient };
    });
  }

  async propagate(inputs: EngineInputs, scores: Float64Array, propagation: Propagation): Promise<EngineRelevance> {
    const { leaf } = this.#proven();
    const form = propagationForm(propagation);
    const named = this.#named(inputs);
    const layers = namesLayers(form) ? await this.layers() : [];
    return this.#propagations.use(
      JSON.stringify(form),
      () => answered(() => PreparedPropagation.of(this.preparation, form, leaf, layers)),
      (prepared) => answered(() => prepared.run(named, scores, propagation)),
    );
  }

  trainer(options: TrainingOptions): Promise<EngineTrainer> {
    return answered(() => {
      const { noTraining } = this.facts;
      const where = this.preparation.file.name;
      if (noTraining !== null) throw new AssayError('operator', { where, what: `there is no training: ${noTraining}` });
      return openTrainer(this.preparation, this.written, this.#proven().leaf, options);
    });
  }

  async dispose(): Promise<void> {
    await this.#propagations.dispose();
    this.preparation.interpreter.dispose();
  }

  #named(inputs: EngineInputs): NamedTensors {
    return inputsOf(this.preparation.file, inputs);
  }

  #findLayers(): readonly Layer[] {
    this.#proven();
    const { file, probe, interpreter, backend: used } = this.preparation;
    enter(used.forward);
    const samples = traceSamples(probe, file.batch).filter((each) => each !== undefined);
    const trace = traceOf(
      interpreter,
      samples.map((each) => () => givenValues(this.preparation, each)),
    );
    return layersOf(interpreter.graph, trace, file.batch === 'dynamic' ? { perSample: 1 } : file.batch);
  }

  #proven(): Extract<Gradients, { leaf: unknown }> {
    if ('leaf' in this.gradients) return this.gradients;
    throw new AssayError('operator', {
      where: this.preparation.file.name,
      what: `there are no gradients: ${this.gradients.problem}`,
    });
  }
}

/** Each holds the constants of the model once more. */
const MOST_PROPAGATIONS = 3;

/** Work that runs at once, with what it throws as a rejection. */
function answered<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
