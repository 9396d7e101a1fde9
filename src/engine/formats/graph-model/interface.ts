import { AssayError } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { malformed } from '../../onnx/proto/malformed.js';
import { isRecord, member, type JsonRecord } from '../json-value.js';
import { declaredShape, type DeclaredShape } from './attributes.js';
import type { Emitter } from './emitter.js';
import { readReference, type Library, type Reference, type TfNode } from './node-def.js';
import type { Size, TensorValue } from './value.js';
import type { ValueType } from './types.js';

/** An output of the model under the name by which TensorFlow.js gives it. */
export interface Output {
  readonly name: string;
  readonly reference: Reference;
}

/** What one place of a signature says. */
interface Entry {
  readonly key: string;
  readonly reference: Reference;
  readonly shape: DeclaredShape;
  readonly isText: boolean;
}

/** The signature of the model: names of inputs and outputs as users of TensorFlow.js know them. */
export interface Signature {
  readonly inputs: readonly Entry[];
  readonly outputs: readonly Output[];
  /** Outputs that hold texts, which are left out. */
  readonly texts: readonly string[];
}

/** The size that all inputs share: the number of samples. */
const SAMPLES = 'n';
/** TensorFlow.js has tensors of at most six axes. */
const MAX_RANK = 8;

/**
 * Reads the signature. Where there is none, outputs are the nodes that nothing reads, as TensorFlow.js has it.
 *
 * @throws AssayError `operator` where all outputs are texts
 */
export function readSignature(model: ModelBytes, json: JsonRecord, library: Library): Signature {
  const { nodes } = library.main;
  const signature = member(json, 'signature') ?? memberOf(member(json, 'userDefinedMetadata'), 'signature');
  const inputs = entries(model, memberOf(signature, 'inputs'), nodes);
  const declared = entries(model, memberOf(signature, 'outputs'), nodes);
  const outputs = declared.length > 0 ? declared.filter(({ isText }) => !isText).map(outputOf) : ends(nodes);
  if (outputs.length === 0) {
    const what = declared.length > 0 ? 'all outputs are texts, which have no form in ONNX' : 'the graph has no output';
    throw new AssayError(declared.length > 0 ? 'operator' : 'model', { where: model.main, what });
  }
  return { inputs, outputs, texts: declared.filter(({ isText }) => isText).map(({ key }) => key) };
}

function outputOf({ key, reference }: Entry): Output {
  return { name: key, reference };
}

function memberOf(value: unknown, key: string): unknown {
  return isRecord(value) ? member(value, key) : undefined;
}

function entries(model: ModelBytes, value: unknown, nodes: Library['main']['nodes']): Entry[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).map(([key, info]) => {
    const name = memberOf(info, 'name');
    if (typeof name !== 'string') throw malformed(model, `the signature does not say what \`${key}\` is`);
    const dtype = memberOf(info, 'dtype');
    const isText = dtype === 'DT_STRING' || dtype === 7;
    return { key, reference: readReference(name, nodes), shape: declaredShape(memberOf(info, 'tensorShape')), isText };
  });
}

function ends(nodes: Library['main']['nodes']): Output[] {
  const read = new Set([...nodes.values()].flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  const last = [...nodes.values()].filter(({ name, op }) => !read.has(name) && op !== 'NoOp' && op !== 'Const');
  return last.map(({ name }) => ({ name, reference: { node: name, output: 0 } }));
}

/** An input of the model. */
export interface Input {
  readonly node: string;
  readonly value: TensorValue;
  readonly info: { readonly name: string; readonly type: ValueType; readonly shape: readonly Size[] };
}

/** Declares a placeholder as an input under its name in the signature. */
export function declareInput(model: ModelBytes, node: TfNode, signature: Signature, emitter: Emitter): Input {
  const entry = signature.inputs.find(({ reference }) => reference.node === node.name);
  const name = emitter.reserve(entry?.key ?? node.name);
  const type = node.attributes.type('dtype');
  const refuse = (what: string) =>
    new AssayError('operator', { where: model.main, what: `the input \`${name}\` ${what}` });
  if (type === null) throw refuse('takes no numbers, which has no form in ONNX');
  const shape = node.attributes.shape('shape') ?? entry?.shape ?? null;
  if (shape === null) throw refuse('does not declare how many axes it has');
  if (shape.length > MAX_RANK) throw refuse(`declares ${shape.length} axes`);
  const sizes = shape.map((size, axis): Size => {
    if (size >= 0) return size;
    return axis === 0 ? SAMPLES : emitter.unknownSize();
  });
  return { node: node.name, value: emitter.value(name, { type, shape: sizes }), info: { name, type, shape: sizes } };
}
