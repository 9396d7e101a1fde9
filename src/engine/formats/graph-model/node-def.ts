import type { AssayError } from '#base/errors';
import { isList, isRecord, member, type JsonRecord } from '../json-value.js';
import { Attributes } from './attributes.js';

/** An output of a node. */
export interface Reference {
  readonly node: string;
  readonly output: number;
}

/** A node of TensorFlow as `model.json` has it. */
export interface TfNode {
  readonly name: string;
  readonly op: string;
  /** What it reads. Inputs that only say what has to run first are left out: nothing here has side effects. */
  readonly inputs: readonly Reference[];
  readonly attributes: Attributes;
}

export interface TfGraph {
  readonly nodes: ReadonlyMap<string, TfNode>;
}

/** A function of the library: a graph whose inputs and outputs have an order. */
export interface TfFunction extends TfGraph {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly Reference[];
}

export interface Library {
  readonly main: TfGraph;
  readonly functions: ReadonlyMap<string, TfFunction>;
}

type Broken = (what: string) => AssayError;

/** Reads `modelTopology`: a GraphDef with its library of functions. */
export function readTopology(topology: JsonRecord, broken: Broken): Library {
  const library = member(topology, 'library');
  const functions = isRecord(library) ? (member(library, 'function') ?? []) : [];
  if (!isList(functions)) throw broken('the library of functions is no list');
  const read = functions.map((definition) => readFunction(definition, broken));
  return {
    main: { nodes: readNodes(member(topology, 'node'), 'the graph', broken) },
    functions: new Map(read.map((definition) => [definition.name, definition])),
  };
}

/** `a`, `a:1`, or inside functions `a:output:1`: the name of an output argument, and the place in it. */
export function readReference(text: string, nodes: ReadonlyMap<string, Pick<TfNode, 'op'>>): Reference {
  const [node = '', ...rest] = text.split(':');
  const index = Number(rest.at(-1) ?? 0);
  const output = Number.isSafeInteger(index) && index >= 0 ? index : 0;
  const argument = rest.length === 2 ? (ARGUMENTS[nodes.get(node)?.op ?? ''] ?? []).indexOf(rest[0] ?? '') : -1;
  return { node, output: argument > 0 ? argument + output : output };
}

/** Output arguments of operators that have several; those of one argument with many outputs need no name. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNorm: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV2: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV3: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2', 'reserve_space_3'],
  MaxPoolWithArgmax: ['output', 'argmax'],
  Merge: ['output', 'value_index'],
  Switch: ['output_false', 'output_true'],
  TensorListPopBack: ['output_handle', 'tensor'],
  TopKV2: ['values', 'indices'],
};

function readNodes(list: unknown, place: string, broken: Broken): Map<string, TfNode> {
  if (!isList(list)) throw broken(`${place} has no list of nodes`);
  const raw = list.map((item) => readRawNode(item, place, broken));
  const nodes = new Map<string, TfNode>();
  const operators = new Map(raw.map(({ name, op }) => [name, { op }]));
  for (const { name, op, inputs, attributes } of raw) {
    if (nodes.has(name)) throw broken(`${place} has two nodes of the name \`${name}\``);
    const data = inputs.filter((input) => !input.startsWith('^'));
    nodes.set(name, { name, op, attributes, inputs: data.map((input) => readReference(input, operators)) });
  }
  return nodes;
}

function readRawNode(item: unknown, place: string, broken: Broken) {
  const name = isRecord(item) ? member(item, 'name') : undefined;
  const op = isRecord(item) ? member(item, 'op') : undefined;
  if (!isRecord(item) || typeof name !== 'string' || typeof op !== 'string' || name === '') {
    throw broken(`${place} has a node without a name or an operator`);
  }
  const inputs = member(item, 'input') ?? [];
  if (!isTexts(inputs)) throw broken(`node \`${name}\` (${op}) has inputs that are no texts`);
  const attributes = member(item, 'attr');
  return { name, op, inputs, attributes: new Attributes(isRecord(attributes) ? attributes : {}) };
}

function readFunction(definition: unknown, broken: Broken): TfFunction {
  const signature = isRecord(definition) ? member(definition, 'signature') : undefined;
  const name = isRecord(signature) ? member(signature, 'name') : undefined;
  if (!isRecord(definition) || !isRecord(signature) || typeof name !== 'string') {
    throw broken('the library has a function without a name');
  }
  const place = `function \`${name}\``;
  const inputs = argumentsOf(member(signature, 'inputArg'), place, broken);
  const results = member(definition, 'ret');
  const nodes = readNodes(member(definition, 'nodeDef') ?? [], place, broken);
  const outputs = argumentsOf(member(signature, 'outputArg'), place, broken).map((output) => {
    const reference = isRecord(results) ? member(results, output) : undefined;
    if (typeof reference !== 'string') throw broken(`${place} does not say what gives its output \`${output}\``);
    return readReference(reference, nodes);
  });
  return { name, nodes, inputs, outputs };
}

function argumentsOf(list: unknown, place: string, broken: Broken): string[] {
  if (!isList(list ?? [])) throw broken(`${place} has arguments that are no list`);
  return (isList(list) ? list : []).map((argument) => {
    const name = isRecord(argument) ? member(argument, 'name') : undefined;
    if (typeof name !== 'string') throw broken(`${place} has an argument without a name`);
    return name;
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return isList(value) && value.every((item) => typeof item === 'string');
}
