import { AssayError } from '#base/errors';
import { rowRange, rowsOf, sizeOf, type Tensor } from '#base/tensor';
import type { EngineSpec, ModelBytes, Normalization, OutputScale } from '../contract.js';
import type { Graph, ValueInfo } from './graph/ir.js';
import { isIdentity } from './passes/normalization.js';
import { decodeModel, encodeModel } from './proto/codec.js';
import { logitsFromProbabilities } from './scale.js';
import { createSession, floatsOf, type Session } from './session.js';
import { repeated } from './tracing.js';

/** A model as its file has it: the graph, its one input and the output under audit. */
export interface FileModel {
  readonly name: string;
  readonly graph: Graph;
  readonly input: string;
  readonly output: string;
  readonly batch: 'dynamic' | number;
}

/**
 * Reads a model and finds what is to be audited in it.
 *
 * @throws AssayError `model` where it has several inputs, an input that is not float32, or no such output.
 */
export function readFileModel(model: ModelBytes, output: string | null): FileModel {
  const graph = decodeModel(model);
  const input = onlyInput(model.main, graph);
  const first = input.shape?.[0];
  return {
    name: model.main,
    graph,
    input: input.name,
    output: chosenOutput(model.main, graph, output),
    batch: typeof first === 'number' && first > 0 ? first : 'dynamic',
  };
}

function onlyInput(where: string, graph: Graph): ValueInfo {
  const [input, ...others] = graph.inputs;
  if (input === undefined) throw new AssayError('model', { where, what: 'the model has no input' });
  if (others.length > 0) {
    const names = graph.inputs.map(({ name }) => `\`${name}\``).join(', ');
    throw new AssayError('model', {
      where,
      what: `the model has ${graph.inputs.length} inputs (${names})`,
      mend: 'Export it with a single input.',
    });
  }
  if (input.type !== 'float32') {
    throw new AssayError('model', {
      where,
      what: `the input \`${input.name}\` takes ${input.type}`,
      mend: 'Export the model with a float32 input.',
    });
  }
  return input;
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

export function describeOnnxModel(model: ModelBytes, output: string | null): ModelDescription {
  const file = readFileModel(model, output);
  const shapeIn = (values: readonly ValueInfo[], name: string): ValueInfo['shape'] =>
    values.find((value) => value.name === name)?.shape ?? null;
  return {
    input: file.input,
    inputShape: shapeIn(file.graph.inputs, file.input),
    output: file.output,
    outputShape: shapeIn(file.graph.outputs, file.output),
  };
}

/** The model's own graph, executed as it came: the independent forward pass. */
export class Forward {
  readonly #file: FileModel;
  readonly #spec: EngineSpec;
  readonly #session: Session;

  private constructor(file: FileModel, spec: EngineSpec, session: Session) {
    this.#file = file;
    this.#spec = spec;
    this.#session = session;
  }

  static async open(file: FileModel, spec: EngineSpec): Promise<Forward> {
    const options = { threads: spec.resources.threads, optimization: 'all' } as const;
    return new Forward(file, spec, await createSession(encodeModel(file.graph), options));
  }

  /** Raw outputs, [n, width]. */
  async raw(inputs: Tensor): Promise<Tensor> {
    const { batch, output } = this.#file;
    const parts: Float32Array[] = [];
    for (const part of batches(inputs, batch, this.#spec.resources.batchSize)) {
      const normalized = normalize(part.samples, this.#spec.normalization);
      const feed = { type: 'float32', shape: normalized.shape, data: normalized.data } as const;
      const results = await this.#session.run({ [this.#file.input]: feed }, [output]);
      const values = floatsOf(output, results.get(output));
      parts.push(values.subarray(0, (values.length / rowsOf(part.samples)) * part.used));
    }
    return joined(rowsOf(inputs), parts);
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

/** Raw outputs on the scale of scores. */
export function scoresOf(spec: EngineSpec, scale: OutputScale, raw: Tensor): Tensor {
  return scale === 'probabilities' ? { ...raw, data: logitsFromProbabilities(spec.head, raw.data) } : raw;
}

export interface Batch {
  readonly samples: Tensor;
  /** How many rows are real; the others fill a fixed batch up. */
  readonly used: number;
}

/** Splits samples into what one execution takes. */
export function* batches(inputs: Tensor, batch: 'dynamic' | number, batchSize: number): Generator<Batch> {
  const size = batch === 'dynamic' ? batchSize : batch;
  const rows = rowsOf(inputs);
  for (let start = 0; start < rows; start += size) {
    const used = Math.min(size, rows - start);
    const samples = rowRange(inputs, start, start + used);
    yield { samples: batch === 'dynamic' ? samples : repeated(samples, size), used };
  }
}

/** One tensor [n, width] out of the results of several batches. */
export function joined(rows: number, parts: readonly Float32Array[]): Tensor {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const data = new Float32Array(total);
  let offset = 0;
  for (const part of parts) {
    data.set(part, offset);
    offset += part.length;
  }
  return { shape: [rows, rows === 0 ? 0 : total / rows], data };
}

/** (x - mean) / std in float32, as the graph of gradients has it, but computed here: two independent ways. */
function normalize(inputs: Tensor, normalization: Normalization): Tensor {
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
