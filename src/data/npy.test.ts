import fixture from './arrays.fixture.json' with { type: 'json' };
import { readNpy } from './npy.js';
import type { NumericData } from './numeric-array.js';
import { writeNpy } from './write-npy.js';

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** An NPY file of version 1 with a header of one's own. */
function npyWith(header: string, body: Uint8Array = new Uint8Array()): Uint8Array {
  const prefix = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 0xff, header.length >> 8]);
  return Buffer.concat([prefix, Buffer.from(header, 'latin1'), body]);
}

const headerOf = (shape: string, descr = '<f4') => `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;

describe("readNpy reads what NumPy's own writer wrote", () => {
  test.each([...fixture.types, ...fixture.layouts])('$name', ({ file, shape, values }) => {
    const array = readNpy(bytesOf(file), 'x.npy');
    expect(array.shape).toEqual(shape);
    expect(Array.from(array.data)).toEqual(values);
  });

  test('half floats that have no JSON form', () => {
    const halves = Buffer.from(Uint16Array.of(0x7c00, 0xfc00, 0x7e00, 0x8000).buffer);
    const { data } = readNpy(npyWith(headerOf('(4,)', '<f2'), halves), 'x.npy');
    expect(Array.from(data)).toEqual([Infinity, -Infinity, NaN, -0]);
  });

  test('every half float, against the decoding of the same value from its parts', () => {
    const all = Uint16Array.from({ length: 0x7c00 }, (_, bits) => bits);
    const { data } = readNpy(npyWith(headerOf(`(${all.length},)`, '<f2'), Buffer.from(all.buffer)), 'x.npy');
    // Finite half floats in the order of their bits rise from 0 to 65504; each gap is the spacing at its exponent.
    expect([data[0], data[1], data[1024], data[0x3c00], data.at(-1)]).toEqual([0, 2 ** -24, 2 ** -14, 1, 65504]);
    for (let i = 1; i < data.length; i++) {
      const spacing = 2 ** (Math.max(1, (i - 1) >> 10) - 25);
      if ((data[i] ?? 0) - (data[i - 1] ?? 0) !== spacing) throw new Error(`gap at ${i}`);
    }
  });

  test('bytes that are a view at an odd offset', () => {
    const file = writeNpy([2, 2], Float64Array.of(1, 2, 3, 4));
    const larger = new Uint8Array(file.length + 3);
    larger.set(file, 3);
    expect(Array.from(readNpy(larger.subarray(3), 'x.npy').data)).toEqual([1, 2, 3, 4]);
  });

  test("Python 2's long integers in the shape, and keys in another order", () => {
    const file = npyWith("{'shape': (1L, 2L), 'fortran_order': False, 'descr': '|u1'}\n", Uint8Array.of(7, 9));
    expect(readNpy(file, 'x.npy')).toEqual({ name: 'x.npy', shape: [1, 2], data: Uint8Array.of(7, 9) });
  });
});

describe('readNpy refuses', () => {
  test.each([
    ['objects', 'x.npy: the array holds Python objects, stored as a pickle, which is code and is never run.'],
    ['fields', 'x.npy: the array has named fields (a structured dtype).'],
    ['text', 'x.npy: the dtype `<U3` is not a number type that is read.'],
    ['bytes', 'x.npy: the dtype `|S3` is not a number type that is read.'],
    ['complex', 'x.npy: the dtype `<c16` is not a number type that is read.'],
    ['dates', 'x.npy: the dtype `<M8[D]` is not a number type that is read.'],
    ['long', 'x.npy: element 0 is 9007199254740993, beyond the integers that a 64-bit float holds exactly.'],
  ] as const)('%s', (name, sentence) => {
    expect(() => readNpy(bytesOf(fixture.refused[name]), 'x.npy')).toThrow(sentence);
  });

  test.each([
    ['other files', Buffer.from('PK'), 'this is not an NPY file'],
    ['nothing', new Uint8Array(), 'this is not an NPY file'],
    ['a bare magic', Buffer.from('\x93NUMPY', 'latin1'), 'NPY version 0 is not known'],
    ['later versions', Buffer.from('\x93NUMPY\x04\x00', 'latin1'), 'NPY version 4 is not known'],
    ['a length that is cut off', Buffer.from('\x93NUMPY\x01\x00', 'latin1'), 'the NPY header is cut off'],
    ['a header that is cut off', npyWith(headerOf('(1,)')).subarray(0, 40), 'the NPY header is cut off'],
    [
      'long headers',
      Buffer.concat([Buffer.from('\x93NUMPY\x02\x00', 'latin1'), Buffer.from([0, 0, 1, 0])]),
      'longer than 10000',
    ],
    [
      'expressions',
      npyWith("{'descr': __import__('os').system('true'), 'shape': (), 'fortran_order': False}"),
      'is not a dictionary',
    ],
    ['missing keys', npyWith("{'descr': '<f4', 'shape': (1,)}"), 'is not a dictionary'],
    ['text behind the dictionary', npyWith(`${headerOf('(0,)')} + 1`), 'is not a dictionary'],
    ['negative sizes', npyWith(headerOf('(-1,)')), 'is not a dictionary'],
    ['sizes that are no numbers', npyWith(headerOf('(1 2,)')), 'is not a tuple of integers'],
    ['sizes beyond exact numbers', npyWith(headerOf('(99999999999999999999,)')), 'is not a tuple of integers'],
    [
      'too few values',
      npyWith(headerOf('(2,)'), new Uint8Array(7)),
      'the shape [2] needs 8 bytes and 7 follow the header',
    ],
    [
      'too many values',
      npyWith(headerOf('(2,)'), new Uint8Array(9)),
      'the shape [2] needs 8 bytes and 9 follow the header',
    ],
    ['shapes that are larger than any file', npyWith(headerOf('(4294967295, 4294967295)')), 'and 0 follow the header'],
  ])('%s', (_, file, sentence) => {
    expect(() => readNpy(file, 'x.npy')).toThrow(sentence);
  });
});

describe('writeNpy', () => {
  const arrays: NumericData[] = [
    Float32Array.of(0.1, -0, Infinity, NaN, 1e-45, 3),
    Float64Array.of(0.1, -0, -Infinity, NaN, 5e-324, 3),
    Int8Array.of(-128, 127, 0, 1, 2, 3),
    Uint8Array.of(0, 255, 1, 2, 3, 4),
    Int16Array.of(-32768, 32767, 0, 1, 2, 3),
    Uint16Array.of(0, 65535, 1, 2, 3, 4),
    Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 1, 2, 3),
    Uint32Array.of(0, 2 ** 32 - 1, 1, 2, 3, 4),
  ];

  test.each(arrays.map((data) => [data.constructor.name, data] as const))('%s is read back bit by bit', (_, data) => {
    for (const shape of [[6], [2, 3], [1, 6, 1]]) {
      expect(readNpy(writeNpy(shape, data), 'x.npy')).toEqual({ name: 'x.npy', shape, data });
    }
  });

  test('gives the bytes that NumPy writes', () => {
    const row = fixture.layouts.find(({ name }) => name === '(2, 3, 4) in order C');
    const array = readNpy(bytesOf(row?.file ?? ''), 'x.npy');
    expect(Buffer.from(writeNpy(array.shape, array.data)).toString('base64')).toBe(row?.file);
  });

  test('writes scalars and empty arrays', () => {
    expect(readNpy(writeNpy([], Float32Array.of(5)), 'x').shape).toEqual([]);
    expect(readNpy(writeNpy([0, 3], new Float32Array()), 'x').shape).toEqual([0, 3]);
  });

  test('refuses a shape that the values do not fill', () => {
    expect(() => writeNpy([2, 2], Float32Array.of(1, 2, 3))).toThrow('3 values do not fill the shape [2, 2]');
  });
});
