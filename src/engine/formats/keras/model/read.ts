import { AssayError } from '#base/errors';
import { isCount, isList, isRecord, member, type JsonRecord } from '../../json-value.js';
import { readCalls, readReferences } from './calls.js';
import { keyOf, referencesOf } from './order.js';
import type { CallPlan, LayerPlan, NetworkPlan, Reference } from './plan.js';

/** Models in models; those of people have two or three. */
const DEEPEST = 32;

const NETWORKS: ReadonlySet<string> = new Set(['Functional', 'Model', 'Sequential']);

/**
 * Reads the configuration of a model: Sequential or Functional, of Keras 2, Keras 3 or TensorFlow.js.
 *
 * @throws AssayError `model` where it breaks the format, `operator` where the model is a class of its own
 */
export function readNetwork(config: unknown, where: string): NetworkPlan {
  return networkOf(config, { where, label: 'the model', depth: DEEPEST });
}

/** A layer that another wraps, such as that of TimeDistributed. */
export function readInnerLayer(value: unknown, where: string, label: string): LayerPlan {
  return layerOf(value, { where, label, depth: DEEPEST }, []);
}

interface Place {
  readonly where: string;
  readonly label: string;
  /** How many models may still be inside of this one. */
  readonly depth: number;
}

function broken({ where, label }: Place, what: string): never {
  throw new AssayError('model', { where, what: `${label} ${what}` });
}

function networkOf(value: unknown, place: Place): NetworkPlan {
  if (place.depth === 0) return broken(place, 'has models in models without end');
  const model = isRecord(value) ? pythonic(value) : broken(place, 'has no configuration');
  const className = member(model, 'class_name');
  if (typeof className !== 'string') return broken(place, 'has no class');
  if (!NETWORKS.has(className)) return refuseClass(place, className);
  const config = member(model, 'config');
  // Sequential models were a bare list of layers once.
  const settings = isList(config) ? { layers: config } : config;
  const layers = isRecord(settings) ? member(settings, 'layers') : undefined;
  if (!isRecord(settings) || !isList(layers)) return broken(place, 'has no layers');
  const network = className === 'Sequential' ? sequential : functional;
  return network(textOf(member(settings, 'name')) ?? 'model', settings, layers, place);
}

function functional(name: string, settings: JsonRecord, layers: readonly unknown[], place: Place): NetworkPlan {
  const fail = (what: string): never => broken(place, what);
  const inputs = readReferences(member(settings, 'input_layers'), fail);
  const outputs = readReferences(member(settings, 'output_layers'), fail);
  const plans = layers.map((layer) => layerOf(layer, place, null));
  return { name, layers: withFirstCalls(plans, outputs), inputs, outputs };
}

/** Where a model has its calls numbered from 1, its last one has the number of all of them. */
function withFirstCalls(layers: readonly LayerPlan[], outputs: readonly Reference[]): LayerPlan[] {
  const calls = layers.flatMap((layer) => layer.calls.flatMap(referencesOf));
  const referred = new Set([...calls, ...outputs].map(keyOf));
  return layers.map((layer) => {
    const behindLast = keyOf({ layer: layer.name, call: layer.calls.length });
    return layer.network !== null && referred.has(behindLast) ? { ...layer, firstCall: 1 } : layer;
  });
}

/** Each layer is called with what the one before it gave; the first with an input of its own where none is written. */
function sequential(name: string, settings: JsonRecord, layers: readonly unknown[], place: Place): NetworkPlan {
  const plans: LayerPlan[] = [];
  for (const layer of layers) {
    const before = plans.at(-1);
    const plan = layerOf(layer, place, before === undefined ? [] : [callOn(before.name)]);
    if (before === undefined && plan.className !== 'InputLayer') {
      const input = inputOf(plan, member(settings, 'build_input_shape'), place);
      plans.push(input, { ...plan, calls: [callOn(input.name)] });
    } else plans.push(plan);
  }
  const [first] = plans;
  const last = plans.at(-1);
  if (first === undefined || last === undefined) return broken(place, 'has no layers');
  const reference = (layer: LayerPlan): Reference[] => [{ layer: layer.name, call: 0, output: 0 }];
  return { name, layers: plans, inputs: reference(first), outputs: reference(last) };
}

function inputOf(layer: LayerPlan, built: unknown, place: Place): LayerPlan {
  const inner = layer.network?.layers.find(({ className }) => className === 'InputLayer');
  const shape = shapeIn(layer.config) ?? shapeIn(inner?.config ?? {}) ?? shapeOf(built) ?? layer.inputShape;
  if (shape === null) return broken(place, 'does not say the shape of its input');
  return {
    name: `${layer.name}_input`,
    className: 'InputLayer',
    module: null,
    config: { batch_shape: shape },
    network: null,
    inputShape: null,
    calls: [],
    firstCall: 0,
  };
}

function layerOf(value: unknown, place: Place, given: readonly CallPlan[] | null): LayerPlan {
  const layer = isRecord(value) ? pythonic(value) : broken(place, 'has a layer without a configuration');
  const className = member(layer, 'class_name');
  const written = member(layer, 'config');
  // Models were bare lists of layers once.
  const config = isList(written) ? { layers: written } : written;
  if (typeof className !== 'string' || !isRecord(config)) {
    return broken(place, 'has a layer without a class or a configuration');
  }
  const name = textOf(member(layer, 'name')) ?? textOf(member(config, 'name')) ?? className;
  const own = { ...place, label: `layer \`${name}\``, depth: place.depth - 1 };
  const built = member(layer, 'build_config');
  return {
    name,
    className,
    module: textOf(member(layer, 'module')),
    config,
    network: NETWORKS.has(className) ? networkOf(layer, own) : null,
    inputShape: isRecord(built) ? shapeOf(member(built, 'input_shape')) : null,
    calls: given ?? readCalls(member(layer, 'inbound_nodes'), (what) => broken(own, what)),
    firstCall: 0,
  };
}

function refuseClass({ where }: Place, className: string): never {
  throw new AssayError('operator', {
    where,
    what: `the model is of the class \`${className}\`, which is code, and code of a model is never run`,
    mend: 'Sequential and Functional models have all that they compute in their file.',
  });
}

function callOn(layer: string): CallPlan {
  return { args: [{ kind: 'tensor', from: { layer, call: 0, output: 0 } }], kwargs: new Map() };
}

/** The shape of an input, batch first: null where any size will do. */
export function shapeIn(config: JsonRecord): (number | null)[] | null {
  const whole = shapeOf(member(config, 'batch_shape')) ?? shapeOf(member(config, 'batch_input_shape'));
  if (whole !== null) return whole;
  const sample = shapeOf(member(config, 'input_shape')) ?? shapeOf(member(config, 'shape'));
  return sample === null ? null : [null, ...sample];
}

function shapeOf(value: unknown): (number | null)[] | null {
  if (!isList(value)) return null;
  const sizes = value.map((size) => (size === null || size === undefined ? null : size));
  return sizes.every((size) => size === null || isCount(size)) ? sizes : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** TensorFlow.js also reads, and some tools write, `className` and `inboundNodes`: names of its own in Python's form. */
function pythonic(record: JsonRecord): JsonRecord {
  if (!Object.hasOwn(record, 'className')) return record;
  return renamed(record, DEEPEST) as JsonRecord;
}

function renamed(value: unknown, depth: number): unknown {
  if (depth === 0) return value;
  if (isList(value)) return value.map((each) => renamed(each, depth - 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      renamed(inner, depth - 1),
    ]),
  );
}
