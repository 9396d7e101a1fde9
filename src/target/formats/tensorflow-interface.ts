import { AssayError } from '#base/errors';
import {
  checkSavedModel,
  readModelJson,
  servingSignature,
  type ModelBytes,
  type ModelFormat,
  type SavedTensor,
} from '#engine/index';
import type { DeclaredValue } from '#report/report';

interface Interface {
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
}

type JsonObject = Readonly<Record<string, unknown>>;

/** What a model that TensorFlow.js executes as it is takes and gives, as far as its file says it. */
export function tensorflowInterface(model: ModelBytes, format: ModelFormat): Interface {
  switch (format) {
    case 'tfjs-layers':
      return layersInterface(readModelJson(model));
    case 'tfjs-graph':
      return graphInterface(readModelJson(model));
    case 'saved-model':
      return savedInterface(model);
    default:
      throw new AssayError('model', { where: model.main, what: 'the file does not declare what it takes and gives' });
  }
}

function savedInterface(model: ModelBytes): Interface {
  const { inputs, outputs } = servingSignature(model, checkSavedModel(model));
  const declared = ({ key, dtype, shape }: SavedTensor): DeclaredValue => ({
    name: key,
    type: dtype,
    shape: [...(shape ?? [])],
  });
  return { inputs: inputs.map(declared), outputs: outputs.map(declared) };
}

/** Input layers with their shapes; outputs by the name of their layer, with a shape where that is a dense one. */
function layersInterface(json: JsonObject): Interface {
  const topology = objectAt(json, 'modelTopology');
  const root = objectAt(topology, 'model_config', topology);
  const config = root['config'];
  const layers = objectsIn(Array.isArray(config) ? config : objectAt(root, 'config')['layers']);
  const named = (ids: unknown): JsonObject[] =>
    endsOf(ids).flatMap((name) => layers.filter((layer) => nameOf(layer) === name));
  const [first, last] = [layers[0], layers.at(-1)];
  const isFunctional = isObject(config) && Array.isArray(config['input_layers']);
  const inputs = isFunctional ? named(config['input_layers']) : first === undefined ? [] : [first];
  const outputs = isFunctional ? named(config['output_layers']) : last === undefined ? [] : [last];
  return { inputs: inputs.map(layerInput), outputs: outputs.map(layerOutput) };
}

/** `[["a", 0, 0], ["b", 0, 0]]`, or `["a", 0, 0]` for one alone. */
function endsOf(ids: unknown): string[] {
  if (!Array.isArray(ids)) return [];
  const list: readonly unknown[] = typeof ids[0] === 'string' ? [ids] : ids;
  return list.flatMap((id: unknown) => (Array.isArray(id) && typeof id[0] === 'string' ? [id[0]] : []));
}

function layerInput(layer: JsonObject): DeclaredValue {
  const config = objectAt(layer, 'config');
  const shape = config['batch_input_shape'] ?? config['batch_shape'];
  const type = config['dtype'];
  return { name: nameOf(layer), type: typeof type === 'string' ? type : 'float32', shape: shapeOf(shape) };
}

function layerOutput(layer: JsonObject): DeclaredValue {
  const { units } = objectAt(layer, 'config');
  const isDense = layer['class_name'] === 'Dense' && typeof units === 'number';
  return { name: nameOf(layer), type: 'float32', shape: isDense ? [null, units] : [] };
}

function nameOf(layer: JsonObject): string {
  const name = layer['name'] ?? objectAt(layer, 'config')['name'];
  return typeof name === 'string' ? name : '';
}

/** The signature that the converter writes; without one, placeholders and the nodes that nothing reads. */
function graphInterface(json: JsonObject): Interface {
  const signature = objectAt(json, 'signature', objectAt(objectAt(json, 'userDefinedMetadata'), 'signature'));
  const declared = (part: unknown): DeclaredValue[] =>
    Object.entries(isObject(part) ? part : {}).map(([key, info]) => graphValue(key, isObject(info) ? info : {}));
  const [inputs, outputs] = [declared(signature['inputs']), declared(signature['outputs'])];
  const nodes = objectsIn(objectAt(json, 'modelTopology')['node']);
  return {
    inputs: inputs.length > 0 ? inputs : nodes.filter((node) => node['op'] === 'Placeholder').map(placeholder),
    outputs: outputs.length > 0 ? outputs : unread(nodes).map((name) => ({ name, type: 'float32', shape: [] })),
  };
}

function graphValue(key: string, info: JsonObject): DeclaredValue {
  const { name } = info;
  const shape = objectAt(info, 'tensorShape', objectAt(info, 'tensor_shape'));
  return {
    name: typeof name === 'string' ? name.replace(/:0$/, '') : key,
    type: typeOf(info['dtype']),
    shape: dimensionsOf(shape),
  };
}

function placeholder(node: JsonObject): DeclaredValue {
  const attributes = objectAt(node, 'attr');
  const shape = objectAt(objectAt(attributes, 'shape'), 'shape');
  return { name: nameOf(node), type: typeOf(objectAt(attributes, 'dtype')['type']), shape: dimensionsOf(shape) };
}

function unread(nodes: readonly JsonObject[]): string[] {
  const read = new Set(
    nodes.flatMap((node) => {
      const inputs: readonly unknown[] = Array.isArray(node['input']) ? node['input'] : [];
      return inputs.map((input) => String(input).replace(/^\^|:\d+$/g, ''));
    }),
  );
  return nodes.map(nameOf).filter((name) => !read.has(name));
}

/** `DT_FLOAT`, or its number. */
function typeOf(dtype: unknown): string {
  const types: Readonly<Record<string, string>> = {
    ...{ DT_FLOAT: 'float32', 1: 'float32', DT_INT32: 'int32', 3: 'int32', DT_STRING: 'string', 7: 'string' },
    ...{ DT_BOOL: 'bool', 10: 'bool', DT_INT64: 'int64', 9: 'int64' },
  };
  return types[String(dtype)] ?? String(dtype);
}

function dimensionsOf(shape: JsonObject): DeclaredValue['shape'] {
  return shapeOf(objectsIn(shape['dim']).map((dimension) => Number(dimension['size'] ?? -1)));
}

function shapeOf(shape: unknown): DeclaredValue['shape'] {
  const sizes: readonly unknown[] = Array.isArray(shape) ? shape : [];
  return sizes.map((size) => (typeof size === 'number' && Number.isInteger(size) && size > 0 ? size : null));
}

function objectAt(object: JsonObject, key: string, otherwise: JsonObject = {}): JsonObject {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return isObject(value) ? value : otherwise;
}

function objectsIn(list: unknown): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
