import { AssayError } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { describeNode } from '../graph/describe.js';
import type { Constant, Graph, Node, ValueInfo } from '../graph/ir.js';
import { readAttribute, writeAttribute } from './attribute.js';
import { callName, checkedFunctions } from './calls.js';
import { constantOfNode, isConstantNode } from './constant-node.js';
import { refuseFatalNode } from './fatal-node.js';
import { longOf, numberOf } from './int64.js';
import { decodeIn, malformed } from './malformed.js';
import { GraphProto, joined, ModelProto, NodeProto, OperatorSetIdProto, TensorProto } from './schema.js';
import { readSparseTensor } from './sparse.js';
import type { Placement } from './external-data.js';
import { constantOfTensor, writeExternalTensor, writeTensor } from './tensor.js';
import { sortNodes } from './topology.js';
import { readValueInfo, writeValueInfo } from './value-info.js';

/** Opsets of the standard domain that Assay reads; the newest is that of ONNX Runtime. */
const MIN_OPSET = 7;
const MAX_OPSET = 26;

/** Since this version of the format constants need not be inputs as well. */
const IR_WITHOUT_CONSTANT_INPUTS = 4;
/** The newest that ONNX Runtime takes. What a later one adds is not read, so what is written has none of it. */
const NEWEST_IR = 13;

/** Domains whose operators ONNX Runtime has. */
const KNOWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx.ml', 'com.microsoft']);

/** Protocol buffers end at 2 GiB. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

const NOT_ONNX = 'Assay reads ONNX models: export the model as ONNX.';

/**
 * Reads an ONNX file. Tensors of every form become {@link Constant}s, those of other files (`model.files`, under their
 * location) included; Constant nodes become constants; nodes are sorted. Constants are views into the file's bytes.
 *
 * Throws an AssayError that names the node or tensor for every file that is not a whole, sound model.
 */
export function decodeModel(model: ModelBytes): Graph {
  const bytes = model.files.get(model.main);
  if (bytes === undefined) throw malformed(model, 'the file is not there');
  const proto = decodeIn(model, ModelProto, bytes, 'the model');
  if (proto.graph.length === 0) throw malformed(model, 'the file holds no graph', NOT_ONNX);
  const irVersion = numberOf(proto.irVersion);
  if (irVersion < 1) throw malformed(model, 'the file does not say its version of the ONNX format', NOT_ONNX);
  const opsets = readOpsets(model, proto.opsetImport);
  const graph = readGraph(model, joined(proto.graph));
  const functions = checkedFunctions(model, proto.functions, graph.nodes);
  for (const node of graph.nodes) checkDomain(model, node, opsets, functions);
  return {
    ...graph,
    irVersion: Math.min(Math.max(irVersion, IR_WITHOUT_CONSTANT_INPUTS), NEWEST_IR),
    opsets,
    functions: proto.functions,
  };
}

/** Writes a graph as one ONNX file, with every constant inside. Throws when that is over 2 GiB. */
export function encodeModel(graph: Graph): Uint8Array {
  const size = [...graph.constants.values()].reduce((sum, { bytes, opaque }) => sum + (opaque ?? bytes).length, 0);
  if (size > MAX_MODEL_BYTES) {
    throw new AssayError('model', {
      what: `the model \`${graph.name}\` is over 2 GiB, which no ONNX file holds`,
      mend: 'Write it with its data in files of their own.',
    });
  }
  return encode(graph, writeTensor);
}

/** A graph as a file and the data of its large constants beside it, by location: for graphs of any size, without copies. */
export interface ModelParts {
  readonly model: Uint8Array;
  readonly data: ReadonlyMap<string, Uint8Array>;
}

/**
 * Writes a graph with the data of large constants apart.
 *
 * @param place where the data of a constant lie, or null to keep them in the file
 */
export function encodeModelParts(
  graph: Graph,
  place: (name: string, constant: Constant) => Placement | null = apart,
): ModelParts {
  const data = new Map<string, Uint8Array>();
  const model = encode(graph, (constant, name) => {
    const placement = constant.opaque === undefined ? place(name, constant) : null;
    if (placement === null) return writeTensor(constant, name);
    data.set(placement.location, constant.bytes);
    return writeExternalTensor(constant, name, placement);
  });
  return { model, data };
}

/** Constants of at least this many bytes lie apart: smaller ones decide about shapes, and cost nothing to copy. */
export const LARGE_CONSTANT = 2 ** 16;

function apart(name: string, { bytes }: Constant): Placement | null {
  return bytes.length < LARGE_CONSTANT ? null : { location: name, offset: 0 };
}

function encode(graph: Graph, write: (constant: Constant, name: string) => Uint8Array): Uint8Array {
  return ModelProto.encode({
    irVersion: longOf(graph.irVersion),
    producerName: 'assay',
    opsetImport: [...graph.opsets].map(([domain, version]) =>
      OperatorSetIdProto.encode({ domain, version: longOf(version) }),
    ),
    functions: graph.functions,
    graph: [
      GraphProto.encode({
        name: graph.name,
        node: graph.nodes.map(writeNode),
        initializer: [...graph.constants].map(([name, constant]) => write(constant, name)),
        input: graph.inputs.map(writeValueInfo),
        output: graph.outputs.map(writeValueInfo),
      }),
    ],
  });
}

function readGraph(model: ModelBytes, bytes: Uint8Array): Omit<Graph, 'irVersion' | 'opsets' | 'functions'> {
  const graph = decodeIn(model, GraphProto, bytes, 'the graph');
  const constants = new Map<string, Constant>();
  const addConstant = (name: string, constant: Constant) => {
    if (name === '') throw malformed(model, 'a constant has no name');
    if (constants.has(name)) throw malformed(model, `two constants have the name \`${name}\``);
    constants.set(name, constant);
  };
  for (const tensor of graph.initializer) addConstant(...readInitializer(model, tensor));
  for (const tensor of graph.sparseInitializer) {
    const { name, constant } = readSparseTensor(model, tensor, 'a sparse tensor');
    addConstant(name, constant);
  }
  const inputs = graph.input
    .map((info) => readValueInfo(model, info, 'input'))
    .filter(({ name }) => !constants.has(name));
  const allNodes = graph.node.map((node) => readNode(model, node));
  for (const node of allNodes.filter(isConstantNode)) addConstant(...constantOfNode(model, node));
  const given = givenNames(model, inputs, constants);
  const nodes = sortNodes(
    model,
    allNodes.filter((node) => !isConstantNode(node)),
    given,
  );
  const outputs = graph.output.map((info) => readValueInfo(model, info, 'output'));
  checkOutputs(model, outputs, new Set([...given, ...nodes.flatMap((node) => node.outputs)]));
  return { name: graph.name, inputs, outputs, nodes, constants };
}

export function readInitializer(model: ModelBytes, bytes: Uint8Array): [string, Constant] {
  const tensor = decodeIn(model, TensorProto, bytes, 'a tensor');
  return [tensor.name, constantOfTensor(model, tensor, `tensor \`${tensor.name}\``)];
}

export function readNode(model: ModelBytes, bytes: Uint8Array): Node {
  const proto = decodeIn(model, NodeProto, bytes, 'a node');
  const domain = normalDomain(proto.domain);
  const identity = { op: proto.opType, domain, name: proto.name, outputs: proto.output };
  const label = describeNode(identity);
  if (proto.opType === '') throw malformed(model, `${label} has no operator`);
  refuseFatalNode(model, proto, label);
  const attributes = proto.attribute.map((attribute) => readAttribute(model, attribute, label));
  const byName = new Map(attributes);
  if (byName.size < attributes.length) throw malformed(model, `${label} has two attributes of one name`);
  return { ...identity, inputs: proto.input, attributes: byName };
}

function writeNode(node: Node): Uint8Array {
  return NodeProto.encode({
    input: node.inputs,
    output: node.outputs,
    name: node.name,
    opType: node.op,
    domain: node.domain,
    attribute: [...node.attributes].map(([name, attribute]) => writeAttribute(name, attribute)),
  });
}

function givenNames(
  model: ModelBytes,
  inputs: readonly ValueInfo[],
  constants: ReadonlyMap<string, Constant>,
): Set<string> {
  const given = new Set(constants.keys());
  for (const { name } of inputs) {
    if (given.has(name)) throw malformed(model, `input \`${name}\` has the name of another input or constant`);
    given.add(name);
  }
  return given;
}

function checkOutputs(model: ModelBytes, outputs: readonly ValueInfo[], given: ReadonlySet<string>): void {
  if (outputs.length === 0) throw malformed(model, 'the graph has no outputs');
  const seen = new Set<string>();
  for (const { name } of outputs) {
    if (!given.has(name)) throw malformed(model, `output \`${name}\` is given by no node`);
    if (seen.has(name)) throw malformed(model, `output \`${name}\` is declared twice`);
    seen.add(name);
  }
}

export function readOpsets(model: ModelBytes, imports: readonly Uint8Array[]): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const bytes of imports) {
    const { domain, version } = decodeIn(model, OperatorSetIdProto, bytes, 'an opset import');
    opsets.set(normalDomain(domain), numberOf(version));
  }
  if (opsets.size === 0) throw malformed(model, 'the model does not say which opset it is written in');
  const standard = opsets.get('');
  if (standard !== undefined && (standard < MIN_OPSET || standard > MAX_OPSET)) {
    throw malformed(
      model,
      `the model is written in opset ${standard}`,
      `Assay reads opsets ${MIN_OPSET} to ${MAX_OPSET}: export it in one of them.`,
    );
  }
  return opsets;
}

function checkDomain(
  model: ModelBytes,
  node: Node,
  opsets: ReadonlyMap<string, number>,
  functions: ReadonlySet<string>,
): void {
  if (functions.has(callName(node.domain, node.op))) return;
  if (!KNOWN_DOMAINS.has(node.domain)) {
    throw malformed(
      model,
      `${describeNode(node)} is an operator of the domain \`${node.domain}\`, which has no kernel here`,
      'Export the model with operators of ONNX or of ONNX Runtime.',
    );
  }
  if (!opsets.has(node.domain)) {
    const domain = node.domain === '' ? 'ai.onnx' : node.domain;
    throw malformed(
      model,
      `${describeNode(node)} is of the domain \`${domain}\`, whose opset the model does not import`,
    );
  }
}

export function normalDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}
