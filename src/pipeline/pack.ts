import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Type } from '@sinclair/typebox';
import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import { canonicalJson, type Json } from '#base/json';
import type { StepValue } from '#plugin/plugin';
import { checker } from './records.js';

/**
 * JSON and typed arrays as one file that knows when it is damaged:
 *
 *   8 bytes   magic
 *   32 bytes  SHA-256 of all that follows
 *   4 bytes   length of the header, little endian
 *   header    JSON: the value, and name, type and length of each array
 *   rest      the arrays behind one another, raw deflate
 *
 * Arrays keep every bit, NaN included. They are stored in the byte order of the machine; all that Node runs on today
 * and that ONNX Runtime supports is little endian.
 */
export type Packable = StepValue;

type PackableArray = Packable['arrays'][string];

const MAGIC = Buffer.from('ASSAYPK1', 'latin1');
const PAYLOAD = MAGIC.length + 32;

const ARRAY_TYPES = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;

type ArrayType = keyof typeof ARRAY_TYPES;

const Header = Type.Object({
  json: Type.Unsafe<Json>({}),
  arrays: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.Unsafe<ArrayType>({ type: 'string', enum: Object.keys(ARRAY_TYPES) }),
      length: Type.Integer({ minimum: 0 }),
    }),
  ),
});

const headerOf = checker(Header);

export function pack(value: Packable): Buffer {
  const arrays = Object.entries(value.arrays);
  const header = Buffer.from(
    canonicalJson({
      json: value.json,
      arrays: arrays.map(([name, array]) => ({ name, type: typeOf(array), length: array.length })),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const bytes = deflateRawSync(Buffer.concat(arrays.map(([, array]) => bytesOf(array))));
  const digest = Buffer.from(digestOfBytes(length, header, bytes), 'hex');
  return Buffer.concat([MAGIC, digest, length, header, bytes]);
}

/** @throws AssayError `run` when the bytes are not whole; `where` names the file. */
export function unpack(packed: Uint8Array, where: string): Packable {
  const file = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const body = file.subarray(PAYLOAD);
  const whole =
    file.length >= PAYLOAD + 4 &&
    file.subarray(0, MAGIC.length).equals(MAGIC) &&
    file.subarray(MAGIC.length, PAYLOAD).toString('hex') === digestOfBytes(body);
  if (!whole) throw damaged(where);
  const headerEnd = 4 + body.readUInt32LE();
  const checked = headerOf(parsed(body.subarray(4, headerEnd), where));
  if ('problem' in checked) throw damaged(where);
  const header = checked.value;
  const sizes = header.arrays.map(({ type, length }) => length * ARRAY_TYPES[type].BYTES_PER_ELEMENT);
  const bytes = inflated(
    body.subarray(headerEnd),
    sizes.reduce((sum, size) => sum + size, 0),
    where,
  );
  const arrays: Record<string, PackableArray> = {};
  let offset = 0;
  for (const [i, { name, type }] of header.arrays.entries()) {
    const size = sizes[i] ?? 0;
    // A copy begins at a multiple of the element's size, which a view of the whole would not.
    const copy = new Uint8Array(bytes.subarray(offset, offset + size));
    arrays[name] = new ARRAY_TYPES[type](copy.buffer);
    offset += size;
  }
  return { json: header.json, arrays };
}

export function bytesOf(array: PackableArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function typeOf(array: PackableArray): ArrayType {
  if (array instanceof Float32Array) return 'float32';
  if (array instanceof Float64Array) return 'float64';
  return array instanceof Int32Array ? 'int32' : 'uint8';
}

function inflated(bytes: Uint8Array, size: number, where: string): Buffer {
  try {
    // The limit keeps a hostile file from filling the memory.
    const plain = inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) });
    if (plain.length === size) return plain;
  } catch (error) {
    throw damaged(where, error);
  }
  throw damaged(where);
}

function parsed(bytes: Buffer, where: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw damaged(where, error);
  }
}

function damaged(where: string, cause?: unknown): AssayError {
  return new AssayError('run', { where, what: 'the file is damaged', mend: 'Run the audit again.', cause });
}
