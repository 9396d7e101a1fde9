import { AssayError } from '#base/errors';
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
  ModelBytes,
  ModelFacts,
  Propagation,
  TrainingOptions,
} from '../contract.js';
import { rowsAsked } from '../jacobian.js';
import { batched } from './batching.js';
import { CompiledGradient, CompiledJacobian, sideBySide } from './compiled-gradient.js';
import { fixedBatchNote, withFixedBatch } from './devices/fixed-batch.js';
import { enableDevice } from './devices/runtime.js';
import { refuseEndlessLoops } from './endless.js';
import { refuseExcess } from './excess.js';
import { opsetOf } from './graph/ir.js';
import { layersOf } from './graph/layers.js';
import { bytesPerSample } from './graph/trace.js';
import { samplesIn } from './inputs.js';
import { formOf, type LossForm } from './losses/form.js';
import { Forward, inputsOf, readFileModel, scoresOf, weightBytes, type FileModel } from './model.js';
import { prepareGraph, type Preparation, type PreparedGraph } from './prepare.js';
import { compilePropagation, propagationInputs } from './propagation/compile.js';
import { namesLayers, propagationForm } from './propagation/index.js';
import { notesOn, tryGradients, type Gradients } from './prove.js';
import { outputScale } from './scale.js';
import { SessionCache } from './session-cache.js';
import { withStraightThrough } from './straight-through.js';
import { structureOfFile } from './structure.js';
import { copiesWorthwhile } from './threads/copies.js';
import { SessionThread } from './threads/session-thread.js';
import { parametersOf } from './training/parameters.js';
import { openTrainer } from './training/trainer.js';

/** Rows of the Jacobian in one execution: more of them share a forward pass, but have to lie in memory together. */
const ROWS_AT_ONCE = 10;

/**
 * Opens an ONNX model on a device.
 *
 * Scores come from the file's own graph. Gradients come from a second graph, made from the first by `gradientGraph`;
 * it is only trusted after its scores were found equal to the file's on `spec.probe`.
 *
 * @throws AssayError `model` when the file is no model, the runtime refuses it, or it does not run on the probe;
 *   `config` when the device cannot be had.
 */
export async function openOnnxModel(model: ModelBytes, wanted: EngineSpec): Promise<EngineModel> {
  const spec = withFixedBatch(wanted);
  enableDevice(spec.device ?? 'cpu');
  const asWritten = readFileModel(model, { input: spec.input ?? null, output: spec.output });
  const probe = inputsOf(asWritten, spec.probe);
  refuseEndlessLoops(asWritten.name, asWritten.graph);
  await refuseExcess(asWritten, probe);
  const declared = await withStraightThrough(asWritten, spec, probe);
  const { file, note } = await batched(declared.file, spec, probe);
  const forward = await Forward.open(file, spec);
  try {
    const raw = await forward.raw(probe);
    const width = raw.shape[1] ?? 0;
    const scale = outputScale(spec.head, file.graph, file.output, { width, data: raw.data });
    await forward.rest();
    const preparation = { file, written: asWritten.graph, spec, probe, head: { scale, width } };
    const gradients = await tryGradients(preparation, raw);
    const facts = factsOf(preparation, [note, declared.note], gradients);
    return new OnnxModel(preparation, forward, facts, gradients, copiesOf(preparation, facts, gradients));
  } catch (error) {
    await forward.dispose();
    throw error;
  }
}

function factsOf(
  { file, spec, head }: Preparation,
  remarks: readonly (string | null)[],
  gradients: Gradients,
): ModelFacts {
  const problem = 'problem' in gradients ? gradients.problem : null;
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
      ...fixedBatchNote(spec, file.batch),
      ...('prepared' in gradients ? [...gradients.prepared.notes, ...notesOn(gradients.substitutes)] : []),
    ],
  };
}

function whyUntrainable({ graph }: FileModel): string | null {
  if (graph.nodes.some(({ op }) => QUANTIZED.test(op))) return 'the model is quantized: its weights are integers';
  return parametersOf(graph).length === 0 ? 'the model has no weights of float32 that training could move' : null;
}

const QUANTIZED = /^Q(uantize)?Linear|^(Dynamic)?Quantize|Integer|^DequantizeLinear$/;

interface ThreadedCopy {
  readonly thread: SessionThread;
  readonly model: OnnxModel;
}

function copiesOf(preparation: Preparation, facts: ModelFacts, gradients: Gradients): readonly ThreadedCopy[] {
  if (!('prepared' in gradients)) return [];
  const { file, spec } = preparation;
  const { count, threads } = copiesWorthwhile(preparation, facts, gradients.prepared);
  return Array.from({ length: count }, () => {
    const thread = new SessionThread();
    const own = { ...spec, resources: { ...spec.resources, threads }, host: thread };
    return { thread, model: new OnnxModel({ ...preparation, spec: own }, new Forward(file, own), facts, gradients) };
  });
}

class OnnxModel implements EngineModel {
  readonly #gradients: SessionCache<CompiledGradient>;
  readonly #jacobians = new SessionCache<CompiledJacobian>(FEWEST_SESSIONS);
  readonly #propagations = new SessionCache<CompiledGradient>(FEWEST_SESSIONS);
  #plain: Promise<PreparedGraph> | null = null;

  constructor(
    private readonly preparation: Preparation,
    private readonly forward: Forward,
    readonly facts: ModelFacts,
    private readonly gradients: Gradients,
    private readonly threaded: readonly ThreadedCopy[] = [],
  ) {
    this.#gradients = new SessionCache('prepared' in gradients ? sessionsKept(preparation, gradients.prepared) : 0);
  }

  async scores(inputs: EngineInputs): Promise<Tensor> {
    const { file, spec } = this.preparation;
    return scoresOf(spec, this.facts.scale, await this.forward.raw(inputsOf(file, inputs)));
  }

  async gradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient> {
    const { prepared, place } = this.#proven();
    const named = inputsOf(this.preparation.file, inputs);
    return this.#withGradient(prepared, formOf(loss), null, (compiled) => compiled.run(named, loss, place.shape));
  }

  async jacobian(inputs: EngineInputs, indices: Float64Array): Promise<EngineJacobian> {
    const named = inputsOf(this.preparation.file, inputs);
    const { prepared, place } = this.#proven();
    const n = samplesIn(named);
    const width = rowsAsked(n, indices, this.facts.scoreWidth);
    const parts: EngineJacobian[] = [];
    for (let start = 0; start < width; start += ROWS_AT_ONCE) {
      const columns = Math.min(ROWS_AT_ONCE, width - start);
      const own = Float64Array.from({ length: n * columns }, (_, i) => {
        return indices[Math.floor(i / columns) * width + start + (i % columns)] ?? NaN;
      });
      parts.push(await this.#withJacobian(prepared, columns, (compiled) => compiled.run(named, own, place.shape)));
    }
    return sideBySide(n, place.shape, parts, this.facts.scoreWidth);
  }

  async layers(): Promise<readonly Layer[]> {
    const { graph, trace } = await this.#plainGraph();
    const { batch } = this.preparation.file;
    return layersOf(graph, trace, batch === 'dynamic' ? { perSample: 1 } : batch);
  }

  async atLayer(inputs: EngineInputs, loss: LossSpec, name: string): Promise<LayerGradient> {
    const layer = (await this.layers()).find((each) => each.name === name);
    if (layer === undefined) {
      throw new AssayError('usage', { where: this.preparation.file.name, what: `there is no layer \`${name}\`` });
    }
    const named = inputsOf(this.preparation.file, inputs);
    return this.#withGradient(await this.#plainGraph(), formOf(loss), layer, (compiled) =>
      compiled.runAtLayer(named, loss, layer),
    );
  }

  async propagate(inputs: EngineInputs, scores: Float64Array, propagation: Propagation): Promise<EngineRelevance> {
    const { place } = this.#proven();
    const form = propagationForm(propagation);
    const named = propagationInputs(this.preparation, inputsOf(this.preparation.file, inputs), propagation);
    const loss = { kind: 'score', labels: scores } as const;
    const compile = async (): Promise<CompiledGradient> =>
      compilePropagation(this.preparation, form, namesLayers(form) ? await this.layers() : []);
    return this.#propagations.use(JSON.stringify(form), compile, async (compiled) => {
      const { scores: given, gradient } = await compiled.run(named, loss, place.shape);
      return { scores: given, relevance: gradient };
    });
  }

  async trainer(options: TrainingOptions): Promise<EngineTrainer> {
    const { noTraining } = this.facts;
    if (noTraining !== null) {
      throw new AssayError('operator', {
        where: this.preparation.file.name,
        what: `there is no training: ${noTraining}`,
      });
    }
    return openTrainer(this.preparation, await this.#plainGraph(), this.#proven().place.shape, options);
  }

  get copies(): readonly EngineModel[] {
    return this.threaded.map(({ model }) => model);
  }

  async dispose(): Promise<void> {
    const caches = [this.#gradients, this.#jacobians, this.#propagations];
    await Promise.all([this.forward.dispose(), ...caches.map((cache) => cache.dispose())]);
    await Promise.all(this.threaded.map(({ thread }) => thread.dispose()));
  }

  #withGradient<T>(
    prepared: PreparedGraph,
    form: LossForm,
    layer: Layer | null,
    work: (compiled: CompiledGradient) => Promise<T>,
  ): Promise<T> {
    const { spec, file } = this.preparation;
    const compile = (): Promise<CompiledGradient> => CompiledGradient.compile(prepared, spec, file, form, layer);
    return this.#gradients.use(JSON.stringify([form, layer?.value ?? null]), compile, work);
  }

  #withJacobian<T>(
    prepared: PreparedGraph,
    rows: number,
    work: (compiled: CompiledJacobian) => Promise<T>,
  ): Promise<T> {
    const { spec, file } = this.preparation;
    return this.#jacobians.use(`${rows}`, () => CompiledJacobian.compile(prepared, spec, file, rows), work);
  }

  /** The graph with every value as the file has it, for layers and training. */
  #plainGraph(): Promise<PreparedGraph> {
    this.#proven();
    this.#plain ??= prepareGraph(this.preparation, 'plain');
    return this.#plain;
  }

  #proven(): Extract<Gradients, { prepared: unknown }> {
    if ('prepared' in this.gradients) return this.gradients;
    throw new AssayError('operator', {
      where: this.preparation.file.name,
      what: `there are no gradients: ${this.gradients.problem}`,
    });
  }
}

/** A loss and its targeted form, or the score of each class, take turns within one attack. */
const FEWEST_SESSIONS = 3;
const MOST_SESSIONS = 8;
const SESSIONS_BYTES = 2 ** 31;

/** Each session holds the weights, and the values of its largest execution: together some 2 GiB, where that is enough for three. */
function sessionsKept({ file }: Preparation, { trace, rows }: PreparedGraph): number {
  const affordable = Math.floor(SESSIONS_BYTES / (weightBytes(file) + rows * bytesPerSample(trace) + 1));
  return Math.min(MOST_SESSIONS, Math.max(FEWEST_SESSIONS, affordable));
}
