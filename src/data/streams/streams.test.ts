import { appendFileSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import type { SamplesConfig } from '#config/schema';
import type { ImageDomain, TabularDomain } from '#target/domain';
import { loadSamples, storeSamples, type SamplesOverride } from '../load-samples.js';
import { writeNpy } from '../write-npy.js';
import type { NumericData } from '../numeric-array.js';
import { HELD_BYTES, openBytes } from './byte-source.js';
import { releaseSamples, sourceOf } from './stored-samples.js';
import { everyNth } from '../../../test/tier.js';

// Blocks have 2 million values: these images take three of them, and the last is not full.
const COUNT = 430;
const SIDE = 100;
const SIZE = SIDE * SIDE;
const IMAGE: ImageDomain = {
  kind: 'image',
  layout: 'NCHW',
  shape: [1, SIDE, SIDE],
  range: [0, 1],
  mean: [0],
  std: [1],
};
const HEAD = { kind: 'classes', count: 3 } as const;
const SCALE = 1 / 255;
/** Nothing is small enough to be held. */
const STREAMED = { heldBytes: 0 };

const BYTES = Uint8Array.from({ length: COUNT * SIZE }, (_, i) => (i * 2_654_435_761) >>> 24);
const LABELS = Uint8Array.from({ length: COUNT }, (_, i) => (i * i) % 3);
const FLOATS = Float32Array.from(BYTES);
const SHAPE = [COUNT, SIDE, SIDE];

function idx(data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(16);
  header.set([0, 0, 8, 3]);
  SHAPE.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, data]);
}

/** Big-endian float64, as no machine of today has it. */
function bigEndian(): Uint8Array {
  const file = Buffer.from(writeNpy(SHAPE, Float64Array.from(BYTES)));
  const start = file.length - 8 * BYTES.length;
  file.write('>', file.indexOf('<f8'), 'latin1');
  file.subarray(start).swap64();
  return file;
}

const npz = (level: 0 | 6, inputs: NumericData = BYTES): Uint8Array =>
  zipSync({ 'y.npy': writeNpy([COUNT], LABELS), 'x.npy': writeNpy(SHAPE, inputs) }, { level });

const folder = temporaryFolder({ 'y.npy': writeNpy([COUNT], LABELS) });
const at = (name: string) => join(folder, name);

function written(name: string, content: Uint8Array, member = ''): SamplesConfig {
  writeFileSync(at(name), content);
  return { inputs: `${at(name)}${member}`, labels: member === '' ? at('y.npy') : `${at(name)}#y`, scale: SCALE };
}

async function refusal(
  config: SamplesConfig,
  override: SamplesOverride = STREAMED,
  domain: Domain = IMAGE,
): Promise<string> {
  return storeSamples(config, { domain, head: HEAD }, 1, override).then(
    () => 'nothing',
    (thrown: unknown) => (thrown as Error).message.replaceAll(`${folder}/`, ''),
  );
}
type Domain = ImageDomain | TabularDomain;

const formats: readonly (readonly [string, () => SamplesConfig, boolean])[] = [
  ['bytes as NPY', () => written('x.npy', writeNpy(SHAPE, BYTES)), true],
  ['float32 as NPY', () => written('f4.npy', writeNpy(SHAPE, FLOATS)), false],
  ['float64 in the other byte order', () => written('f8.npy', bigEndian()), false],
  ['bytes as IDX', () => written('x.idx', idx(BYTES)), true],
  ['bytes as IDX, compressed', () => written('x.idx.gz', gzipSync(idx(BYTES))), true],
  ['bytes as NPZ', () => written('stored.npz', npz(0), '#x'), true],
  ['bytes as NPZ, compressed', () => written('small.npz', npz(6), '#x'), true],
  ['float32 as NPZ, compressed', () => written('f4.npz', npz(6, FLOATS), '#x'), false],
];

describe.each(everyNth(3, formats))('%s', (_, write, staysBytes) => {
  test('drawn samples are the same bytes, of the same card, as in memory', async () => {
    const drawn = { sample: 217 };
    const config = write();
    const { samples, card } = await loadSamples(config, { domain: IMAGE, head: HEAD }, 5, drawn);
    const { stored, card: ofStream } = await storeSamples(config, { domain: IMAGE, head: HEAD }, 5, {
      ...drawn,
      ...STREAMED,
    });
    expect(ofStream).toEqual(card);
    const { inputs } = stored;
    if (inputs.kind === 'memory') throw new Error('the samples were held');
    expect(inputs.levels !== null).toBe(staysBytes);
    const source = sourceOf(stored);
    expect({ ...source, take: null, range: null }).toEqual({
      ...{ shape: IMAGE.shape, labels: samples.labels, indices: samples.indices, groups: [] },
      ...{ take: null, range: null },
    });
    const whole = await source.range(0, samples.indices.length);
    expect(Buffer.from(whole.inputs.data.buffer).equals(Buffer.from(samples.inputs.data.buffer))).toBe(true);
    releaseSamples(stored);
  });
});

test('small data stay in memory, and are read by the same source', async () => {
  const config = written('x.npy', writeNpy(SHAPE, BYTES));
  const { stored } = await storeSamples(config, { domain: IMAGE, head: HEAD }, 5);
  expect(stored.inputs.kind).toBe('memory');
  expect(4 * BYTES.length).toBeLessThan(HELD_BYTES);
});

test('samples are taken in any order, and twice', async () => {
  const config = written('x.npy', writeNpy(SHAPE, BYTES));
  const { samples } = await loadSamples(config, { domain: IMAGE, head: HEAD }, 5);
  const { stored } = await storeSamples(config, { domain: IMAGE, head: HEAD }, 5, STREAMED);
  const positions = [5, 6, 7, 3, 429, 0, 0, 428, 429];
  const taken = await sourceOf(stored).take(positions);
  expect(taken.indices).toEqual(positions);
  expect([...taken.labels.values]).toEqual(positions.map((position) => LABELS[position]));
  for (const [i, position] of positions.entries()) {
    const own = taken.inputs.data.subarray(i * SIZE, (i + 1) * SIZE);
    const same = samples.inputs.data.subarray(position * SIZE, (position + 1) * SIZE);
    expect(Buffer.compare(Buffer.from(own), Buffer.from(same))).toBe(0);
    expect(own).toEqual(same);
  }
  releaseSamples(stored);
  await expect(sourceOf(stored).take([0])).rejects.toThrow('EBADF');
});

test('nothing lies in the temporary folder while samples are read from there', async () => {
  const before = process.env['TMPDIR'];
  const own = temporaryFolder();
  process.env['TMPDIR'] = own;
  try {
    const config = written('x.npy', writeNpy(SHAPE, BYTES));
    const { stored } = await storeSamples(config, { domain: IMAGE, head: HEAD }, 5, STREAMED);
    expect(readdirSync(own)).toEqual([]);
    // What the file is made from may change: the samples are a copy.
    writeFileSync(at('x.npy'), 'something else');
    expect((await sourceOf(stored).take([9])).inputs.data[0]).toBe(Math.fround((BYTES[9 * SIZE] ?? NaN) * SCALE));
    releaseSamples(stored);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

describe('what is wrong is one sentence', () => {
  test('a value in the last block, also of a sample that is not drawn', async () => {
    const bad = FLOATS.slice();
    bad[427 * SIZE + 12] = NaN;
    const config = written('bad.npy', writeNpy(SHAPE, bad));
    const sentence = 'bad.npy: sample 427 holds NaN at position 12. Every input has to be a finite number.';
    expect(await refusal(config)).toBe(sentence);
    expect(await refusal(config, { ...STREAMED, sample: 3 })).toBe(sentence);
  });

  test('a value out of range', async () => {
    const { scale: _, ...config } = written('x.npy', writeNpy(SHAPE, BYTES));
    expect(await refusal(config)).toMatch(/^x\.npy: the value \d+ of sample 0 is outside .* set `scale` to 0\.0039/);
  });

  test('an integer that a float64 does not hold, by its place in the array', async () => {
    const long = BigInt64Array.from({ length: COUNT * 10 }, () => 0n);
    long[4001] = 2n ** 60n;
    const header = Buffer.from(writeNpy([COUNT, 10], new Float64Array(COUNT * 10)).subarray(0, 128));
    header.write('<i8', header.indexOf('<f8'), 'latin1');
    const config = written('long.npy', Buffer.concat([header, new Uint8Array(long.buffer)]));
    const domain = { kind: 'tabular', shape: [10], range: [0, 1], mean: [0], std: [1] } as const;
    expect(await refusal(config, STREAMED, domain)).toMatch(/^long\.npy: element 4001 is 1152921504606846976, beyond/);
  });

  test.each([
    ['cut off', 'x.npy', writeNpy(SHAPE, BYTES).subarray(0, -1), '4300000 bytes and 4299999 follow the header'],
    ['too long', 'x.idx', Buffer.concat([idx(BYTES), Buffer.of(0)]), 'declares 4300016'],
    ['gzip that ends early', 'x.idx.gz', gzipSync(idx(BYTES)).subarray(0, 5000), 'unexpected end of file'],
    [
      'gzip of more than is declared',
      'x.idx.gz',
      gzipSync(Buffer.concat([idx(BYTES), BYTES])),
      'more than the 4300016 bytes',
    ],
    ['gzip of less than is declared', 'x.idx.gz', gzipSync(idx(BYTES.subarray(5))), 'hold 4300011 bytes where 4300016'],
    [
      'a shape of other samples',
      'x.npy',
      writeNpy([COUNT, SIZE / 2], BYTES.subarray(SIZE * 215)),
      'have the shape [5000]',
    ],
    ['another format', 'x.npy', Buffer.from('hello'), 'the format is not known'],
    ['an empty file', 'x.npy', Buffer.alloc(0), 'the file is empty'],
  ])('%s', async (_, name, content, sentence) => {
    expect(await refusal(written(name, content))).toContain(sentence);
  });

  test('an archive whose checksum does not match, and one that is damaged', async () => {
    for (const level of [0, 6] as const) {
      const archive = Buffer.from(npz(level));
      const middle = Math.floor(archive.length / 2);
      archive[middle] = 0x55 ^ (archive[middle] ?? 0);
      expect(await refusal(written('damaged.npz', archive, '#x'))).toMatch(/checksum|cannot be read|hold/);
    }
  });
});

test('a file that is changed while it is read is noticed', async () => {
  writeFileSync(at('changing'), BYTES);
  const source = await openBytes(at('changing'), 0);
  const reading = async () => {
    let length = 0;
    for await (const part of source.parts()) {
      if (length === 0) appendFileSync(at('changing'), 'x');
      length += part.length;
    }
  };
  await expect(reading()).rejects.toThrow('changing: the file was changed while it was read. Run it again.');

  const other = await openBytes(at('changing'), 0);
  utimesSync(at('changing'), 1, 1);
  await expect(async () => {
    for await (const _ of other.parts());
  }).rejects.toThrow('was changed while it was read');
  expect(readFileSync(at('changing'))).toHaveLength(BYTES.length + 1);
});
