import { AssayError } from '#base/errors';
import { sizeOf, type Tensor } from '#base/tensor';
import type { EngineInputs, EngineSpec, ModelBytes, Normalization, OutputScale } from '../contract.js';
import { executedBatch } from './devices/fixed-batch.js';
import { requireEvaluationMode } from './evaluation-mode.js';
import { describeNode } from './graph/describe.js';
import { embeddingOf } from './graph/embedding.js';
import type { ElementType, Graph, ValueInfo } from './graph/ir.js';
import { batches, joined, namedInputs, runtimeValue, samplesIn, type NamedTensors } from './inputs.js';
import { isIdentity } from './passes/normalization.js';
import { separateWeights } from './passes/separate-weights.js';
import { withoutZipMaps } from './passes/zip-map.js';
import { decodeModel } from './proto/codec.js';
import { logitsFromProbabilities } from './scale.js';
import { compileGraph, floatsOf, optionsFor, type HostedSpec, type RuntimeValue, type Session } from './session.js';

/** A model as its file has it: the graph, its inputs and the output under audit. */
export interface FileModel {
  readonly name: string;
  readonly graph: Graph;
  /** The input under attack: one of `graph.inputs`. */
  readonly input: ValueInfo;
  readonly output: string;
  readonly batch: 'dynamic' | number;
  /** Why samples run one by one although the file would take more; null when there is no reason. */
  readonly alone: string | null;
}

/** They quantize a whole batch by its largest value: what a sample gives would depend on the others. */
const COUPLING: ReadonlySet<string> = new Set([
  'DynamicQuantizeLinear',
  'DynamicQuantizeMatMul',
  'DynamicQuantizeLSTM',
]);

/** What an input may be made of. */
const GIVEN: ReadonlySet<ElementType> = new Set<ElementType>([
  'float32',
  'float64',
  'float16',
  'int64',
  'int32',
  'uint8',
  'bool',
]);
const REAL: ReadonlySet<ElementType> = new Set<ElementType>(['float32', 'float64', 'float16']);

/**
 * Reads a model and finds what is to be audited in it.
 *
 * @param chosen input and output by name; null where the model has to leave no choice
 * @throws AssayError `model` where an input has a type that Assay does not give, the choice is not clear, or a node is in training
 *   mode.
 */
export function readFileModel(model: ModelBytes, chosen: { input: string | null; output: string | null }): FileModel {
  const graph = withoutZipMaps(separateWeights(decodeModel(model)));
  requireEvaluationMode(graph, model.main);
  const input = chosenInput(model.main, graph, chosen.input);
  const first = input.shape?.[0];
  const coupling = graph.nodes.find(({ op }) => COUPLING.has(op));
  return {
    name: model.main,
    graph,
    input,
    output: chosenOutput(model.main, graph, chosen.output),
    batch: coupling === undefined ? (typeof first === 'number' && first > 0 ? first : 'dynamic') : 1,
    alone:
      coupling === undefined
        ? null
        : `${describeNode(coupling)} scales all samples of a batch together: samples run one by one, so that none depends on another`,
  };
}

/** What the caller gives for a model's inputs, by their names. */
export function inputsOf(file: FileModel, given: EngineInputs): NamedTensors {
  return namedInputs(file.name, file.graph.inputs, given);
}

function chosenInput(where: string, graph: Graph, wanted: string | null): ValueInfo {
  const strange = graph.inputs.find(({ type }) => !GIVEN.has(type));
  if (strange !== undefined) {
    throw new AssayError('model', {
      where,
      what: `the input \`${strange.name}\` takes ${strange.type}`,
      mend: 'Export the model with inputs of float32, or of int64 for tokens.',
    });
  }
  const listed = graph.inputs.map(({ name }) => `\`${name}\``).join(', ');
  const [first, ...others] = graph.inputs;
  if (first === undefined) throw new AssayError('model', { where, what: 'the model has no input' });
  if (wanted !== null) {
    const named = graph.inputs.find(({ name }) => name === wanted);
    if (named !== undefined) return named;
    throw new AssayError('model', { where, what: `there is no input \`${wanted}\``, mend: `It has ${listed}.` });
  }
  if (others.length === 0) return first;
  const [real, ...moreReal] = graph.inputs.filter(({ type }) => REAL.has(type));
  if (real !== undefined && moreReal.length === 0) return real;
  const embedded = graph.inputs.find(({ name }) => embeddingOf(graph, name) !== null);
  if (real === undefined && embedded !== undefined) return embedded;
  throw new AssayError('model', {
    where,
    what: `the model has ${graph.inputs.length} inputs (${listed})`,
    mend: 'Export it with a single input of real numbers.',
  });
}

function chosenOutput(where: string, graph: Graph, wanted: string | null): string {
  const names = graph.outputs.map(({ name }) => name);
  const listed = names.map((name) => `\`${name}\``).join(', ');
  if (wanted !== null) {
    if (names.includes(wanted)) return wanted;
    throw new AssayError('model', { where, what: `there is no output \`${wanted}\``, mend: `It has ${listed}.` });
  }
  const [only, ...others] = names;
  if (only === undefined) throw new AssayError('model', { where, what: 'the model has no output' });
  if (others.length > 0) {
    throw new AssayError('model', {
      where,
      what: `the model has ${names.length} outputs (${listed})`,
      mend: 'Name the one to audit as `target.output`.',
    });
  }
  return only;
}

/** What a model's file declares of its input and output, without executing anything. */
export interface ModelDescription {
  readonly input: string;
  readonly inputShape: ValueInfo['shape'];
  readonly output: string;
  readonly outputShape: ValueInfo['shape'];
}

/** @param input by name, or null where the model has to leave no choice */
export function describeOnnxModel(
  model: ModelBytes,
  output: string | null,
  input: string | null = null,
): ModelDescription {
  const file = readFileModel(model, { input, output });
  return {
    input: file.input.name,
    inputShape: file.input.shape,
    output: file.output,
    outputShape: file.graph.outputs.find(({ name }) => name === file.output)?.shape ?? null,
  };
}

/** The model's own graph, executed as it came: the independent forward pass. */
export class Forward {
  #session: Promise<Session> | null = null;

  /** Compiled when it is asked first. */
  constructor(
    private readonly file: FileModel,
    private readonly spec: HostedSpec,
  ) {}

  static async open(file: FileModel, spec: HostedSpec): Promise<Forward> {
    const forward = new Forward(file, spec);
    await forward.#compiled();
    return forward;
  }

  /** Raw outputs, [n, width]. */
  async raw(inputs: NamedTensors): Promise<Tensor> {
    const { output } = this.file;
    const { batchSize } = this.spec.resources;
    const batch = executedBatch(this.spec, this.file.batch, batchSize);
    const parts: Float32Array[] = [];
    const read: ReadonlyMap<string, RuntimeValue>[] = [];
    const session = await this.#compiled();
    for (const part of batches(inputs, batch, batchSize)) {
      const results = await session.run(fileFeeds(this.file, this.spec, part.samples), [output]);
      const values = floatsOf(output, results.get(output));
      parts.push(values.subarray(0, (values.length / samplesIn(part.samples)) * part.used));
      read.push(results);
    }
    const whole = joined(samplesIn(inputs), parts);
    for (const results of read) session.release(results);
    return whole;
  }

  #compiled(): Promise<Session> {
    return (this.#session ??= compile(this.file, this.spec));
  }

  /** Lets go of a large model's weights until they are asked for again: while other graphs of it are made. */
  async rest(): Promise<void> {
    if (weightBytes(this.file) > LARGE_MODEL) await this.dispose();
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await (await session)?.dispose();
  }
}

export function weightBytes({ graph }: FileModel): number {
  return [...graph.constants.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Weights of this size are worth compiling a model twice, so that they do not lie in memory twice. */
const LARGE_MODEL = 2 ** 27;

function compile(file: FileModel, spec: HostedSpec): Promise<Session> {
  return compileGraph(file.graph, optionsFor(spec));
}

/** Inputs as the file takes them: in its types, and normalized where that is part of the target. */
export function fileFeeds(file: FileModel, spec: EngineSpec, inputs: NamedTensors): Record<string, RuntimeValue> {
  return Object.fromEntries(
    file.graph.inputs.map(({ name, type }) => {
      const given = inputs.get(name) ?? { shape: [], data: new Float32Array() };
      const own = name === file.input.name && REAL.has(type) ? normalize(given, spec.normalization) : given;
      return [name, runtimeValue(own, type)];
    }),
  );
}

/** Whether gradients of an input can be meant: tokens have none. */
export function isReal(input: ValueInfo): boolean {
  return REAL.has(input.type);
}

/** Raw outputs on the scale of scores. */
export function scoresOf(spec: EngineSpec, scale: OutputScale, raw: Tensor): Tensor {
  return scale === 'probabilities' ? { ...raw, data: logitsFromProbabilities(spec.head, raw.data) } : raw;
}

/** Of two sets of outputs, relative to the largest of the second. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  let most = 0;
  for (let i = 0; i < b.length; i++) most = Math.max(most, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
  return most / scale;
}

/** (x - mean) / std in float32, as the graph of gradients has it, but computed here: two independent ways. */
export function normalize(inputs: Tensor, normalization: Normalization): Tensor {
  if (isIdentity(normalization)) return inputs;
  const { axis, mean, std } = normalization;
  const sample = inputs.shape.slice(1);
  const inner = sizeOf(sample.slice(axis + 1));
  const positions = sample[axis] ?? 1;
  const means = Float32Array.from({ length: positions }, (_, i) => mean[i] ?? mean[0] ?? 0);
  const stds = Float32Array.from({ length: positions }, (_, i) => std[i] ?? std[0] ?? 1);
  const data = new Float32Array(inputs.data.length);
  for (let start = 0, position = 0; start < data.length; start += inner, position = (position + 1) % positions) {
    const m = means[position] ?? 0;
    const s = stds[position] ?? 1;
    for (let i = start; i < start + inner; i++) data[i] = Math.fround((inputs.data[i] ?? 0) - m) / s;
  }
  return { shape: inputs.shape, data };
}
