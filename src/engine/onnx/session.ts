import type * as ort from 'onnxruntime-node';
import { AssayError, messageOf } from '#base/errors';
import type { Device, EngineSpec } from '../contract.js';
import { ON_CPU, placeNodes } from './devices/placement.js';
import { onnxRuntime } from './devices/runtime.js';
import { halfToNumber } from './graph/constants.js';
import type { ElementType, Graph } from './graph/ir.js';
import { withoutMarks } from './graph/marks.js';
import { encodeModelParts } from './proto/codec.js';

/** A value as the runtime takes and gives it. */
export interface RuntimeValue {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: RuntimeData;
}

export type RuntimeData = Exclude<ort.Tensor['data'], Uint16Array | string[]> | Uint16Array | string[];

export interface SessionOptions {
  readonly threads: number;
  /** `none` keeps every value of the graph as it is written, for traces. */
  readonly optimization: 'all' | 'none';
  /**
   * Whether the runtime plans the places of all values in one block once it has seen an execution; it does when this is left
   * out. The block comes on top of what the first execution took.
   */
  readonly memoryPattern?: boolean;
  /** The CPU when it is left out. */
  readonly device?: Device | undefined;
  /** Names of nodes that stay on the CPU; none when it is left out. */
  readonly onCpu?: readonly string[];
  /** Where the session lives; in this thread when it is left out. */
  readonly host?: SessionHost | undefined;
}

/** Another place for sessions. */
export interface SessionHost {
  /** As {@link createSession}. */
  createSession(model: Uint8Array, options: SessionOptions, data: ReadonlyMap<string, Uint8Array>): Promise<Session>;
}

/** What a model was opened for, and where its sessions live. */
export interface HostedSpec extends EngineSpec {
  readonly host?: SessionHost;
}

/** Of a session that runs often. */
export function optionsFor({ resources, device, host }: HostedSpec): SessionOptions {
  return { threads: resources.threads, optimization: 'all', device, host };
}

/** What is known of an output before anything is executed. */
export interface InferredOutput {
  readonly name: string;
  readonly type: ElementType;
  /** Null where a dimension depends on what is fed. */
  readonly shape: readonly (number | null)[];
}

/** A compiled graph. One execution at a time. */
export interface Session {
  /** Outputs that are tensors. */
  readonly inferred: readonly InferredOutput[];
  run(feeds: Readonly<Record<string, RuntimeValue>>, outputs: readonly string[]): Promise<Map<string, RuntimeValue>>;
  /** Says that results of a run have been read: their memory may be used again. */
  release(results: ReadonlyMap<string, RuntimeValue>): void;
  dispose(): Promise<void>;
}

const ONLY_FATAL = 4;

/**
 * Compiles a graph for a device. Large constants are handed over beside the model, so that nothing limits its size.
 *
 * @throws AssayError `model` when the runtime refuses it, as it does for an operator without a kernel.
 */
export function compileGraph(graph: Graph, options: SessionOptions): Promise<Session> {
  const placed = placeNodes(withoutMarks(graph), options.device ?? 'cpu');
  const { model, data } = encodeModelParts(placed.graph);
  const placedOptions = { ...options, onCpu: placed.onCpu };
  const { host } = options;
  return host === undefined
    ? createSession(model, placedOptions, data)
    : host.createSession(model, placedOptions, data);
}

/**
 * Compiles a serialized ONNX model for a device.
 *
 * @param data of tensors that lie outside of the model, by location
 * @throws AssayError `model` when the runtime refuses it, as it does for an operator without a kernel.
 */
export async function createSession(
  model: Uint8Array,
  options: SessionOptions,
  data: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<Session> {
  const session = await refused('the model was refused by ONNX Runtime', () =>
    createExact(model, runtimeOptions(options, data)),
  );
  return {
    inferred: session.outputMetadata.flatMap(inferredOutput),
    run: async (feeds, outputs) => {
      const inputs = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, tensorOf(value)]));
      const results = await refused('the model failed while it ran', () =>
        session.run(inputs, [...outputs], { logSeverityLevel: ONLY_FATAL }),
      );
      return new Map(Object.entries(results).map(([name, result]) => [name, valueOf(name, result)]));
    },
    release: () => undefined,
    dispose: () => session.release(),
  };
}

/**
 * Kernels for x64 without VNNI clamp sums of products with weights of signed bytes. They are exact on every processor where the runtime
 * makes the bytes unsigned first, which it cannot where two nodes share them: those models keep the kernels of the processor.
 */
async function createExact(
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  const { InferenceSession } = onnxRuntime();
  const session = { ...(options.extra?.['session'] as Readonly<Record<string, string>>), x64quantprecision: '1' };
  try {
    return await InferenceSession.create(model, { ...options, extra: { session } });
  } catch (cause) {
    if (!SHARED_BYTES.test(messageOf(cause))) throw cause;
    return InferenceSession.create(model, options);
  }
}

const SHARED_BYTES = /Attempt to replace the existing tensor/;

/** What the runtime is asked for. */
export function runtimeOptions(
  options: SessionOptions,
  data: ReadonlyMap<string, Uint8Array>,
): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [providerOf(options)],
    graphOptimizationLevel: options.optimization === 'all' ? 'all' : 'disabled',
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableMemPattern: options.memoryPattern ?? true,
    logSeverityLevel: ONLY_FATAL,
    externalData: [...data].map(([path, bytes]) => ({ path, data: bytes })),
    extra: {
      session: {
        // Workers wait for the next operator awake and sleep after the last: awake they would slow down what runs next.
        force_spinning_stop: '1',
        intra_op: { allow_spinning: '1' },
        // A second copy of the weights, laid out for the kernels, pays only where a graph runs often.
        disable_prepacking: options.optimization === 'all' ? '0' : '1',
        ...layersOf(options),
      },
    },
  };
}

/** Nodes without a kernel on the device stay on the CPU anyway. */
function providerOf({ device = 'cpu', onCpu = [] }: SessionOptions): ort.InferenceSession.ExecutionProviderConfig {
  // An empty list is refused.
  return device === 'webgpu' && onCpu.length > 0 ? { name: device, forceCpuNodeNames: onCpu } : device;
}

/** The CUDA provider takes no names: the runtime itself leaves to the CPU what has this part in its name. */
function layersOf({ device, onCpu = [] }: SessionOptions): Readonly<Record<string, string>> {
  return device === 'cuda' && onCpu.length > 0 ? { name_based_layer_assignment: `cpu(${ON_CPU})` } : {};
}

function inferredOutput(output: ort.InferenceSession.ValueMetadata): InferredOutput[] {
  if (!output.isTensor) return [];
  const shape = output.shape.map((size) => (typeof size === 'number' && size >= 0 ? size : null));
  return [{ name: output.name, type: output.type as ElementType, shape }];
}

function tensorOf(value: RuntimeValue): ort.Tensor {
  // The runtime checks the pair of type and data itself.
  return new (onnxRuntime().Tensor)(value.type as 'float32', value.data as Float32Array, value.shape);
}

function valueOf(name: string, result: ort.OnnxValue): RuntimeValue {
  if (!(result instanceof onnxRuntime().Tensor)) {
    throw new AssayError('model', { what: `the output \`${name}\` is not a tensor` });
  }
  return { type: result.type as ElementType, shape: result.dims, data: result.data };
}

async function refused<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new AssayError('model', { what: `${what}: ${messageOf(cause)}`, cause });
  }
}

/** The values of a result that has to be of real numbers. */
export function floatsOf(name: string, value: RuntimeValue | undefined): Float32Array {
  if (value?.data instanceof Float32Array) return value.data;
  if (value?.data instanceof Float64Array) return Float32Array.from(value.data);
  if (value?.type === 'float16' && value.data instanceof Uint16Array)
    return Float32Array.from(value.data, halfToNumber);
  throw new AssayError('model', {
    what: `the output \`${name}\` holds ${value?.type ?? 'nothing'} instead of real numbers`,
  });
}
