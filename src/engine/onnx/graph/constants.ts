import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import type { Constant, ElementType } from './ir.js';

// Typed arrays have the byte order of the machine. ONNX Runtime for Node exists for little-endian machines only, so
// theirs is the order of the bytes of a constant too.

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A constant of float32, row-major. Throws when the values do not fill the shape. */
export function float32Constant(shape: readonly number[], values: ArrayLike<number>): Constant {
  return constantOf('float32', shape, Float32Array.from(values));
}

/** A constant of float64, row-major. Throws when the values do not fill the shape. */
export function float64Constant(shape: readonly number[], values: ArrayLike<number>): Constant {
  return constantOf('float64', shape, Float64Array.from(values));
}

/** A constant of int64. Values at or beyond +-2^63 become the largest and the smallest integer there is. */
export function int64Constant(shape: readonly number[], values: readonly number[]): Constant {
  return constantOf('int64', shape, BigInt64Array.from(values, toInt64));
}

/** The values as a new float32 array. Any numeric type; throws for strings and types that Assay does not compute with. */
export function float32Of(constant: Constant): Float32Array {
  if (constant.type === 'float32') return new Float32Array(alignedCopy(constant));
  return Float32Array.from(numbersOf(constant));
}

/** The values as float64. Any numeric type; 64-bit integers beyond 2^53 are rounded. */
export function numbersOf(constant: Constant): number[] {
  const buffer = alignedCopy(constant);
  switch (constant.type) {
    case 'float32':
      return Array.from(new Float32Array(buffer));
    case 'float64':
      return Array.from(new Float64Array(buffer));
    case 'float16':
      return Array.from(new Uint16Array(buffer), halfToNumber);
    case 'bfloat16':
      return Array.from(new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer));
    default:
      return integersOf(constant);
  }
}

/** The values of an integer or bool constant. Integers beyond 2^53 are rounded: the largest int64 gives 2^63. */
export function integersOf(constant: Constant): number[] {
  const buffer = alignedCopy(constant);
  switch (constant.type) {
    case 'int64':
      return Array.from(new BigInt64Array(buffer), Number);
    case 'uint64':
      return Array.from(new BigUint64Array(buffer), Number);
    case 'int32':
      return Array.from(new Int32Array(buffer));
    case 'uint32':
      return Array.from(new Uint32Array(buffer));
    case 'int16':
      return Array.from(new Int16Array(buffer));
    case 'uint16':
      return Array.from(new Uint16Array(buffer));
    case 'int8':
      return Array.from(new Int8Array(buffer));
    case 'uint8':
    case 'bool':
      return Array.from(new Uint8Array(buffer));
    default:
      throw new AssayError('model', { what: `a constant of type ${constant.type} has no integer values` });
  }
}

/** Whether all elements are the same. */
export function isUniform({ bytes, shape }: Constant): boolean {
  const width = bytes.length / Math.max(sizeOf(shape), 1);
  return bytes.every((byte, i) => byte === bytes[i % width]);
}

function constantOf(
  type: ElementType,
  shape: readonly number[],
  values: Float32Array | Float64Array | BigInt64Array,
): Constant {
  if (values.length !== sizeOf(shape)) {
    throw new AssayError('model', {
      what: `${values.length} values do not fill a constant of shape [${shape.join(', ')}]`,
    });
  }
  return { type, shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** A constant's bytes often lie unaligned inside the file that they were read from; typed arrays need them aligned. */
function alignedCopy(constant: Constant): ArrayBuffer {
  const copy = new ArrayBuffer(constant.bytes.byteLength);
  new Uint8Array(copy).set(constant.bytes);
  return copy;
}

function toInt64(value: number): bigint {
  if (value >= 2 ** 63) return INT64_MAX;
  if (value <= -(2 ** 63)) return INT64_MIN;
  if (!Number.isInteger(value)) throw new AssayError('model', { what: `${value} is not an integer` });
  return BigInt(value);
}

/** IEEE 754 binary16. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The bits of the nearest IEEE 754 binary16, ties to even; beyond its range infinity. */
export function halfOf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(size === 0 ? 1e-8 : size)), -14);
  // Units in the last place; the sum carries into the exponent by itself when rounding reaches the next power of two.
  const units = roundedToEven(size / 2 ** (exponent - 10));
  const isSubnormal = exponent === -14 && units < 1024;
  return sign | (isSubnormal ? units : ((exponent + 15) << 10) + (units - 1024));
}

function roundedToEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value % 1) === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
