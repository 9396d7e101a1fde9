import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import type { ImageDomain, TabularDomain, TextDomain } from '#target/domain';
import { partitionOf, type PartitionOptions } from './partition.js';
import { gridRegions, slicRegions, type Regions } from './regions.js';
import { colourPlanes } from './colours.js';

const OPTIONS: PartitionOptions = { regions: 50, segmentation: 'super-pixels', compactness: 10, parts: 64 };
const fashion: ImageDomain = { kind: 'image', layout: 'NCHW', shape: [1, 28, 28], range: [0, 1], mean: [0], std: [1] };
const pixels = gunzipSync(
  readFileSync(join(packageRoot(), 'fixtures/data/fashion-test-images.idx3-ubyte.gz')),
).subarray(16);
const colour = (layout: 'NCHW' | 'NHWC', side: number): ImageDomain => ({
  ...{ kind: 'image', layout, range: [0, 255], mean: [0, 0, 0], std: [1, 1, 1] },
  shape: layout === 'NCHW' ? [3, side, side] : [side, side, 3],
});

/** Pixels of each region that cannot be reached from its first one. */
function unreached({ of, count }: Regions, width: number): number {
  let reached = 0;
  for (let region = 0; region < count; region++) {
    const stack = [of.indexOf(region)];
    const seen = new Set(stack);
    while (stack.length > 0) {
      const pixel = stack.pop()!;
      const column = pixel % width;
      const beside = [
        pixel - width,
        pixel + width,
        ...(column > 0 ? [pixel - 1] : []),
        ...(column < width - 1 ? [pixel + 1] : []),
      ];
      for (const other of beside) {
        if (of[other] !== region || seen.has(other)) continue;
        seen.add(other);
        stack.push(other);
      }
    }
    reached += seen.size;
  }
  return of.length - reached;
}

describe('super-pixels', () => {
  test.each([0, 1, 2, 3, 4])('of fashion image %d are about as many as asked for, whole and connected', (index) => {
    const planes = colourPlanes(
      fashion,
      Array.from(pixels.subarray(784 * index, 784 * (index + 1)), (value) => value / 255),
    );
    const regions = slicRegions(planes, 50, 10);
    expect(new Set(regions.of).size).toBe(regions.count);
    expect(Math.min(...regions.of)).toBe(0);
    expect(Math.max(...regions.of)).toBe(regions.count - 1);
    expect(regions.count).toBeGreaterThanOrEqual(30);
    expect(regions.count).toBeLessThanOrEqual(70);
    expect(unreached(regions, 28)).toBe(0);
    expect(slicRegions(planes, 50, 10)).toEqual(regions);
  });

  test('follow an edge that a grid crosses', () => {
    const side = 40;
    // The edge leans and lies between the middles of cells.
    const isRight = (pixel: number) => pixel % side > 13 + Math.floor(pixel / side) / 8;
    const domain = colour('NCHW', side);
    const values = new Float32Array(3 * side * side).fill(60);
    for (let pixel = 0; pixel < side * side; pixel++) if (isRight(pixel)) values[pixel] = 250;
    const crossed = ({ of, count }: Regions) =>
      Array.from({ length: count }, (_, region) => {
        const right = of.reduce((sum, each, pixel) => sum + (each === region && isRight(pixel) ? 1 : 0), 0);
        const all = of.reduce((sum, each) => sum + (each === region ? 1 : 0), 0);
        return Math.min(right, all - right);
      }).reduce((a, b) => a + b, 0);
    expect(crossed(slicRegions(colourPlanes(domain, values), 25, 10))).toBe(0);
    expect(crossed(gridRegions(side, side, 25))).toBeGreaterThan(40);
  });

  test('see colours that are equally bright, in either layout', () => {
    const [red, green, blue] = colourPlanes(colour('NHWC', 1), [255, 0, 0]).planes;
    // CIELAB of the red of sRGB, as published.
    expect(red?.[0]).toBeCloseTo(53.24, 1);
    expect(green?.[0]).toBeCloseTo(80.09, 1);
    expect(blue?.[0]).toBeCloseTo(67.2, 1);
    expect(colourPlanes(colour('NCHW', 1), [255, 0, 0])).toEqual(colourPlanes(colour('NHWC', 1), [255, 0, 0]));
    const [white] = colourPlanes(colour('NCHW', 1), [255, 255, 255]).planes;
    expect(white?.[0]).toBeCloseTo(100, 4);
  });
});

test('regions have all channels of their pixels', () => {
  const { of, names } = partitionOf(colour('NCHW', 4), new Float32Array(48), null, {
    ...OPTIONS,
    regions: 4,
    segmentation: 'grid',
  });
  const plane = [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3];
  expect([...of]).toEqual([...plane, ...plane, ...plane]);
  expect(names[3]).toBe('region 3 around row 3, column 3');
  const last = partitionOf(colour('NHWC', 4), new Float32Array(48), null, {
    ...OPTIONS,
    regions: 4,
    segmentation: 'grid',
  });
  expect([...last.of]).toEqual(plane.flatMap((region) => [region, region, region]));
});

test.each([
  [28, 28, 49, 49],
  [10, 40, 4, 4],
  [3, 3, 100, 9],
  [5, 5, 1, 1],
])('a grid of %d x %d pixels and %d regions has %d', (height, width, asked, expected) => {
  const { of, count } = gridRegions(height, width, asked);
  expect(count).toBe(expected);
  expect(new Set(of).size).toBe(expected);
});

test('columns of a table: a category is one feature', () => {
  const domain: TabularDomain = {
    ...{ kind: 'tabular', shape: [3], range: [0, 1], mean: [0, 0, 0], std: [1, 1, 1] },
    columns: [
      { kind: 'one-hot', name: 'colour', immutable: false, positions: [0, 2], categories: ['red', 'blue'] },
      {
        ...{ kind: 'numeric', name: 'age', immutable: false, position: 1, range: [0, 1], grid: null, categories: null },
        units: { offset: 0, factor: 1 },
      },
    ],
  };
  expect(partitionOf(domain, [1, 0.5, 0], null, OPTIONS)).toEqual({
    names: ['colour', 'age'],
    of: Int32Array.of(0, 1, 0),
  });
});

test('tokens of a text: padding and special ones are in no feature', () => {
  const domain: TextDomain = {
    kind: 'text',
    shape: [6],
    tokens: { vocabulary: 100, padding: 0, mask: null, special: [0, 1, 2] },
  };
  const words = ['[CLS]', 'good', 'film', '[SEP]', '[PAD]', '[PAD]'];
  const expected = { names: ['good', 'film'], of: Int32Array.of(-1, 0, 1, -1, -1, -1) };
  expect(partitionOf(domain, [1, 7, 8, 2, 0, 0], words, OPTIONS)).toEqual(expected);
  expect(partitionOf(domain, [1, 7, 8, 2, 0, 0], null, OPTIONS).names).toEqual(['token 1', 'token 2']);
});

describe('a text with more tokens than parts', () => {
  const tokens = { vocabulary: 900, padding: 0, mask: 4, special: [0, 1, 2, 4] };
  const domain: TextDomain = { kind: 'text', shape: [12], tokens };
  const ids = [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 2, 0];
  const reads = ['[CLS]', 'an', 'un', '##like', '##ly', 'tale', ',', 'well', 'told', '.', '[SEP]', '[PAD]'];
  const parted = (parts: number, words: readonly string[] | null = reads) =>
    partitionOf(domain, ids, words, { ...OPTIONS, parts });

  test('is divided into stretches of nearly equal length that part no word', () => {
    const { of, names } = parted(3);
    expect([...of]).toEqual([-1, 0, 0, 0, 0, 1, 1, 2, 2, 2, -1, -1]);
    expect(names).toEqual(['an unlikely', 'tale ,', 'well told .']);
  });

  test('of which each has a token, and there are never more than were asked for', () => {
    for (let parts = 1; parts <= 12; parts++) {
      for (const words of [reads, null]) {
        const { of, names } = parted(parts, words);
        expect(names.length).toBeLessThanOrEqual(Math.min(parts, 9));
        expect(names.every((_, part) => of.includes(part))).toBe(true);
        expect([...of].filter((part) => part >= 0)).toEqual([...of].filter((part) => part >= 0).sort((a, b) => a - b));
      }
    }
    expect(parted(4, null).names).toHaveLength(4);
  });

  test('long stretches are named by their beginning and end, and words of other tokenizers begin with a space', () => {
    expect(parted(1).names).toEqual(['an unlike … .']);
    const spaced = ['', ' A', ' w', 'ord', ' b', 'it', ' c', ' d', ' e', ' f', '', ''];
    expect(parted(6, spaced).names).toEqual(['A word', 'bit', ' c', ' d', ' e', ' f']);
  });
});
