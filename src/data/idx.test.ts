import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readIdx } from './idx.js';

/** An IDX file from its parts. */
function idx(type: number, shape: readonly number[], body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, body]);
}

describe('readIdx', () => {
  const doubles = Buffer.alloc(16);
  doubles.writeDoubleBE(Math.PI, 0);
  doubles.writeDoubleBE(-1e300, 8);
  const floats = Buffer.alloc(8);
  floats.writeFloatBE(0.5, 0);
  floats.writeFloatBE(-(2 ** 100), 4);

  test.each([
    ['uint8', 0x08, Uint8Array.of(0, 255), Uint8Array.of(0, 255)],
    ['int8', 0x09, Uint8Array.of(128, 127), Int8Array.of(-128, 127)],
    ['int16', 0x0b, Uint8Array.of(0x80, 0, 1, 2), Int16Array.of(-32768, 258)],
    ['int32', 0x0c, Uint8Array.of(0xff, 0xff, 0xff, 0xfe, 0, 1, 0, 0), Int32Array.of(-2, 65536)],
    ['float32', 0x0d, floats, Float32Array.of(0.5, -(2 ** 100))],
    ['float64', 0x0e, doubles, Float64Array.of(Math.PI, -1e300)],
  ])('%s', (_, type, body, data) => {
    expect(readIdx(idx(type, [2, 1], body), 'x.idx')).toEqual({ name: 'x.idx', shape: [2, 1], data });
    expect(readIdx(gzipSync(idx(type, [2], body)), 'x.idx')).toEqual({ name: 'x.idx', shape: [2], data });
  });

  test('an empty array', () => {
    expect(readIdx(idx(0x08, [0, 28, 28], new Uint8Array()), 'x').shape).toEqual([0, 28, 28]);
  });

  test('gzip with a file name in its header, as `gzip` writes it', () => {
    const gzip = gzipSync(idx(0x08, [1], Uint8Array.of(9)));
    const named = Buffer.concat([
      gzip.subarray(0, 3),
      Buffer.from([8]),
      gzip.subarray(4, 10),
      Buffer.from('x.idx\0'),
      gzip.subarray(10),
    ]);
    expect(readIdx(named, 'x').data).toEqual(Uint8Array.of(9));
  });

  test.each([
    ['other files', Buffer.from('hello'), 'this is not an IDX file'],
    ['unknown types', idx(0x0a, [1], Uint8Array.of(1)), 'this is not an IDX file'],
    ['headers that are cut off', Uint8Array.of(0, 0, 8, 3, 0, 0), 'the IDX header is cut off'],
    ['too few bytes', idx(0x08, [3], Uint8Array.of(1, 2)), 'the file has 10 bytes where its header [3] declares 11'],
    ['too many bytes', idx(0x08, [1], Uint8Array.of(1, 2)), 'the file has 10 bytes where its header [1] declares 9'],
    [
      'more than memory',
      idx(0x0e, [65535, 65535, 65535], new Uint8Array()),
      'which is more than the 2147483647 bytes that are read',
    ],
    ['gzip of other files', gzipSync('hello'), 'this is not an IDX file'],
    [
      'gzip that is cut off',
      gzipSync(
        idx(
          0x08,
          [500],
          new Uint8Array(500).map((_, i) => (i * 97) % 251),
        ),
      ).subarray(0, 60),
      'the compressed data cannot be read',
    ],
    ['gzip with a wrong checksum', corruptedTrailer(gzipSync(idx(0x08, [1], Uint8Array.of(1)))), 'cannot be read'],
    [
      'gzip that holds less than declared',
      gzipSync(idx(0x08, [100], new Uint8Array(9))),
      'the compressed data hold 17 bytes where 108 are declared',
    ],
    [
      'no gzip after its first bytes',
      Uint8Array.of(0x1f, 0x8b, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7),
      'the gzip data cannot be read',
    ],
  ])('refuses %s', (_, file, sentence) => {
    expect(() => readIdx(file, 'x.idx')).toThrow(sentence);
  });

  test('stops inflating at the declared size', () => {
    // 200 MB of zeros in 200 kB, behind a header that declares ten bytes.
    const bomb = gzipSync(idx(0x08, [10], new Uint8Array(200_000_000)));
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readIdx(bomb, 'x.idx')).toThrow('the compressed data hold more than the 18 bytes that are declared');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  const FASHION = '/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz';
  const fashion = existsSync(FASHION) ? test : test.skip;
  if (!existsSync(FASHION)) console.warn(`skipped: ${FASHION} is missing (Debian package dataset-fashion-mnist)`);
  fashion("Fashion-MNIST's test images", () => {
    const file = readFileSync(FASHION);
    const { shape, data } = readIdx(file, FASHION);
    expect(shape).toEqual([10_000, 28, 28]);
    expect(Buffer.compare(Buffer.from(data.buffer), gunzipSync(file).subarray(16))).toBe(0);
  });
});

function corruptedTrailer(gzip: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(gzip);
  const at = copy.length - 8;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
