import { endianness } from 'node:os';
import { AssayError } from '#base/errors';
import type { NumericData } from './numeric-array.js';

/** Element types by NumPy's names: the letter is the kind (bool, int, unsigned, float), the digit the bytes. */
export type ElementType = 'b1' | 'i1' | 'u1' | 'i2' | 'u2' | 'i4' | 'u4' | 'i8' | 'u8' | 'f2' | 'f4' | 'f8';

export type ByteOrder = 'little' | 'big';

export const ELEMENT_TYPES: ReadonlySet<string> = new Set<ElementType>([
  'b1',
  'i1',
  'u1',
  'i2',
  'u2',
  'i4',
  'u4',
  'i8',
  'u8',
  'f2',
  'f4',
  'f8',
]);

export const HOST_ORDER: ByteOrder = endianness() === 'LE' ? 'little' : 'big';

export function isElementType(name: string): name is ElementType {
  return ELEMENT_TYPES.has(name);
}

/** Bytes of one element. */
export function elementSize(type: ElementType): number {
  return Number(type.slice(1));
}

/**
 * The numbers in `bytes`, which hold a whole number of elements; a copy. Half floats become float32 and 64-bit
 * integers float64; an integer beyond 2^53 has no exact place there and is refused.
 *
 * @param first which element of its array the first one is, for messages
 */
export function decodeElements(
  bytes: Uint8Array,
  type: ElementType,
  order: ByteOrder,
  where: string,
  first = 0,
): NumericData {
  const buffer = inHostOrder(bytes, elementSize(type), order);
  switch (type) {
    case 'b1':
    case 'u1':
      return new Uint8Array(buffer);
    case 'i1':
      return new Int8Array(buffer);
    case 'i2':
      return new Int16Array(buffer);
    case 'u2':
      return new Uint16Array(buffer);
    case 'i4':
      return new Int32Array(buffer);
    case 'u4':
      return new Uint32Array(buffer);
    case 'i8':
      return exactNumbers(new BigInt64Array(buffer), where, first);
    case 'u8':
      return exactNumbers(new BigUint64Array(buffer), where, first);
    case 'f2':
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case 'f4':
      return new Float32Array(buffer);
    case 'f8':
      return new Float64Array(buffer);
  }
}

/** The bytes of an array in the order of this machine: a view, not a copy. */
export function bytesOf(data: NumericData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function inHostOrder(bytes: Uint8Array, size: number, order: ByteOrder): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  if (order === HOST_ORDER) return buffer;
  const view = Buffer.from(buffer);
  if (size === 2) view.swap16();
  if (size === 4) view.swap32();
  if (size === 8) view.swap64();
  return buffer;
}

function exactNumbers(integers: BigInt64Array | BigUint64Array, where: string, first: number): Float64Array {
  const numbers = new Float64Array(integers.length);
  for (const [index, integer] of integers.entries()) {
    const number = Number(integer);
    if (!Number.isSafeInteger(number)) {
      throw new AssayError('data', {
        where,
        what: `element ${first + index} is ${integer}, beyond the integers that a 64-bit float holds exactly`,
        mend: 'Store the array as int32 or float64.',
      });
    }
    numbers[index] = number;
  }
  return numbers;
}

/** IEEE 754 binary16: 1 bit sign, 5 bits exponent (bias 15), 10 bits fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
