import { AssayError, messageOf } from '#base/errors';
import { rowsOf, type Tensor } from '#base/tensor';
import type {
  EngineGradient,
  EngineModel,
  EngineSpec,
  EngineTrainer,
  LossKind,
  LossSpec,
  ModelBytes,
  ModelFacts,
  OutputScale,
  TrainingOptions,
} from '../contract.js';
import { CompiledGradient } from './compiled-gradient.js';
import { prepareGraph, type PreparedGraph } from './gradient-graph.js';
import { opsetOf } from './graph/ir.js';
import { Forward, readFileModel, scoresOf, type FileModel } from './model.js';
import { outputScale, probabilitiesOf } from './scale.js';
import { openTrainer, parametersOf } from './training.js';

/**
 * Opens an ONNX model on the CPU.
 *
 * Scores come from the file's own graph. Gradients come from a second graph, made from the first by `gradientGraph`;
 * it is only trusted after its scores were found equal to the file's on `spec.probe`.
 *
 * @throws AssayError `model` when the file is no model, the runtime refuses it, or it does not run on the probe.
 */
export async function openOnnxModel(model: ModelBytes, spec: EngineSpec): Promise<EngineModel> {
  const file = readFileModel(model, spec.output);
  const forward = await Forward.open(file, spec);
  try {
    const raw = await forward.raw(spec.probe);
    const width = raw.shape[1] ?? 0;
    const scale = outputScale(spec.head, file.graph, file.output, { width, data: raw.data });
    const gradients = await tryGradients(file, spec, scale, raw);
    return new OnnxModel(file, spec, forward, factsOf(file, scale, width, gradients), gradients);
  } catch (error) {
    await forward.dispose();
    throw error;
  }
}

type Gradients = { readonly prepared: PreparedGraph } | { readonly problem: string };

function factsOf(file: FileModel, scale: OutputScale, width: number, gradients: Gradients): ModelFacts {
  const problem = 'problem' in gradients ? gradients.problem : null;
  const lacksParameters = 'prepared' in gradients && parametersOf(file.graph).length === 0;
  return {
    inputName: file.input,
    outputName: file.output,
    scoreWidth: width,
    batch: file.batch,
    scale,
    opset: opsetOf(file.graph),
    noGradients: problem,
    noTraining: problem ?? (lacksParameters ? 'the model has no weights that training could move' : null),
    notes:
      typeof file.batch === 'number' ? [`the file asks for batches of ${file.batch}: samples run in such batches`] : [],
  };
}

/** Builds the gradient graph and proves it on the probe; any reason not to trust it becomes a sentence. */
async function tryGradients(file: FileModel, spec: EngineSpec, scale: OutputScale, raw: Tensor): Promise<Gradients> {
  try {
    const prepared = await prepareGraph(file, spec, scale, raw.shape[1] ?? 0, 'inference');
    const compiled = await CompiledGradient.compile(prepared, spec, file, 'score');
    try {
      const { scores } = await compiled.run(spec.probe, new Float64Array(rowsOf(spec.probe)));
      const outputs = scale === 'probabilities' ? probabilitiesOf(spec.head, scores) : scores.data;
      const difference = largestDifference(outputs, raw.data);
      if (difference <= PROOF_TOLERANCE) return { prepared };
      return {
        problem: `its gradient graph gives scores that differ from the model's by ${difference.toPrecision(2)}`,
      };
    } finally {
      await compiled.dispose();
    }
  } catch (error) {
    if (error instanceof AssayError) return { problem: messageOf(error).replace(/\.$/, '') };
    throw error;
  }
}

/** Relative to the largest score; float32 rounding of deep networks stays below a tenth of it. */
const PROOF_TOLERANCE = 1e-3;

function largestDifference(a: Float32Array, b: Float32Array): number {
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  let most = 0;
  for (let i = 0; i < b.length; i++) most = Math.max(most, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
  return most / scale;
}

class OnnxModel implements EngineModel {
  readonly #compiled = new Map<LossKind, Promise<CompiledGradient>>();

  constructor(
    private readonly file: FileModel,
    private readonly spec: EngineSpec,
    private readonly forward: Forward,
    readonly facts: ModelFacts,
    private readonly gradients: Gradients,
  ) {}

  async scores(inputs: Tensor): Promise<Tensor> {
    return scoresOf(this.spec, this.facts.scale, await this.forward.raw(inputs));
  }

  async gradient(inputs: Tensor, loss: LossSpec): Promise<EngineGradient> {
    return (await this.#compile(loss.kind)).run(inputs, loss.labels);
  }

  async trainer(options: TrainingOptions): Promise<EngineTrainer> {
    this.#prepared();
    const { scale, scoreWidth } = this.facts;
    const prepared = await prepareGraph(this.file, this.spec, scale, scoreWidth, 'training');
    return openTrainer(this.file, this.spec, prepared, options);
  }

  async dispose(): Promise<void> {
    const compiled = await Promise.all(this.#compiled.values());
    await Promise.all([this.forward.dispose(), ...compiled.map((gradient) => gradient.dispose())]);
  }

  #compile(kind: LossKind): Promise<CompiledGradient> {
    const known = this.#compiled.get(kind) ?? CompiledGradient.compile(this.#prepared(), this.spec, this.file, kind);
    this.#compiled.set(kind, known);
    return known;
  }

  #prepared(): PreparedGraph {
    if ('prepared' in this.gradients) return this.gradients.prepared;
    throw new AssayError('operator', {
      where: this.file.name,
      what: `there are no gradients: ${this.gradients.problem}`,
    });
  }
}
