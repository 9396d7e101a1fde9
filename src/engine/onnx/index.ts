import { AssayError, messageOf } from '#base/errors';
import { sizeOf, zeros, type Tensor } from '#base/tensor';
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
  OutputScale,
  TrainingOptions,
} from '../contract.js';
import type { Substitute } from './autodiff/rule.js';
import { batched } from './batching.js';
import { CompiledGradient, CompiledJacobian } from './compiled-gradient.js';
import { refuseEndlessLoops } from './endless.js';
import { refuseExcess } from './excess.js';
import { describeNode } from './graph/describe.js';
import { opsetOf } from './graph/ir.js';
import { layersOf } from './graph/layers.js';
import { fixedFrom } from './graph/shape.js';
import { samplesIn, type NamedTensors } from './inputs.js';
import { formOf, type LossForm } from './losses/form.js';
import { Forward, inputsOf, isReal, largestDifference, readFileModel, scoresOf, type FileModel } from './model.js';
import { prepareGraph, type PreparedGraph } from './prepare.js';
import { outputScale, probabilitiesOf } from './scale.js';
import { parametersOf } from './training/parameters.js';
import { openTrainer } from './training/trainer.js';

/** Rows of the Jacobian in one execution: more of them share a forward pass, but have to lie in memory together. */
const ROWS_AT_ONCE = 10;

/**
 * Opens an ONNX model on the CPU.
 *
 * Scores come from the file's own graph. Gradients come from a second graph, made from the first by `gradientGraph`;
 * it is only trusted after its scores were found equal to the file's on `spec.probe`.
 *
 * @throws AssayError `model` when the file is no model, the runtime refuses it, or it does not run on the probe.
 */
export async function openOnnxModel(model: ModelBytes, spec: EngineSpec): Promise<EngineModel> {
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
    const preparation = { file, spec, probe, head: { scale, width } };
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

interface Preparation {
  readonly file: FileModel;
  readonly spec: EngineSpec;
  readonly probe: NamedTensors;
  readonly head: { readonly scale: OutputScale; readonly width: number };
}

function factsOf({ file, head }: Preparation, batchNote: string | null, gradients: Gradients): ModelFacts {
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
      ...('prepared' in gradients ? [...gradients.prepared.notes, ...notesOn(gradients.substitutes)] : []),
    ],
  };
}

function whyUntrainable(file: FileModel): string | null {
  return parametersOf(file.graph).length === 0 ? 'the model has no weights of float32 that training could move' : null;
}

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

async function provenGradients({ file, spec, probe, head }: Preparation, raw: Tensor): Promise<Gradients> {
  const prepared = await prepareGraph(file, spec, probe, head, 'inference');
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
  readonly #gradients = new Map<string, Promise<CompiledGradient>>();
  readonly #jacobians = new Map<number, Promise<CompiledJacobian>>();
  #plain: Promise<PreparedGraph> | null = null;

  constructor(
    private readonly preparation: Preparation,
    private readonly forward: Forward,
    readonly facts: ModelFacts,
    private readonly gradients: Gradients,
  ) {}

  async scores(inputs: EngineInputs): Promise<Tensor> {
    const { file, spec } = this.preparation;
    return scoresOf(spec, this.facts.scale, await this.forward.raw(inputsOf(file, inputs)));
  }

  async gradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient> {
    const { prepared, place } = this.#proven();
    const compiled = await this.#gradient(prepared, formOf(loss), null);
    return compiled.run(inputsOf(this.preparation.file, inputs), loss, place.shape);
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
      parts.push(await (await this.#jacobian(prepared, columns)).run(named, own, place.shape));
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
    const compiled = await this.#gradient(await this.#plainGraph(), formOf(loss), layer);
    return compiled.runAtLayer(inputsOf(this.preparation.file, inputs), loss, layer);
  }

  async trainer(options: TrainingOptions): Promise<EngineTrainer> {
    const { file, spec } = this.preparation;
    return openTrainer(file, spec, await this.#plainGraph(), this.#proven().place.shape, options);
  }

  async dispose(): Promise<void> {
    const compiled = await Promise.all([...this.#gradients.values(), ...this.#jacobians.values()]);
    await Promise.all([this.forward.dispose(), ...compiled.map((each) => each.dispose())]);
  }

  #gradient(prepared: PreparedGraph, form: LossForm, layer: Layer | null): Promise<CompiledGradient> {
    const { spec, file } = this.preparation;
    return remembered(this.#gradients, JSON.stringify([form, layer?.value ?? null]), () =>
      CompiledGradient.compile(prepared, spec, file, form, layer),
    );
  }

  #jacobian(prepared: PreparedGraph, rows: number): Promise<CompiledJacobian> {
    const { spec, file } = this.preparation;
    return remembered(this.#jacobians, rows, () => CompiledJacobian.compile(prepared, spec, file, rows));
  }

  /** The graph with every value as the file has it, for layers and training. */
  #plainGraph(): Promise<PreparedGraph> {
    this.#proven();
    const { file, spec, probe, head } = this.preparation;
    this.#plain ??= prepareGraph(file, spec, probe, head, 'training');
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

/** What was made before, or is being made; what failed is made again. */
function remembered<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const value = make();
  known.set(key, value);
  value.catch(() => known.delete(key));
  return value;
}

/** Jacobians of the same samples as one, [n, rows, ...]. */
function sideBySide(
  n: number,
  shape: readonly number[],
  parts: readonly EngineJacobian[],
  scoreWidth: number,
): EngineJacobian {
  const [first, ...others] = parts;
  if (first !== undefined && others.length === 0) return first;
  const size = sizeOf(shape);
  const count = parts.reduce((sum, { rows }) => sum + (rows.shape[1] ?? 0), 0);
  const data = new Float32Array(n * count * size);
  let column = 0;
  for (const { rows } of parts) {
    const width = (rows.shape[1] ?? 0) * size;
    for (let i = 0; i < n; i++) data.set(rows.data.subarray(i * width, (i + 1) * width), i * count * size + column);
    column += width;
  }
  return { scores: first?.scores ?? zeros([n, scoreWidth]), rows: { shape: [n, count, ...shape], data } };
}
