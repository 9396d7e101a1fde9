import { isRecord, member } from '../json-value.js';
import type { Lowered } from '../lowered.js';
import { GraphBuilder } from '../../onnx/graph/builder.js';
import type { Graph } from '../../onnx/graph/ir.js';
import { encodeModel } from '../../onnx/proto/codec.js';
import { lowerings } from './layers/index.js';
import { finishedGraph } from './lowering/finish.js';
import { tensorsOf, weightsOf, type Argument, type Call, type Layer, type Runtime } from './lowering/layer.js';
import { brokenLayer, notLowered, settingsOf } from './lowering/settings.js';
import { Layouts, plainValue, type Value } from './lowering/value.js';
import { inOrder, keyOf } from './model/order.js';
import type { ArgumentPlan, CallPlan, LayerPlan, NetworkPlan, Reference } from './model/plan.js';
import { readInnerLayer, shapeIn } from './model/read.js';
import type { LayerWeights, NetworkWeights } from './weights/weights.js';

/** A model of Keras that was read. */
export interface KerasModel {
  /** What errors call the file. */
  readonly where: string;
  readonly network: NetworkPlan;
  readonly weights: NetworkWeights;
  readonly runtime: Runtime;
}

/** Models that are called within models that are called again could otherwise grow without bound. */
const MOST_CALLS = 50_000;

/**
 * Writes a model of Keras as an ONNX graph.
 *
 * @throws AssayError `operator` where a layer has no lowering, `model` where the file contradicts itself
 */
export function lowerNetwork(model: KerasModel): Lowered {
  const { graph, notes } = new NetworkLowering(model).run();
  const main = `${model.where}.onnx`;
  return { model: { main, files: new Map([[main, encodeModel(graph)]]) }, notes };
}

type Results = ReadonlyMap<string, readonly Value[]>;

class NetworkLowering {
  readonly #graph = new GraphBuilder(EMPTY);
  readonly #layouts = new Layouts(this.#graph);
  readonly #constants = new Map<string, string>();
  /** What values and constants are called in the end. */
  readonly #names = new Map<string, string>();
  readonly #notes = new Set<string>();
  #calls = 0;

  constructor(private readonly model: KerasModel) {}

  run(): { graph: Graph; notes: readonly string[] } {
    const { network, weights } = this.model;
    const inputs = network.inputs.map(({ layer }) => this.#input(network, layer));
    const outputs = this.#network(network, weights, inputs, '');
    const wanted = network.outputs.map(({ layer, output }) => (output === 0 ? layer : `${layer}_${output}`));
    const graph = finishedGraph(this.#graph, this.#layouts, outputs, wanted, this.#names);
    return { graph, notes: [...this.#notes] };
  }

  #input(network: NetworkPlan, name: string): Value {
    const layer = network.layers.find((each) => each.name === name);
    if (layer?.className !== 'InputLayer') return this.#broken(name, 'is an input of the model and no InputLayer');
    const shape = shapeIn(layer.config) ?? this.#broken(name, 'does not say its shape');
    const kind = ['sparse', 'ragged'].find((each) => member(layer.config, each) === true);
    if (kind !== undefined) return this.#refuse(name, `takes ${kind} tensors`);
    const type = INPUT_TYPES.get(dtypeOf(member(layer.config, 'dtype')) ?? 'float32');
    if (type === undefined) return this.#refuse(name, 'takes tensors that are no numbers');
    const [batch = null, ...sample] = shape;
    this.#graph.input(name, type, [batch ?? 'n', ...sample.map((size, axis) => size ?? `${name}_${axis + 1}`)]);
    return { ...plainValue(name, shape), type };
  }

  /** @param path in front of the names of layers, for a model within a model */
  #network(plan: NetworkPlan, weights: NetworkWeights, inputs: readonly Value[], path: string): readonly Value[] {
    const results = new Map<string, readonly Value[]>();
    plan.inputs.forEach(({ layer }, i) => {
      const input = inputs[i] ?? this.#broken(layer, 'is given no value');
      results.set(keyOf({ layer, call: 0 }), [input]);
    });
    const steps = inOrder(plan, new Set(results.keys()), (name, what) => this.#broken(name, what));
    for (const { layer, call, index } of steps) {
      if (++this.#calls > MOST_CALLS) return this.#broken(layer.name, `comes behind ${MOST_CALLS} calls of layers`);
      const name = `${path}${layer.name}`;
      const lowered = this.#call(
        this.#layer(layer, weights.layer(layer.name), name),
        this.#arguments(call, results),
        index === 0 ? name : `${name}_${index}`,
      );
      results.set(keyOf({ layer: layer.name, call: layer.firstCall + index }), lowered);
    }
    return plan.outputs.map((reference) => this.#valueAt(results, reference));
  }

  #arguments(call: CallPlan, results: Results): Call {
    const resolve = (argument: ArgumentPlan): Argument => {
      if (argument.kind === 'list') return { kind: 'list', items: argument.items.map(resolve) };
      if (argument.kind === 'value') return argument;
      return { kind: 'tensor', value: this.#valueAt(results, argument.from) };
    };
    return {
      args: call.args.map(resolve),
      kwargs: new Map([...call.kwargs].map(([key, argument]) => [key, resolve(argument)])),
    };
  }

  #valueAt(results: Results, reference: Reference): Value {
    const value = results.get(keyOf(reference))?.[reference.output];
    return value ?? this.#broken(reference.layer, `has no output ${reference.output} of its call ${reference.call}`);
  }

  #layer(plan: LayerPlan, weights: LayerWeights, path: string): Layer {
    const broken = (what: string): never => this.#broken(path, what);
    this.#noteDtype(plan, path);
    const { network } = plan;
    const inside = (): NetworkWeights => weights.network(network?.layers ?? []);
    const parts = { graph: this.#graph, known: this.#constants, names: this.#names };
    return {
      name: path,
      className: plan.className,
      module: plan.module,
      settings: settingsOf(plan.config, broken),
      runtime: this.model.runtime,
      graph: this.#graph,
      layouts: this.#layouts,
      weights: weightsOf(weights, path, parts, broken),
      network: network === null ? null : (inputs) => this.#network(network, inside(), inputs, `${path}/`),
      note: (sentence) => this.#notes.add(sentence),
      broken,
      refuse: (what) => this.#refuse(path, what),
      wrapped: (config, attributes, names = []) => {
        const inner = readInnerLayer(config, this.model.where, `layer \`${path}\``);
        // Two parts of one name have weights of their own.
        const name = names[0] ?? inner.name;
        return this.#layer(inner, weights.part(attributes, [...names, inner.name]), `${path}/${name}`);
      },
      lower: (layer, call) => this.#lower(layer, call),
    };
  }

  #call(layer: Layer, call: Call, name: string): readonly Value[] {
    const before = this.#nodes().length;
    const values = this.#lower(layer, call);
    for (const node of this.#nodes().slice(before)) {
      for (const output of node.outputs) {
        if (this.#names.has(output)) continue;
        const isResult = values.some((value) => value.name === output);
        this.#names.set(output, isResult ? name : `${name}/${node.op}`);
      }
    }
    return values;
  }

  #nodes(): Graph['nodes'] {
    return this.#graph.build([]).nodes;
  }

  #lower(layer: Layer, call: Call): readonly Value[] {
    if (layer.network !== null) return layer.network(tensorsOf(call.args));
    const lowering = lowerings.get(layer.className) ?? layer.refuse(whyNone(layer));
    const lowered = lowering(layer, call);
    return Array.isArray(lowered) ? (lowered as readonly Value[]) : [lowered as Value];
  }

  /** Numbers of half the width, or twice, are computed with as float32. */
  #noteDtype({ config }: LayerPlan, path: string): void {
    const dtype = dtypeOf(member(config, 'dtype'));
    if (dtype === null || EXACT.test(dtype)) return;
    if (!REAL.test(dtype)) return this.#refuse(path, `computes in ${dtype}`);
    this.#notes.add(`layers that the file computes in ${dtype} are computed in float32`);
  }

  #broken(layer: string, what: string): never {
    throw brokenLayer(this.model.where, layer, what);
  }

  #refuse(layer: string, what: string): never {
    throw notLowered(this.model.where, layer, what);
  }
}

function whyNone({ className, module }: Layer): string {
  if (CODE.has(className)) return `is a ${className} layer, which is code, and code of a model is never run`;
  const isOwn = module !== null && !/^(keras|tf_keras|tensorflow\.keras|tensorflow\.python\.keras)(\.|$)/.test(module);
  if (isOwn)
    return `is of the class \`${className}\` of \`${module}\`, which is code, and code of a model is never run`;
  return `is of the class \`${className}\`, which has no lowering to ONNX`;
}

/** What a layer does is Python within the configuration, or the name of a function. */
const CODE: ReadonlySet<string> = new Set([
  'Lambda',
  'TFOpLambda',
  'SlicingOpLambda',
  'ClassMethod',
  'InstanceMethod',
  'TensorFlowOpLayer',
]);

const EXACT = /^(float32|u?int\d*|bool|string)$/;
const REAL = /^(mixed_)?b?float\d+$/;

/** Of a layer: `float32`, or a policy with a name. */
function dtypeOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  const config = isRecord(value) ? member(value, 'config') : undefined;
  const name = isRecord(config) ? member(config, 'name') : undefined;
  return typeof name === 'string' ? name : null;
}

const INPUT_TYPES: ReadonlyMap<string, Value['type']> = new Map([
  ...['float16', 'bfloat16', 'float32', 'float64'].map((name) => [name, 'float32'] as const),
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32'].map((name) => [name, 'int32'] as const),
  ['bool', 'bool'],
]);

const EMPTY: Graph = {
  name: 'keras',
  irVersion: 9,
  opsets: new Map([['', 20]]),
  inputs: [],
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};
