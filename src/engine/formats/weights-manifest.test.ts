import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { AssayError } from '#base/errors';
import type { ModelBytes } from '../contract.js';
import { manifestFiles, readManifestWeights, type ManifestWeight } from './weights-manifest.js';

const SHARD = 'group1-shard1of1.bin';

function modelOf(shards: Readonly<Record<string, Uint8Array>>): ModelBytes {
  return { main: 'model.json', files: new Map([['model.json', new Uint8Array()], ...Object.entries(shards)]) };
}

const bytesOf = (values: ArrayBufferView): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const joined = (...parts: ArrayBufferView[]): Uint8Array => new Uint8Array(Buffer.concat(parts.map(bytesOf)));
const manifest = (weights: readonly object[], paths: readonly string[] = [SHARD]) => [{ paths, weights }];
const weight = (name: string, shape: readonly number[], dtype: string, quantization?: object) => ({
  name,
  shape,
  dtype,
  ...(quantization === undefined ? {} : { quantization }),
});

function valuesOf(read: ManifestWeight | undefined): unknown[] {
  if (read === undefined) throw new Error('the weight was not read');
  if (read.type === 'string') return read.values.map((value) => Buffer.from(value).toString());
  const { buffer } = Uint8Array.from(read.bytes);
  if (read.type === 'bool') return [...new Uint8Array(buffer)];
  return [...(read.type === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer))];
}

function messageOfThrown(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    expect((thrown as AssayError).code).toBe('model');
    return (thrown as AssayError).message;
  }
  throw new Error('nothing was thrown');
}

/** Every dtype and quantization, with bytes that leave the later ones unaligned. */
const ALL = [
  weight('bool', [3], 'bool'),
  weight('float', [2, 2], 'float32'),
  weight('int', [2], 'int32'),
  weight('half', [4], 'float32', { dtype: 'float16', original_dtype: 'float32' }),
  weight('bytes', [3], 'float32', { dtype: 'uint8', scale: 0.1, min: -1.3 }),
  weight('words', [2], 'float32', { dtype: 'uint16', scale: 1e-3, min: -7 }),
  weight('counts', [3], 'int32', { dtype: 'uint8', scale: 2.5, min: -3 }),
  weight('texts', [2], 'string'),
  weight('scalar', [], 'float32'),
  weight('none', [0, 4], 'float32'),
];
const text = (value: string): Uint8Array => joined(Uint32Array.of(Buffer.byteLength(value)), Buffer.from(value));
const DATA = joined(
  Uint8Array.of(1, 0, 1),
  Float32Array.of(1.5, -2, 3.25e-20, 7),
  Int32Array.of(-5, 2_000_000_000),
  Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7bff),
  Uint8Array.of(0, 13, 255),
  Uint16Array.of(0, 65_535),
  Uint8Array.of(0, 1, 200),
  text('a'),
  text('größer'),
  Float32Array.of(42),
);

describe('readManifestWeights', () => {
  test('reads what tfjs-core decodes, whatever the dtype', async () => {
    const expected = tf.io.decodeWeights(Uint8Array.from(DATA).buffer, ALL as tf.io.WeightsManifestEntry[]);
    const read = readManifestWeights(modelOf({ [SHARD]: DATA }), manifest(ALL));
    expect([...read.keys()]).toEqual(Object.keys(expected));
    for (const [name, tensor] of Object.entries(expected)) {
      const values: unknown = Array.from(await tensor.data());
      expect({ name, shape: read.get(name)?.shape, values: valuesOf(read.get(name)) }).toEqual({
        name,
        shape: tensor.shape,
        values,
      });
    }
  });

  test.each([1, 2, 5, 7, 30])('gives the same from shards of %i bytes', (size) => {
    const shards = Array.from({ length: Math.ceil(DATA.length / size) }, (_, i) => [
      `shard${i}.bin`,
      DATA.subarray(i * size, (i + 1) * size),
    ]);
    const model = modelOf(Object.fromEntries(shards) as Record<string, Uint8Array>);
    const paths = shards.map(([path]) => String(path));
    const whole = readManifestWeights(modelOf({ [SHARD]: DATA }), manifest(ALL));
    const read = readManifestWeights(model, manifest(ALL, paths));
    for (const [name, expected] of whole) expect(valuesOf(read.get(name))).toEqual(valuesOf(expected));
  });

  test('reads several groups, each from its own shards', () => {
    const groups = [
      { paths: ['a'], weights: [weight('first', [1], 'float32')] },
      { paths: ['b'], weights: [weight('second', [1], 'float32')] },
    ];
    const read = readManifestWeights(
      modelOf({ a: bytesOf(Float32Array.of(1)), b: bytesOf(Float32Array.of(2)) }),
      groups,
    );
    expect([valuesOf(read.get('first')), valuesOf(read.get('second'))]).toEqual([[1], [2]]);
  });

  test('gives nothing where there is no manifest', () => {
    expect(readManifestWeights(modelOf({}), undefined).size).toBe(0);
  });

  test('takes a weight called __proto__ for what it is', () => {
    const model = modelOf({ [SHARD]: bytesOf(Float32Array.of(3)) });
    const read = readManifestWeights(model, manifest([weight('__proto__', [1], 'float32')]));
    expect(valuesOf(read.get('__proto__'))).toEqual([3]);
  });

  const four = bytesOf(Float32Array.of(1, 2, 3, 4));
  test.each<[string, readonly object[], Uint8Array | null, RegExp]>([
    ['a missing shard', [weight('w', [4], 'float32')], null, /the shard `group1-shard1of1.bin`, which is not there/],
    [
      'a shard cut off',
      [weight('w', [4], 'float32')],
      four.subarray(0, 10),
      /`w` needs 16 bytes, but the shard `group1-shard1of1.bin` ends after 10/,
    ],
    [
      'a shard too long',
      [weight('w', [3], 'float32')],
      four,
      /`group1-shard1of1.bin` has 4 bytes too many behind its last weight `w`/,
    ],
    ['a shape beyond all bounds', [weight('w', [9e15, 9e15, 9e15], 'float32')], four, /`w` needs \S+ bytes/],
    [
      'a text longer than its shard',
      [weight('w', [1], 'string')],
      Uint8Array.of(255, 255, 255, 255, 1),
      /`w` needs 4294967295 bytes/,
    ],
    ['a billion texts', [weight('w', [1e9], 'string')], four, /`w` needs/],
    ['a negative size', [weight('w', [-1], 'float32')], four, /`w` has no shape/],
    ['a broken size', [weight('w', [0.5], 'float32')], four, /`w` has no shape/],
    ['no shape', [{ name: 'w', dtype: 'float32' }], four, /`w` has no shape/],
    ['no name', [{ shape: [4], dtype: 'float32' }], four, /a weight without a name/],
    ['a weight that is null', [null as unknown as object], four, /no object/],
    [
      'complex numbers',
      [weight('w', [2], 'complex64')],
      four,
      /`w` has the dtype complex64, which Assay does not read/,
    ],
    ['an unknown dtype', [weight('w', [2], 'toString')], four, /`w` has the dtype toString/],
    [
      'a quantization without its scale',
      [weight('w', [16], 'float32', { dtype: 'uint8', min: 0 })],
      four,
      /without a scale/,
    ],
    ['an unknown quantization', [weight('w', [16], 'float32', { dtype: 'int4' })], four, /quantized to int4/],
    ['a half that is an integer', [weight('w', [8], 'int32', { dtype: 'float16' })], four, /`w` of dtype int32/],
    ['the same weight twice', [weight('w', [2], 'float32'), weight('w', [2], 'float32')], four, /`w` twice/],
  ])('refuses %s in one sentence', (_, weights, shard, message) => {
    const model = modelOf(shard === null ? {} : { [SHARD]: shard });
    const said = messageOfThrown(() => readManifestWeights(model, manifest(weights)));
    expect(said).toMatch(message);
    expect(said).toMatch(/^model\.json: /);
  });

  test('refuses a shard that counts twice, which would be a bomb', () => {
    const model = modelOf({ [SHARD]: four });
    const said = messageOfThrown(() =>
      readManifestWeights(model, manifest([weight('w', [8], 'float32')], [SHARD, SHARD])),
    );
    expect(said).toMatch(/`group1-shard1of1.bin` twice/);
  });
});

describe('manifestFiles', () => {
  test('lists the shards of all groups in order', () => {
    const weightsManifest = [
      { paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: [] },
      { paths: ['more/group2.bin'], weights: [] },
    ];
    expect(manifestFiles({ weightsManifest })).toEqual([
      'group1-shard1of2.bin',
      'group1-shard2of2.bin',
      'more/group2.bin',
    ]);
  });

  test.each([{}, null, [], 'text', { weightsManifest: null }])('lists none for %j', (json) => {
    expect(manifestFiles(json)).toEqual([]);
  });

  test.each([
    ['../outside.bin', /leaves the folder/],
    ['a/../../outside.bin', /leaves the folder/],
    ['/etc/passwd', /an absolute path/],
    ['https://example.org/w.bin', /a URL or a drive/],
    ['file:///etc/passwd', /a URL or a drive/],
    ['C:/weights.bin', /a URL or a drive/],
    ['..\\outside.bin', /a backslash/],
    ['w.bin\0', /a zero byte/],
    ['', /no name/],
  ])('refuses the shard %j', (path, message) => {
    expect(messageOfThrown(() => manifestFiles({ weightsManifest: [{ paths: [path], weights: [] }] }))).toMatch(
      message,
    );
  });

  test.each<[string, unknown, RegExp]>([
    ['a manifest that is no list', { a: 1 }, /no list/],
    ['a group without paths', [{ weights: [] }], /without a list of paths/],
    ['a group that is null', [null], /without a list of paths/],
    ['a path that is no text', [{ paths: [7], weights: [] }], /no text/],
  ])('refuses %s', (_, weightsManifest, message) => {
    expect(messageOfThrown(() => manifestFiles({ weightsManifest }))).toMatch(message);
  });
});
