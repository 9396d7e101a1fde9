import { AssayError } from '#base/errors';
import { int64Constant } from '../../onnx/graph/constants.js';
import { GraphBuilder, type AttributeInput } from '../../onnx/graph/builder.js';
import type { Constant, Graph, Node, ValueInfo } from '../../onnx/graph/ir.js';
import type { Layout, Size, TensorValue } from './value.js';
import { constantOf, knownOf, transposed } from './constants.js';
import { axisInChannelsFirst, toChannelsFirst, toChannelsLast } from './layout.js';
import type { ValueType } from './types.js';

/** Type, shape and layout of a value that a node gives. */
export interface Facts {
  readonly type: ValueType;
  readonly shape: readonly Size[];
  readonly layout?: Layout;
}

export type AttributeInputs = Readonly<Record<string, AttributeInput>>;

/** Constants that are worked out while a model is lowered are small; more of them are no model. */
const MAX_MADE = 2 ** 28;
/** More nodes are no model, but functions that call each other without end in sight. */
const MAX_NODES = 200_000;

const EMPTY: Graph = {
  name: 'graph-model',
  irVersion: 9,
  opsets: new Map([['', 20]]),
  inputs: [],
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};

/** Grows the ONNX graph of a model, and brings values into the layout in which they are asked for, each only once. */
export class Emitter {
  readonly builder = new GraphBuilder(EMPTY);
  readonly notes = new Set<string>();
  readonly #weights = new Map<string, Constant>();
  readonly #names = new Map<Constant, string>();
  readonly #turned = new Map<string, TensorValue>();
  readonly #taken = new Set<string>();
  readonly #outputs = new Set<string>();
  /** Names of nodes whose values had to leave theirs to an output. */
  readonly #nodeNames = new Map<string, string>();
  readonly #forms = new Map<Uint8Array, Map<string, Constant>>();
  #sizes = 0;
  #nodes = 0;

  /** Bytes of the constants that were made here and did not come from the file. */
  #made = 0;

  constructor(private readonly where: string) {}

  /** A name for a size that is known when the model runs. */
  unknownSize(): string {
    return `size ${++this.#sizes}`;
  }

  constant(constant: Constant, type: ValueType, name: string | null = null): TensorValue {
    return {
      kind: 'tensor',
      type,
      shape: constant.shape,
      layout: 'plain',
      source: { constant, name },
      known: knownOf(constant),
    };
  }

  numbers(type: ValueType, shape: readonly number[], values: readonly number[]): TensorValue {
    const constant = constantOf(type, shape, values);
    this.#made += constant.bytes.length;
    if (this.#made > MAX_MADE) this.#refuse(`constants of more than ${MAX_MADE} bytes`);
    return this.constant(constant, type);
  }

  /** A node whose result is only a step on the way, and its value. */
  step(op: string, inputs: readonly string[], attributes: AttributeInputs = {}): string {
    this.#count();
    return this.builder.node(op, inputs, attributes);
  }

  /** A node with several outputs. */
  steps(op: string, inputs: readonly string[], outputs: number, attributes: AttributeInputs = {}): string[] {
    this.#count(outputs);
    return this.builder.nodes(op, inputs, outputs, attributes);
  }

  /** A node that has the name that TensorFlow gives it, as has its value. */
  named(wanted: string, op: string, inputs: readonly string[], attributes: AttributeInputs = {}): string {
    const name = this.reserve(wanted);
    this.builder.rename(this.step(op, inputs, attributes), name);
    return name;
  }

  value(name: string, { type, shape, layout = 'plain' }: Facts): TensorValue {
    return { kind: 'tensor', type, shape, layout, source: { value: name }, known: null };
  }

  /** An int64 list, as ONNX takes shapes and axes. */
  integers(values: readonly number[]): string {
    const constant = int64Constant([values.length], values);
    return this.builder.constant(constant);
  }

  /** The name of a value as it lies. */
  nameOf({ source }: TensorValue): string {
    if ('value' in source) return source.value;
    const known = this.#names.get(source.constant);
    if (known !== undefined) return known;
    const name = source.name === null ? this.builder.constant(source.constant) : this.reserve(source.name);
    if (source.name !== null) this.#weights.set(name, source.constant);
    this.#names.set(source.constant, name);
    return name;
  }

  plain(value: TensorValue): TensorValue {
    return value.layout === 'plain' ? value : this.turned(value, toChannelsLast(value.shape.length), 'plain');
  }

  plainName(value: TensorValue): string {
    return this.nameOf(this.plain(value));
  }

  channelsFirst(value: TensorValue): TensorValue {
    if (value.layout === 'channels-first') return value;
    return this.turned(value, toChannelsFirst(value.shape.length), 'channels-first');
  }

  in(layout: Layout, value: TensorValue): TensorValue {
    return layout === 'plain' ? this.plain(value) : this.channelsFirst(value);
  }

  /** Where an axis of TensorFlow lies in the value. */
  axisOf({ layout, shape }: TensorValue, axis: number): number {
    return layout === 'plain' ? axis : axisInChannelsFirst(axis, shape.length);
  }

  /** The axes of TensorFlow in the order in which they lie in the value. */
  orderOf({ layout, shape }: TensorValue): number[] {
    return layout === 'plain' ? shape.map((_, axis) => axis) : toChannelsFirst(shape.length);
  }

  /** The same value with the axes that it has in memory in another order. */
  turned(value: TensorValue, order: readonly number[], layout: Layout): TensorValue {
    if ('constant' in value.source) {
      const { constant, name } = value.source;
      return { ...value, layout, source: { constant: this.#moved(constant, order), name } };
    }
    const key = `${order.join()} ${value.source.value}`;
    const before = this.#turned.get(key);
    if (before !== undefined) return before;
    const { type, shape } = value;
    const name = this.step('Transpose', [value.source.value], { perm: order });
    const turned = { ...this.value(name, { type, shape, layout }), known: value.known };
    this.#turned.set(key, turned);
    return turned;
  }

  /**
   * A weight as an operator of ONNX wants it, under the name that it has in the file where it is a constant.
   *
   * @param from its shape with axes of size 1 in front of it, or as it is
   * @param order of these axes
   * @param shape that it has in the end
   */
  weight(value: TensorValue, order: readonly number[], shape: readonly number[], from?: readonly number[]): string {
    const plain = this.plain(value);
    if ('constant' in plain.source) {
      const { constant, name } = plain.source;
      const moved = this.#moved(this.reshaped(constant, from ?? constant.shape), order);
      return this.nameOf({ ...plain, source: { constant: this.reshaped(moved, shape), name } });
    }
    const turned = this.step('Transpose', [plain.source.value], { perm: order });
    return this.step('Reshape', [turned, this.integers(shape)]);
  }

  /** A constant in another shape: the same bytes in the same shape are the same constant, however they came about. */
  reshaped(constant: Constant, shape: readonly number[]): Constant {
    return this.#cached(constant, shape.join(), () => ({ ...constant, shape }));
  }

  #moved(constant: Constant, order: readonly number[]): Constant {
    return this.#cached(constant, `${constant.shape.join()} by ${order.join()}`, () => transposed(constant, order));
  }

  #cached({ bytes, shape, ...rest }: Constant, key: string, make: () => Constant): Constant {
    const own = this.#forms.get(bytes) ?? new Map<string, Constant>();
    this.#forms.set(bytes, own);
    const form = own.get(key) ?? (key === shape.join() ? { ...rest, bytes, shape } : make());
    own.set(key, form);
    return form;
  }

  /** The graph with the given values as outputs, under their new names. */
  finish(
    inputs: readonly ValueInfo[],
    outputs: readonly { readonly name: string; readonly value: TensorValue }[],
  ): Graph {
    const sizes = new Set(inputs.flatMap(({ shape }) => shape ?? []));
    const declared = (size: Size): Size | null => (typeof size === 'number' || sizes.has(size) ? size : null);
    const ends = outputs.map(({ name, value }) => {
      const from = this.plainName(value);
      return { name, type: value.type, shape: value.shape.map(declared), from };
    });
    const built = this.builder.build([]);
    const constants = new Map([...built.constants, ...this.#weights]);
    return withOutputs({ ...built, inputs, nodes: this.#nodesOf(built.nodes), constants }, ends);
  }

  /** Nodes under the names that their values had to leave to an output: of several steps of one node the last. */
  #nodesOf(nodes: readonly Node[]): Node[] {
    const last = new Map(nodes.map(({ name }) => [this.#nodeNames.get(name), name]));
    return nodes.map((node) => {
      const own = this.#nodeNames.get(node.name);
      return own !== undefined && last.get(own) === node.name ? { ...node, name: own } : node;
    });
  }

  /** A name that no other value has; the builder's own names begin with `assay/`. */
  reserve(wanted: string): string {
    const base = wanted.startsWith('assay/') ? `graph/${wanted}` : wanted;
    let name = base;
    for (let i = 1; this.#taken.has(name); i++) name = `${base}#${i}`;
    this.#taken.add(name);
    if (this.#outputs.has(base)) this.#nodeNames.set(name, base);
    return name;
  }

  /** Takes the names of outputs before anything else has them: which value they belong to is known in the end. */
  reserveOutputs(names: readonly string[]): string[] {
    return names.map((name) => {
      const own = this.reserve(name);
      this.#outputs.add(own);
      return own;
    });
  }

  #count(nodes = 1): void {
    this.#nodes += nodes;
    if (this.#nodes > MAX_NODES) this.#refuse(`more than ${MAX_NODES} nodes`);
  }

  #refuse(excess: string): never {
    const what = `the graph takes ${excess} with its functions and loops written out`;
    throw new AssayError('operator', { where: this.where, what });
  }
}

interface End {
  readonly name: string;
  readonly type: ValueType;
  readonly shape: ValueInfo['shape'];
  readonly from: string;
}

/** Names what outputs are called: the value itself where nothing stands against it, else a copy. */
function withOutputs(graph: Graph, ends: readonly End[]): Graph {
  const given = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys()]);
  const names = new Map<string, string>();
  const copies: Node[] = [];
  for (const { name, from } of ends) {
    if (!given.has(from) && !names.has(from)) names.set(from, name);
    else copies.push(copy(names.get(from) ?? from, name));
  }
  const rename = (value: string): string => names.get(value) ?? value;
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
  }));
  return {
    ...graph,
    nodes: [...nodes, ...copies],
    outputs: ends.map(({ name, type, shape }) => ({ name, type, shape })),
  };
}

function copy(from: string, to: string): Node {
  return { op: 'Identity', domain: '', name: to, inputs: [from], outputs: [to], attributes: new Map() };
}
