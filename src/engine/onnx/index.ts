import { AssayError, messageOf } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type {
  EngineGradient,
  EngineInputs,
  EngineJacobian,
  EngineModel,
  EngineSpec,
  EngineTrainer,
  GradientPlace,
  Layer,
  LayerGradient,
  LossSpec,
  ModelBytes,
  ModelFacts,
  TrainingOptions,
} from '../contract.js';
import type { Substitute } from './autodiff/rule.js';
import { batched } from './batching.js';
import { CompiledGradient, CompiledJacobian, sideBySide } from './compiled-gradient.js';
import { fixedBatchNote, withFixedBatch } from './devices/fixed-batch.js';
import { enableDevice } from './devices/runtime.js';
import { refuseEndlessLoops } from './endless.js';
import { refuseExcess } from './excess.js';
import { describeNode } from './graph/describe.js';
import { opsetOf } from './graph/ir.js';
import { layersOf } from './graph/layers.js';
import { fixedFrom } from './graph/shape.js';
import { bytesPerSample } from './graph/trace.js';
import { samplesIn, type NamedTensors } from './inputs.js';
import { formOf, type LossForm } from './losses/form.js';
import { Forward, inputsOf, isReal, largestDifference, readFileModel, scoresOf, type FileModel } from './model.js';
import { prepareGraph, type Preparation, type PreparedGraph } from './prepare.js';
import { outputScale, probabilitiesOf } from './scale.js';
import { SessionCache } from './session-cache.js';
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
  const { file, note } = await batched(asWritten, spec, probe);
  const forward = await Forward.open(file, spec);
  try {
    const raw = await forward.raw(probe);
    const width = raw.shape[1] ?? 0;
    const scale = outputScale(spec.head, file.graph, file.output, { width, data: raw.data });
    await forward.rest();
    const preparation = { file, written: asWritten.graph, spec, probe, head: { scale, width } };
    const gradients = await tryGradients(preparation, raw);
    return new OnnxModel(preparation, forward, factsOf(preparation, note, gradients), gradients);
  } catch (error) {
    await forward.dispose();
    throw error;
  }
}

type Gradients =
  | { readonly prepared: PreparedGraph; readonly place: GradientPlace; readonly substitutes: readonly Substitute[] }
  | { readonly problem: string };

function factsOf({ file, spec, head }: Preparation, batchNote: string | null, gradients: Gradients): ModelFacts {
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
    notes: [
      ...(batchNote === null ? [] : [batchNote]),
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

/** One sentence for each kind of node through which something else than its derivative is taken. */
function notesOn(substitutes: readonly Substitute[]): string[] {
  const of = (kind: Substitute['kind']): Substitute[] => substitutes.filter((each) => each.kind === kind);
  const [step] = of('zero');
  const quantizers = of('straight-through').length;
  return [
    ...(step === undefined
      ? []
      : [`gradients stop at ${describeNode(step.node)}, which is a step function, and take other ways around it`]),
    ...(quantizers === 0
      ? []
      : [
          `gradients pass straight through ${quantizers} quantizers, as if they did not round (straight-through estimator)`,
        ]),
  ];
}

/** Builds the gradient graph and proves it on the probe; any reason not to trust it becomes a sentence. */
async function tryGradients(preparation: Preparation, raw: Tensor): Promise<Gradients> {
  try {
    return await provenGradients(preparation, raw);
  } catch (error) {
    if (error instanceof AssayError) return { problem: messageOf(error).replace(/\.$/, '') };
    throw error;
  }
}

async function provenGradients(preparation: Preparation, raw: Tensor): Promise<Gradients> {
  const { file, spec, probe, head } = preparation;
  const prepared = await prepareGraph(preparation, 'inference');
  const compiled = await CompiledGradient.compile(prepared, spec, file, { kind: 'score' });
  try {
    const { substitutes } = compiled;
    if (!compiled.reaches) return { problem: whyUnreached(substitutes) };
    const place = placeOf(prepared, file, probe);
    const labels = new Float64Array(samplesIn(probe));
    const { scores } = await compiled.run(probe, { kind: 'score', labels }, place.shape);
    const outputs = head.scale === 'probabilities' ? probabilitiesOf(spec.head, scores) : scores.data;
    const difference = largestDifference(outputs, raw.data);
    const rounds = substitutes.some(({ kind }) => kind === 'straight-through');
    if (difference <= (rounds ? ROUNDING_TOLERANCE : PROOF_TOLERANCE)) return { prepared, place, substitutes };
    return {
      problem: `its gradient graph gives scores that differ from the model's by ${difference.toPrecision(2)}`,
    };
  } finally {
    await compiled.dispose();
  }
}

function whyUnreached(substitutes: readonly Substitute[]): string {
  const step = substitutes.find(({ kind }) => kind === 'zero');
  if (step === undefined) return 'the scores do not depend on the input in a way that has a derivative';
  return `${describeNode(step.node)} is a step function, and no gradient passes it`;
}

function placeOf(prepared: PreparedGraph, file: FileModel, probe: NamedTensors): GradientPlace {
  if (isReal(file.input)) {
    const { name } = file.input;
    return { kind: 'input', value: name, shape: probe.get(name)?.shape.slice(1) ?? [] };
  }
  const shape = fixedFrom(prepared.trace.get(prepared.at)?.shape ?? [], 1) ?? [];
  return { kind: 'embedding', value: prepared.at, shape };
}

/** Relative to the largest score; float32 rounding of deep networks stays below a tenth of it. */
const PROOF_TOLERANCE = 1e-3;

/** Real sums that are rounded to integers may fall on the other side of a half, and a step of a quantizer is 1 / 255. */
const ROUNDING_TOLERANCE = 0.1;

class OnnxModel implements EngineModel {
  readonly #gradients: SessionCache<CompiledGradient>;
  readonly #jacobians = new SessionCache<CompiledJacobian>(FEWEST_SESSIONS);
  #plain: Promise<PreparedGraph> | null = null;

  constructor(
    private readonly preparation: Preparation,
    private readonly forward: Forward,
    readonly facts: ModelFacts,
    private readonly gradients: Gradients,
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
    const width = n === 0 ? 0 : indices.length / n;
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

  async dispose(): Promise<void> {
    await Promise.all([this.forward.dispose(), this.#gradients.dispose(), this.#jacobians.dispose()]);
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
  const weights = [...file.graph.constants.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  const affordable = Math.floor(SESSIONS_BYTES / (weights + rows * bytesPerSample(trace) + 1));
  return Math.min(MOST_SESSIONS, Math.max(FEWEST_SESSIONS, affordable));
}
