import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { digestOfBytes } from '#base/digest';
import { row } from '#base/tensor';
import type { ImageDomain, TabularDomain } from '#target/domain';
import type { Head } from '#target/head';
import { loadSamples, type SamplesOverride } from './load-samples.js';
import type { NumericData } from './numeric-array.js';
import { writeNpy } from './write-npy.js';

const folder = mkdtempSync(join(tmpdir(), 'assay-samples-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function image(
  shape: readonly number[],
  layout: 'NCHW' | 'NHWC',
  range: readonly [number, number] = [0, 1],
): ImageDomain {
  return { kind: 'image', layout, shape, range, mean: [0], std: [1] };
}
const TABLE: TabularDomain = { kind: 'tabular', shape: [3], range: [-10, 10], mean: [0], std: [1] };
const CLASSES: Head = { kind: 'classes', count: 3 };

interface Given {
  readonly inputs: readonly [readonly number[], NumericData];
  readonly labels: readonly [readonly number[], NumericData];
  readonly domain?: ImageDomain | TabularDomain;
  readonly head?: Head;
  readonly scale?: number;
  readonly sample?: number;
}

/** Writes the arrays and loads them; messages have no folder. */
async function load(given: Given, override: SamplesOverride = {}, seed: number | string = 7) {
  writeFileSync(at('x.npy'), writeNpy(...given.inputs));
  writeFileSync(at('y.npy'), writeNpy(...given.labels));
  const { scale, sample } = given;
  const config = {
    inputs: at('x.npy'),
    labels: at('y.npy'),
    ...(scale === undefined ? {} : { scale }),
    ...(sample === undefined ? {} : { sample }),
  };
  return loadSamples(config, { domain: given.domain ?? TABLE, head: given.head ?? CLASSES }, seed, override);
}

async function sentence(given: Given): Promise<string> {
  return load(given).then(
    () => 'nothing',
    (thrown: unknown) => (thrown as Error).message.replaceAll(`${folder}/`, ''),
  );
}

const rows = (n: number, width = 3) => Float32Array.from({ length: n * width }, (_, i) => Math.sin(i));
const cycle = (n: number, count = 3) => Uint8Array.from({ length: n }, (_, i) => i % count);

/** `n` rows of the table with the labels 0, 1, 2, 0, ... */
const table = (n: number, change: Partial<Given> = {}): Given => ({
  inputs: [[n, 3], rows(n)],
  labels: [[n], cycle(n)],
  ...change,
});

describe('loadSamples', () => {
  test('gives every sample with its truth and its place', async () => {
    const { samples, card } = await load(table(5));
    expect(samples.inputs).toEqual({ shape: [5, 3], data: rows(5) });
    expect(samples.labels).toEqual({ width: 1, values: Float64Array.of(0, 1, 2, 0, 1) });
    expect(samples.indices).toEqual([0, 1, 2, 3, 4]);
    const inputFile = writeNpy([5, 3], rows(5));
    expect(card).toMatchObject({
      role: 'test',
      available: 5,
      used: 5,
      drawn: 'all 5 samples',
      classes: [
        { label: '0', count: 2 },
        { label: '1', count: 2 },
        { label: '2', count: 1 },
      ],
      columns: [],
    });
    expect(card.files[0]).toEqual({ name: 'x.npy', sha256: digestOfBytes(inputFile), bytes: inputFile.length });
    expect(card.files).toHaveLength(2);
  });

  test('its digest is of values, truth and indices, and not of the files', async () => {
    const digest = async (given: Given, override: SamplesOverride = {}) => (await load(given, override)).card.digest;
    const first = await digest(table(6));
    expect(await digest(table(6, { labels: [[6, 1], Float64Array.from(cycle(6))] }))).toBe(first);
    expect(await digest(table(6), { role: 'train' })).toBe(first);
    expect(await digest(table(6, { labels: [[6], cycle(6).reverse()] }))).not.toBe(first);
    expect(await digest(table(6, { inputs: [[6, 3], rows(6).reverse()] }))).not.toBe(first);
    expect(await digest(table(6), { sample: 5 })).not.toBe(first);
  });

  test('draws a subset that keeps the shares, by the seed, with indices of the whole set', async () => {
    const { samples, card } = await load(table(300, { sample: 30 }));
    expect(samples.indices).toHaveLength(30);
    for (const [i, index] of samples.indices.entries()) {
      expect(row(samples.inputs, i)).toEqual(rows(300).subarray(index * 3, index * 3 + 3));
      expect(samples.labels.values[i]).toBe(index % 3);
    }
    expect(card.classes.map(({ count }) => count)).toEqual([10, 10, 10]);
    expect(card).toMatchObject({
      available: 300,
      used: 30,
      drawn: '30 of 300 samples, drawn stratified by label with seed 7',
    });
    const again = await load(table(300), { sample: 30 });
    expect(again.samples.indices).toEqual(samples.indices);
    expect((await load(table(300, { sample: 30 }), {}, 8)).samples.indices).not.toEqual(samples.indices);
  });

  test('says so where more samples are asked for than there are', async () => {
    const { card } = await load(table(5, { sample: 50 }));
    expect(card).toMatchObject({ used: 5, drawn: 'all 5 samples (50 were asked for)' });
  });

  test('reads both arrays out of one archive, and lists it once', async () => {
    const npz = zipSync({ 'x.npy': writeNpy([4, 3], rows(4)), 'y.npy': writeNpy([4], cycle(4)) });
    writeFileSync(at('both.npz'), npz);
    const config = { inputs: at('both.npz#x'), labels: at('both.npz#y') };
    const { samples, card } = await loadSamples(config, { domain: TABLE, head: CLASSES }, 0);
    expect(samples.labels.values).toEqual(Float64Array.of(0, 1, 2, 0));
    expect(card.files).toEqual([{ name: 'both.npz', sha256: digestOfBytes(npz), bytes: npz.length }]);
  });

  test('bytes times 1/255 are the same float32 as bytes divided by 255', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const { samples } = await load({
      inputs: [[1, 16, 16], bytes],
      labels: [[1], cycle(1)],
      domain: image([1, 16, 16], 'NCHW'),
      scale: 0.00392156862745098,
    });
    expect(samples.inputs.data).toEqual(Float32Array.from(bytes, (byte) => byte / 255));
  });
});

describe('shapes of inputs', () => {
  const pixels = rows(2, 12).map(Math.abs);
  const given = (stored: readonly number[], domain: ImageDomain): Given => ({
    inputs: [stored, pixels],
    labels: [[2], cycle(2)],
    domain,
  });

  test.each([
    ['as the model takes them', [2, 3, 2, 2], image([3, 2, 2], 'NCHW')],
    ['channels last', [2, 2, 2, 3], image([2, 2, 3], 'NHWC')],
    ['without the one channel', [2, 3, 4], image([1, 3, 4], 'NCHW')],
    ['without the one channel, channels last', [2, 3, 4], image([3, 4, 1], 'NHWC')],
    ['flat', [2, 12], image([3, 2, 2], 'NCHW')],
  ])('%s', async (_, stored, domain) => {
    const { samples } = await load(given(stored, domain));
    expect(samples.inputs).toEqual({ shape: [2, ...domain.shape], data: pixels });
  });

  test.each([
    [
      'another layout',
      given([2, 2, 2, 3], image([3, 2, 2], 'NCHW')),
      'x.npy: its samples have the shape [2, 2, 3] and the target takes [3, 2, 2]. Transpose the array, or correct `layout`.',
    ],
    [
      'another size',
      given([2, 3, 4], image([1, 3, 5], 'NCHW')),
      'x.npy: its samples have the shape [3, 4] and the target takes [1, 3, 5]. Store the samples as the model takes them.',
    ],
    ['flat of another size', table(2, { inputs: [[2, 4], rows(2, 4)] }), 'have the shape [4] and the target takes [3]'],
    ['no axis', table(1, { inputs: [[], Float32Array.of(1)] }), 'x.npy: there are no samples in it.'],
    ['no samples', table(0), 'x.npy: there are no samples in it.'],
  ])('%s is refused', async (_, bad, expected) => {
    expect(await sentence(bad)).toContain(expected);
  });
});

describe('values of inputs', () => {
  const grey = (values: NumericData, change: Partial<Given> = {}): Given => ({
    inputs: [[values.length / 4, 2, 2], values],
    labels: [[values.length / 4], cycle(values.length / 4)],
    domain: image([1, 2, 2], 'NCHW'),
    ...change,
  });

  test.each([
    [
      Float32Array.of(0, 0, 0, 0, 0, NaN, 0, 0),
      'x.npy: sample 1 holds NaN at position 1. Every input has to be a finite number.',
    ],
    [Float64Array.of(0, 0, 0, -Infinity), 'x.npy: sample 0 holds -Infinity at position 3.'],
    [
      Uint8Array.of(0, 1, 0, 0, 0, 0, 128, 0),
      "x.npy: the value 128 of sample 1 is outside the domain's range [0, 1]. " +
        'If the file holds bytes from 0 to 255, set `scale` to 0.00392156862745098.',
    ],
    [
      Float32Array.of(0, -0.5, 1, 1),
      "x.npy: the value -0.5 of sample 0 is outside the domain's range [0, 1]. " +
        'Correct `range`, or set `scale` to what the stored values are to be multiplied by.',
    ],
    [Float64Array.of(0, 0, 0, 1.000002), 'the value 1.000002 of sample 0 is outside'],
  ])('%p', async (values, expected) => {
    expect(await sentence(grey(values))).toContain(expected);
  });

  test('a scale that does not fit is named', async () => {
    expect(await sentence(grey(Uint8Array.of(0, 255, 0, 0), { scale: 0.01 }))).toBe(
      "x.npy: the value 2.55 of sample 0 is outside the domain's range [0, 1]. " +
        'It was multiplied by `scale`, 0.01: correct that or `range`.',
    );
  });

  test('what rounding moved out of the range is moved back onto its end', async () => {
    const { samples } = await load(grey(Float64Array.of(1 + 9e-7, -9e-7, 0.5, 1)));
    expect(samples.inputs.data).toEqual(Float32Array.of(1, 0, 0.5, 1));
  });

  test('samples that are not drawn are checked too', async () => {
    const values = new Float32Array(400);
    values[399] = 7;
    expect(await sentence(grey(values, { sample: 1 }))).toContain('the value 7 of sample 99');
  });
});

describe('labels', () => {
  const labelled = (head: Head, shape: readonly number[], values: NumericData): Given =>
    table(shape[0] ?? 0, { labels: [shape, values], head });
  const binary: Head = { kind: 'binary' };
  const multi: Head = { kind: 'multi-label', count: 2 };
  const regression: Head = { kind: 'regression', count: 2, tolerance: 1 };

  test.each([
    [
      'a class that there is not',
      labelled({ kind: 'classes', count: 10 }, [3], Uint8Array.of(0, 9, 10)),
      'y.npy: label 10 of sample 2 is outside 0 to 9. Correct the labels, or the `head` of the target.',
    ],
    [
      'classes from 1',
      labelled(CLASSES, [3], Uint8Array.of(1, 2, 3)),
      'label 3 of sample 2 is outside 0 to 2. Class indices count from 0: subtract 1.',
    ],
    ['a negative class', labelled(CLASSES, [1], Int8Array.of(-1)), 'label -1 of sample 0 is outside 0 to 2'],
    ['half a class', labelled(CLASSES, [2], Float32Array.of(0, 0.5)), 'label 0.5 of sample 1 is not a class index'],
    ['no class', labelled(CLASSES, [2], Float32Array.of(NaN, 0)), 'label NaN of sample 0 is not a class index'],
    [
      'one-hot classes',
      labelled(CLASSES, [2, 3], Uint8Array.of(1, 0, 0, 0, 1, 0)),
      'the labels have the shape [2, 3], and the head `classes` takes [n]. They look one-hot: store the index of the class instead.',
    ],
    ['signs', labelled(binary, [2], Int8Array.of(1, -1)), 'label -1 of sample 1 is neither 0 nor 1. Store -1 as 0.'],
    ['probabilities', labelled(binary, [1], Float32Array.of(0.3)), 'is neither 0 nor 1. Correct the labels'],
    [
      'too few bits',
      labelled(multi, [2], Uint8Array.of(0, 1)),
      'the labels have the shape [2], and the head `multi-label` takes [n, 2]',
    ],
    ['other bits', labelled(multi, [2, 2], Uint8Array.of(0, 1, 1, 2)), 'label 2 of sample 1 is neither 0 nor 1'],
    [
      'no value',
      labelled(regression, [2, 2], Float64Array.of(0, 1, 1, Infinity)),
      'label Infinity of sample 1 is not a finite number',
    ],
    ['a scalar', table(1, { labels: [[], Uint8Array.of(1)] }), 'the labels have the shape []'],
    [
      'another number of labels',
      table(3, { labels: [[2], Uint8Array.of(0, 1)] }),
      'y.npy: there are 2 labels for 3 inputs. Give one label for each input, in the same order.',
    ],
    [
      'reserved heads',
      table(1, { head: { kind: 'ranking', count: 3, k: 1 } }),
      'the head `ranking` cannot be audited by this version',
    ],
  ])('%s: refused', async (_, bad, expected) => {
    expect(await sentence(bad)).toContain(expected);
  });

  test('one bit a label is stratified by the combination and counted by the label', async () => {
    const bits = Uint8Array.from({ length: 200 }, (_, i) => Number(i % 8 < 3));
    const { samples, card } = await load(table(100, { labels: [[100, 2], bits], head: multi, sample: 20 }));
    expect(samples.labels.width).toBe(2);
    const combinations = samples.indices.map((_, i) => samples.labels.values.subarray(2 * i, 2 * i + 2).join(''));
    // Bits 8i to 8i + 7 are 11 10 00 00.
    expect(['11', '10', '00', '01'].map((wanted) => combinations.filter((bit) => bit === wanted).length)).toEqual([
      5, 5, 10, 0,
    ]);
    expect(card.classes).toEqual([
      { label: '0', count: 10 },
      { label: '1', count: 5 },
    ]);
  });

  test('a binary head counts both labels', async () => {
    const { card } = await load(table(4, { labels: [[4], Uint8Array.of(1, 1, 1, 1)], head: binary }));
    expect(card.classes).toEqual([
      { label: '0', count: 0 },
      { label: '1', count: 4 },
    ]);
  });

  test('regression draws at random and has no classes', async () => {
    const values = Float64Array.from({ length: 200 }, (_, i) => i / 7);
    const { samples, card } = await load(table(100, { labels: [[100, 2], values], head: regression, sample: 10 }));
    expect(card).toMatchObject({ drawn: '10 of 100 samples, drawn at random with seed 7', classes: [] });
    for (const [i, index] of samples.indices.entries())
      expect(samples.labels.values[2 * i + 1]).toBe((2 * index + 1) / 7);
  });
});

test('texts without a tokenizer are refused', async () => {
  const facts = { domain: { kind: 'text', shape: [8] }, head: CLASSES } as const;
  await expect(loadSamples({ inputs: at('x'), labels: at('y') }, facts, 0)).rejects.toThrow(
    'texts are read, and there is no tokenizer',
  );
});

const FASHION = '/usr/share/datasets/fashion-mnist/t10k-';
const fashion = existsSync(`${FASHION}images-idx3-ubyte.gz`) ? test : test.skip;
if (fashion === test.skip) console.warn('skipped: Fashion-MNIST is missing (Debian package dataset-fashion-mnist)');
fashion('Fashion-MNIST: 500 test images are 50 of each class', async () => {
  const { samples, card } = await loadSamples(
    { inputs: `${FASHION}images-idx3-ubyte.gz`, labels: `${FASHION}labels-idx1-ubyte.gz`, scale: 1 / 255, sample: 500 },
    { domain: image([1, 28, 28], 'NCHW'), head: { kind: 'classes', count: 10 } },
    0,
  );
  expect(samples.inputs.shape).toEqual([500, 1, 28, 28]);
  expect(card.available).toBe(10_000);
  expect(card.classes.map(({ count }) => count)).toEqual(new Array(10).fill(50));
});
