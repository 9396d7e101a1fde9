import { AssayError } from '#base/errors';
import {
  float32Constant,
  float32Of,
  float64Constant,
  halfOf,
  int64Constant,
  integersOf,
  numbersOf,
} from './constants.js';
import type { Constant, ElementType } from './ir.js';

/** The same constant with its bytes at an odd offset of a larger buffer, as they lie in a file. */
function unaligned(constant: Constant): Constant {
  const buffer = new Uint8Array(constant.bytes.length + 3);
  buffer.set(constant.bytes, 3);
  return { ...constant, bytes: buffer.subarray(3) };
}

function constant(type: ElementType, values: ArrayBufferView, count: number): Constant {
  return { type, shape: [count], bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

test('constants give back what they were made of, aligned or not', () => {
  const floats = [0, -0, 1.5, -Infinity, NaN, 2 ** -149];
  for (const place of [(c: Constant) => c, unaligned]) {
    expect(float32Of(place(float32Constant([2, 3], floats)))).toEqual(Float32Array.from(floats));
    expect(numbersOf(place(float64Constant([6], floats)))).toEqual(floats);
    expect(integersOf(place(int64Constant([3], [-1, 0, 2 ** 53 - 1])))).toEqual([-1, 0, 2 ** 53 - 1]);
    expect(integersOf(place(constant('bool', Uint8Array.of(1, 0), 2)))).toEqual([1, 0]);
  }
});

test('the bytes are little-endian', () => {
  expect(float32Constant([], [1]).bytes).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f));
  expect(int64Constant([], [-2]).bytes).toEqual(Uint8Array.of(0xfe, 255, 255, 255, 255, 255, 255, 255));
});

test('values are copied', () => {
  const made = float32Constant([1], [1]);
  float32Of(made).fill(5);
  expect(float32Of(made)).toEqual(Float32Array.of(1));
});

test('int64 saturates', () => {
  const largest = int64Constant([2], [2 ** 63, Infinity]);
  const smallest = int64Constant([2], [-(2 ** 63), -Infinity]);
  expect(new BigInt64Array(largest.bytes.buffer)).toEqual(BigInt64Array.of(2n ** 63n - 1n, 2n ** 63n - 1n));
  expect(new BigInt64Array(smallest.bytes.buffer)).toEqual(BigInt64Array.of(-(2n ** 63n), -(2n ** 63n)));
  expect(integersOf(largest)).toEqual([2 ** 63, 2 ** 63]);
});

test('integers of every width and sign', () => {
  const cases: readonly (readonly [ElementType, ArrayBufferView, number[]])[] = [
    ['int8', Int8Array.of(-128, 127), [-128, 127]],
    ['uint8', Uint8Array.of(0, 255), [0, 255]],
    ['int16', Int16Array.of(-32768, 32767), [-32768, 32767]],
    ['uint16', Uint16Array.of(0, 65535), [0, 65535]],
    ['int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1), [-(2 ** 31), 2 ** 31 - 1]],
    ['uint32', Uint32Array.of(0, 2 ** 32 - 1), [0, 2 ** 32 - 1]],
    ['uint64', BigUint64Array.of(0n, 2n ** 64n - 1n), [0, 2 ** 64]],
  ];
  for (const [type, values, expected] of cases) {
    expect(integersOf(unaligned(constant(type, values, 2)))).toEqual(expected);
    expect(float32Of(constant(type, values, 2))).toEqual(Float32Array.from(expected));
  }
});

test('half precision: zero, subnormal, one, largest, infinite, not a number', () => {
  const bits = Uint16Array.of(0x0000, 0x0001, 0x3c00, 0xfbff, 0x7c00, 0x7e00);
  expect(numbersOf(constant('float16', bits, 6))).toEqual([0, 2 ** -24, 1, -65504, Infinity, NaN]);
});

test('bfloat16 is the upper half of float32', () => {
  expect(numbersOf(constant('bfloat16', Uint16Array.of(0x3f80, 0xc049), 2))).toEqual([1, -3.140625]);
});

test('what does not fill its shape or is no integer is refused', () => {
  expect(() => float32Constant([2, 2], [1, 2, 3])).toThrow(AssayError);
  expect(() => int64Constant([1], [0.5])).toThrow('0.5 is not an integer');
  expect(() => int64Constant([1], [NaN])).toThrow(AssayError);
  expect(() => integersOf(float32Constant([], [1]))).toThrow(AssayError);
  expect(() => float32Of({ type: 'string', shape: [], bytes: new Uint8Array() })).toThrow(AssayError);
});

describe('binary16', () => {
  test('every number that it holds comes back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    const numbers = numbersOf(constant('float16', all, all.length));
    expect(Uint16Array.from(numbers, halfOf)).toEqual(all);
  });

  test('others go to the nearest, ties to even', () => {
    const step = 2 ** -10;
    const rounded = [1 + step / 2, 1 + 1.5 * step, 1 + 0.51 * step, 65519, 65520, -1e9, 2 ** -25, 1.1 * 2 ** -25].map(
      halfOf,
    );
    expect(rounded).toEqual([0x3c00, 0x3c02, 0x3c01, 0x7bff, 0x7c00, 0xfc00, 0, 1]);
    expect(halfOf(NaN)).toBe(0x7e00);
  });
});
