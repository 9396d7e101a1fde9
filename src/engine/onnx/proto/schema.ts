/**
 * ONNX's protocol buffers, as far as Assay reads them. Field numbers: onnx.proto of ONNX 1.19.
 *
 * Messages inside a message are declared as bytes and read when they are needed, one level at a time. So an error can
 * name the node or tensor that is broken, what Assay has no use for is written back byte by byte, and how deep a hostile
 * file nests is for the reader of subgraphs alone to limit.
 */
import type Long from 'long';
import protobuf from 'protobufjs/light.js';

export interface Scalars {
  readonly string: string;
  readonly bytes: Uint8Array;
  readonly int32: number;
  readonly int64: Long;
  readonly uint64: Long;
  readonly float: number;
  readonly double: number;
}

type Scalar = keyof Scalars;

interface Field {
  readonly id: number;
  readonly type: Scalar;
  readonly repeated: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F extends Field> = F['repeated'] extends true ? readonly Scalars[F['type']][] : Scalars[F['type']];

/** What a message reads as: fields that the file leaves out have their default, '' or 0 or nothing. */
type Decoded<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** A message type with its codec. */
export interface MessageType<F extends Fields> {
  decode(bytes: Uint8Array): Decoded<F>;
  encode(fields: Partial<Decoded<F>>): Uint8Array;
  /** Whether the file had the field at all. */
  has(message: Decoded<F>, field: keyof F): boolean;
}

export type MessageOf<M> = M extends MessageType<infer F> ? Decoded<F> : never;

export const ModelProto = message('ModelProto', {
  irVersion: one('int64', 1),
  producerName: one('string', 2),
  graph: nested(7),
  opsetImport: many('bytes', 8),
  functions: many('bytes', 25),
});

export const GraphProto = message('GraphProto', {
  node: many('bytes', 1),
  name: one('string', 2),
  initializer: many('bytes', 5),
  input: many('bytes', 11),
  output: many('bytes', 12),
  sparseInitializer: many('bytes', 15),
});

export const NodeProto = message('NodeProto', {
  input: many('string', 1),
  output: many('string', 2),
  name: one('string', 3),
  opType: one('string', 4),
  attribute: many('bytes', 5),
  domain: one('string', 7),
});

export const AttributeProto = message('AttributeProto', {
  name: one('string', 1),
  f: one('float', 2),
  i: one('int64', 3),
  s: one('bytes', 4),
  t: nested(5),
  g: nested(6),
  floats: many('float', 7),
  ints: many('int64', 8),
  strings: many('bytes', 9),
  tensors: many('bytes', 10),
  graphs: many('bytes', 11),
  type: one('int32', 20),
  refAttrName: one('string', 21),
  sparseTensor: nested(22),
});

export const TensorProto = message('TensorProto', {
  dims: many('int64', 1),
  dataType: one('int32', 2),
  segment: nested(3),
  floatData: many('float', 4),
  int32Data: many('int32', 5),
  stringData: many('bytes', 6),
  int64Data: many('int64', 7),
  name: one('string', 8),
  rawData: one('bytes', 9),
  doubleData: many('double', 10),
  uint64Data: many('uint64', 11),
  externalData: many('bytes', 13),
  dataLocation: one('int32', 14),
});

export const SparseTensorProto = message('SparseTensorProto', {
  values: nested(1),
  indices: nested(2),
  dims: many('int64', 3),
});

export const ValueInfoProto = message('ValueInfoProto', {
  name: one('string', 1),
  type: nested(2),
});

export const TypeProto = message('TypeProto', {
  tensorType: nested(1),
});

export const TensorTypeProto = message('TensorTypeProto', {
  elemType: one('int32', 1),
  shape: nested(2),
});

export const TensorShapeProto = message('TensorShapeProto', {
  dim: many('bytes', 1),
});

export const DimensionProto = message('DimensionProto', {
  dimValue: one('int64', 1),
  dimParam: one('string', 2),
});

export const OperatorSetIdProto = message('OperatorSetIdProto', {
  domain: one('string', 1),
  version: one('int64', 2),
});

export const StringStringEntryProto = message('StringStringEntryProto', {
  key: one('string', 1),
  value: one('string', 2),
});

export const FunctionProto = message('FunctionProto', {
  name: one('string', 1),
  input: many('string', 4),
  output: many('string', 5),
  node: many('bytes', 7),
  opsetImport: many('bytes', 9),
  domain: one('string', 10),
  /** Defaults of attributes. */
  attributeProto: many('bytes', 11),
});

/** AttributeProto.AttributeType: the types that are read. */
export const ATTRIBUTE_TYPE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  graphs: 10,
} as const;

/** The highest number that AttributeType has. */
export const LAST_ATTRIBUTE_TYPE = 14;

export function one<T extends Scalar>(type: T, id: number) {
  return { id, type, repeated: false } as const;
}

export function many<T extends Scalar>(type: T, id: number) {
  return { id, type, repeated: true } as const;
}

/** One message inside a message. It may come in several parts, which {@link joined} puts together. */
function nested(id: number) {
  return many('bytes', id);
}

/** Protocol buffers merge the parts of one message, and that is what reading them one after another does. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only = new Uint8Array(), ...others] = parts;
  return others.length === 0 ? only : new Uint8Array(Buffer.concat(parts));
}

export function message<F extends Fields>(name: string, fields: F): MessageType<F> {
  const type = protobuf.Root.fromJSON({
    // Only proto2 tells fields that are left out from fields that are 0 or empty.
    nested: { [name]: { edition: 'proto2', fields: mapValues(fields, descriptor) } },
  }).lookupType(name);
  return {
    decode(bytes) {
      const reader = protobuf.Reader.create(plain(bytes));
      reader.discardUnknown = true;
      // The descriptor above is what makes the library's untyped message of this type.
      return type.decode(reader) as unknown as Decoded<F>;
    },
    encode: (values) => plain(type.encode(values).finish()),
    has: (decoded, field) => Object.hasOwn(decoded, field),
  };
}

/** The same bytes when they are a Buffer of Node, whose views are Buffers again and compare unequal to others. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function descriptor({ id, type, repeated }: Field) {
  if (!repeated) return { id, type, options: type === 'bytes' ? { default: '' } : {} };
  return { id, type, rule: 'repeated', options: { packed: type !== 'string' && type !== 'bytes' } };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
