import { float, type GraphBuilder } from '../../../onnx/graph/builder.js';
import { isRecord, member, type JsonRecord } from '../../json-value.js';
import { realTensor, type Layer, type Lowering, type Runtime } from '../lowering/layer.js';
import { settingsOf, type Settings } from '../lowering/settings.js';
import { physicalAxis, type Value } from '../lowering/value.js';
import { rectified } from './rectified.js';

type Activation = (layer: Layer, value: Value, settings: Settings) => Value;

/** f of each element by itself. */
function each(f: (graph: GraphBuilder, x: string, settings: Settings, runtime: Runtime) => string): Activation {
  return (layer, value, settings) => ({ ...value, name: f(layer.graph, value.name, settings, layer.runtime) });
}

function node(op: string): Activation {
  return each((graph, x) => graph.node(op, [x]));
}

/** Activations by the names that Keras 2, Keras 3 and TensorFlow.js have for them. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  linear: (_layer, value) => value,
  relu: (layer, value, settings) => rectified(layer.graph, value, rectifierOf(settings)),
  relu6: each((graph, x) => clip(graph, x, 0, 6)),
  leaky_relu: each((graph, x, settings) => {
    const alpha = settings.optionalNumber('negative_slope') ?? settings.number('alpha', 0.2);
    return graph.node('LeakyRelu', [x], { alpha: float(alpha) });
  }),
  elu: each((graph, x, settings) => graph.node('Elu', [x], { alpha: float(settings.number('alpha', 1)) })),
  celu: each((graph, x, settings) => graph.node('Celu', [x], { alpha: float(settings.number('alpha', 1)) })),
  selu: node('Selu'),
  gelu: each((graph, x, settings) =>
    graph.node('Gelu', [x], settings.flag('approximate', false) ? { approximate: 'tanh' } : {}),
  ),
  // TensorFlow.js calls the approximation so.
  gelu_new: each((graph, x) => graph.node('Gelu', [x], { approximate: 'tanh' })),
  silu: each(silu),
  swish: each(silu),
  mish: node('Mish'),
  softplus: node('Softplus'),
  softsign: node('Softsign'),
  tanh: node('Tanh'),
  sigmoid: node('Sigmoid'),
  exponential: node('Exp'),
  hard_sigmoid: each((graph, x, _settings, runtime) => hardSigmoid(graph, x, runtime)),
  hard_silu: each((graph, x, _settings, runtime) => graph.node('Mul', [x, hardSigmoid(graph, x, runtime)])),
  hard_swish: each((graph, x, _settings, runtime) => graph.node('Mul', [x, hardSigmoid(graph, x, runtime)])),
  hard_tanh: each((graph, x) => clip(graph, x, -1, 1)),
  log_sigmoid: each((graph, x) => graph.node('Neg', [graph.node('Softplus', [graph.node('Neg', [x])])])),
  tanh_shrink: each((graph, x) => graph.node('Sub', [x, graph.node('Tanh', [x])])),
  hard_shrink: each((graph, x, settings) => shrink(graph, x, settings.number('threshold', 0.5), 0)),
  soft_shrink: each((graph, x, settings) => {
    const threshold = settings.number('threshold', 0.5);
    return shrink(graph, x, threshold, threshold);
  }),
  // (x + sqrt(x^2 + 4)) / 2
  squareplus: each((graph, x, settings) => {
    const root = graph.node('Sqrt', [
      graph.node('Add', [graph.node('Mul', [x, x]), graph.scalar(settings.number('b', 4))]),
    ]);
    return graph.node('Mul', [graph.node('Add', [x, root]), graph.scalar(0.5)]);
  }),
  softmax: (layer, value, settings) => alongAxis(layer, value, 'Softmax', settings),
  log_softmax: (layer, value, settings) => alongAxis(layer, value, 'LogSoftmax', settings),
};

function clip(graph: GraphBuilder, x: string, low: number, high: number): string {
  return graph.node('Clip', [x, graph.scalar(low), graph.scalar(high)]);
}

function silu(graph: GraphBuilder, x: string): string {
  return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
}

/** Keras 3: relu6(x + 3) / 6; before, and in TensorFlow.js, 0.2 x + 0.5 within 0 and 1. */
export function hardSigmoidSlope(runtime: Runtime): number {
  return runtime === 'keras-3' ? 1 / 6 : 0.2;
}

function hardSigmoid(graph: GraphBuilder, x: string, runtime: Runtime): string {
  return graph.node('HardSigmoid', [x], { alpha: float(hardSigmoidSlope(runtime)), beta: float(0.5) });
}

function shrink(graph: GraphBuilder, x: string, threshold: number, bias: number): string {
  return graph.node('Shrink', [x], { lambd: float(threshold), bias: float(bias) });
}

function alongAxis({ graph }: Layer, value: Value, op: string, settings: Settings): Value {
  const axis = physicalAxis(value, settings.number('axis', -1));
  return { ...value, name: graph.node(op, [value.name], { axis }) };
}

function rectifierOf(settings: Settings): { slope: number; most: number | null; threshold: number } {
  return {
    slope: settings.optionalNumber('negative_slope') ?? settings.number('alpha', 0),
    most: settings.optionalNumber('max_value'),
    threshold: settings.number('threshold', 0),
  };
}

/** What a layer's `activation` says: a name, a function by its name, or a layer with settings of its own. */
export function activate(layer: Layer, value: Value, written: unknown): Value {
  if (written === undefined || written === null) return value;
  const { name, config } = named(written) ?? layer.refuse('has an activation that is code, which is never run');
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (activation === undefined) return layer.refuse(`has the activation \`${name}\`, which has no lowering to ONNX`);
  return activation(layer, value, settingsOf(config, layer.broken));
}

interface NamedActivation {
  readonly name: string;
  readonly config: JsonRecord;
}

/** Null where it is a function of somebody's own. */
export function named(written: unknown): NamedActivation | null {
  if (typeof written === 'string') return { name: snake(written), config: {} };
  if (!isRecord(written)) return null;
  const className = member(written, 'class_name');
  const config = member(written, 'config');
  if (className === 'function' && typeof config === 'string') {
    const registered = member(written, 'registered_name') ?? config;
    return registered === config ? { name: snake(config), config: {} } : null;
  }
  if (typeof className !== 'string' || !isRecord(config)) return null;
  if (className === 'Activation') return named(member(config, 'activation') ?? 'linear');
  const name = CLASSES.get(className);
  return name === undefined ? null : { name, config: name === 'leaky_relu' ? { alpha: 0.3, ...config } : config };
}

/** Layers that stand for an activation. */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['ELU', 'elu'],
  ['LeakyReLU', 'leaky_relu'],
  ['ReLU', 'relu'],
  ['Softmax', 'softmax'],
]);

/** TensorFlow.js writes `hardSigmoid`. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export const activationLayers: Readonly<Record<string, Lowering>> = {
  Activation: (layer, call) => activate(layer, realTensor(layer, call), layer.settings.get('activation')),
  ELU: (layer, call) => {
    const alpha = layer.settings.number('alpha', 1);
    return likeInput(layer, realTensor(layer, call), 'Elu', alpha);
  },
  LeakyReLU: (layer, call) => {
    const alpha = layer.settings.optionalNumber('negative_slope') ?? layer.settings.number('alpha', 0.3);
    return likeInput(layer, realTensor(layer, call), 'LeakyRelu', alpha);
  },
  ReLU: (layer, call) => rectified(layer.graph, realTensor(layer, call), rectifierOf(layer.settings)),
  ThresholdedReLU: (layer, call) => {
    const value = realTensor(layer, call);
    const threshold = layer.settings.number('theta', 1);
    return rectified(layer.graph, value, { slope: 0, most: null, threshold });
  },
  PReLU: parametric,
};

function likeInput({ graph }: Layer, value: Value, op: string, alpha: number): Value {
  return { ...value, name: graph.node(op, [value.name], { alpha: float(alpha) }) };
}

/** The slopes have the shape of a sample, with size one along shared axes; they lie as the value does. */
function parametric(layer: Layer, call: Parameters<Lowering>[1]): Value {
  const value = realTensor(layer, call);
  const shared = layer.settings.integers('shared_axes', []);
  const sizes = value.shape.slice(1).map((size, i) => (shared.includes(i + 1) ? 1 : size));
  const alpha = layer.weights.stored('alpha', 0, sizes);
  const isFirst = value.layout === 'channels-first';
  const slopes = layer.weights.constant('alpha', () => (isFirst ? lastAxisFirst(alpha) : alpha));
  return { ...value, name: layer.graph.node('PRelu', [value.name, slopes]) };
}

interface Stored {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

function lastAxisFirst({ shape, data }: Stored): Stored {
  const channels = shape.at(-1) ?? 1;
  const places = data.length / channels;
  const moved = data.map((_, i) => data[(i % places) * channels + Math.floor(i / places)] ?? 0);
  return { shape: [channels, ...shape.slice(0, -1)], data: moved };
}
