import { AssayError } from '#base/errors';
import { pack, unpack } from './pack.js';

const VALUE = {
  json: { name: 'step', list: [1, 'two', null] },
  arrays: {
    floats: Float32Array.of(0, -0, NaN, Infinity, 1e-45, 0.1),
    doubles: Float64Array.of(Math.PI, -0, NaN),
    integers: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
    bytes: Uint8Array.of(0, 255, 7),
    nothing: new Float32Array(),
  },
};

const bits = (array: ArrayBufferView) => [...new Uint8Array(array.buffer, array.byteOffset, array.byteLength)];

test('gives back every bit of every array, and its type', () => {
  const back = unpack(pack(VALUE), 'file');
  expect(back.json).toEqual(VALUE.json);
  expect(Object.keys(back.arrays)).toEqual(Object.keys(VALUE.arrays));
  for (const [name, array] of Object.entries(VALUE.arrays)) {
    expect(back.arrays[name]?.constructor).toBe(array.constructor);
    expect(bits(back.arrays[name] ?? new Uint8Array(1))).toEqual(bits(array));
  }
});

test('packs a view of a larger array as the view alone', () => {
  const view = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  expect(unpack(pack({ json: null, arrays: { view } }), 'file').arrays['view']).toEqual(Float32Array.of(2, 3));
});

test('equal values give equal bytes', () => {
  expect(pack(VALUE)).toEqual(pack(structuredClone(VALUE)));
});

test('notices every single changed bit and every truncation', () => {
  const whole = pack({ json: { a: 1 }, arrays: { x: Float32Array.of(1, 2, 3) } });
  for (let byte = 0; byte < whole.length; byte++) {
    const changed = Buffer.from(whole);
    changed[byte] = (changed[byte] ?? 0) ^ (1 << (byte % 8));
    expect(() => unpack(changed, 'file')).toThrow(AssayError);
    expect(() => unpack(whole.subarray(0, byte), 'file')).toThrow('file: the file is damaged');
  }
});

test('a header that promises more than there is does not get it', () => {
  // A well-formed file, with a digest of its own, whose header asks for a gigabyte.
  const honest = pack({ json: null, arrays: { x: new Uint8Array(9) } });
  const text = honest.toString('latin1').replace('"length":9', '"length":1e9');
  expect(() => unpack(Buffer.from(text, 'latin1'), 'file')).toThrow('damaged');
});
