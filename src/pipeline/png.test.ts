import { PNG } from 'pngjs';
import { heatValue, readHeatMap } from '#report/heat-map';
import type { ImageDomain } from '#target/domain';
import {
  amplificationFor,
  drawMap,
  drawPerturbation,
  drawSample,
  isDrawable,
  pixelMap,
  summarizeMap,
  type Drawing,
} from './png.js';

const domain = (layout: 'NCHW' | 'NHWC', shape: number[], range: [number, number] = [0, 1]): ImageDomain => ({
  kind: 'image',
  layout,
  shape,
  range,
  mean: [0],
  std: [1],
});

/** Red, green and blue of each pixel, row by row. */
function pixelsOf({ bytes }: Drawing): number[][] {
  const { data } = PNG.sync.read(Buffer.from(bytes));
  return Array.from({ length: data.length / 4 }, (_, i) => [...data.subarray(4 * i, 4 * i + 3)]);
}

test('both layouts of one picture give the same file', () => {
  // Two rows of three pixels: pixel p has red p, green p + 10, blue p + 20, of 255.
  const value = (pixel: number, channel: number) => (pixel + 10 * channel) / 255;
  const nchw = Float32Array.from({ length: 18 }, (_, i) => value(i % 6, Math.floor(i / 6)));
  const nhwc = Float32Array.from({ length: 18 }, (_, i) => value(Math.floor(i / 3), i % 3));
  const drawing = drawSample(domain('NCHW', [3, 2, 3]), nchw);
  expect([drawing.width, drawing.height]).toEqual([3, 2]);
  expect(pixelsOf(drawing)).toEqual([0, 1, 2, 3, 4, 5].map((p) => [p, p + 10, p + 20]));
  expect(drawSample(domain('NHWC', [2, 3, 3]), nhwc).bytes).toEqual(drawing.bytes);
});

test("one channel is grey, and the range's ends are black and white", () => {
  const drawing = drawSample(domain('NCHW', [1, 1, 3], [-2, 2]), Float32Array.of(-2, 0, 2));
  expect(pixelsOf(drawing)).toEqual([0, 128, 255].map((grey) => [grey, grey, grey]));
});

test('values outside of the range, and NaN, are drawn and break nothing', () => {
  expect(pixelsOf(drawSample(domain('NCHW', [1, 1, 3]), Float32Array.of(-9, 9, NaN))).map(([red]) => red)).toEqual([
    0, 255, 0,
  ]);
});

test('a perturbation is grey + amplification * delta', () => {
  const original = Float32Array.of(0.5, 0.5, 0.5);
  const changed = Float32Array.of(0.5, 0.6, 0.4);
  const greys = pixelsOf(drawPerturbation(domain('NCHW', [1, 1, 3]), original, changed, 4)).map(([red]) => red);
  // 127.5 + 255 * 4 * 0.1 = 229.5 and 25.5, rounded; the thirds of float32 move neither across a whole number by more than one.
  expect(greys[0]).toBe(128);
  expect(Math.abs((greys[1] ?? 0) - 229.5)).toBeLessThan(1);
  expect(Math.abs((greys[2] ?? 0) - 25.5)).toBeLessThan(1);
});

test('amplification is the largest whole number that draws the largest change unclipped', () => {
  const unit = domain('NCHW', [1, 2, 2]);
  expect(amplificationFor(unit, 0.1)).toBe(5);
  expect(amplificationFor(unit, Math.fround(0.1) + 1e-7)).toBe(5);
  expect(amplificationFor(unit, 8 / 255)).toBe(15);
  expect(amplificationFor(domain('NCHW', [1, 2, 2], [0, 255]), 8)).toBe(15);
  expect(amplificationFor(unit, 0.9)).toBe(1);
  expect(amplificationFor(unit, 0)).toBe(1);
  expect(amplificationFor(unit, NaN)).toBe(1);
});

test('a map is a palette picture of one value a pixel, and its summary adds up to it', () => {
  const image = domain('NCHW', [1, 1, 5]);
  const values = Float32Array.of(-127, -63, 0, 1, 127);
  const map = readHeatMap(drawMap(image, values, 127).bytes);
  expect([map?.width, map?.height]).toEqual([5, 1]);
  expect([...(map?.indices ?? [])].map((index) => heatValue(index, 127))).toEqual([...values]);
  expect(summarizeMap(image, values)).toEqual({
    sum: -62,
    cells: [[-190, 0, 1, 127]],
    strongest: [
      { row: 0, column: 4, value: 127 },
      { row: 0, column: 0, value: -127 },
    ],
  });
});

test('channels of a map are added up, which keeps its sum', () => {
  const map = Float32Array.from({ length: 12 }, (_, i) => i - 5);
  const total = map.reduce((sum, value) => sum + value, 0);
  for (const image of [domain('NCHW', [3, 2, 2]), domain('NHWC', [2, 2, 3])]) {
    const pixels = pixelMap(image, map) ?? new Float32Array();
    expect(pixels).toHaveLength(4);
    expect(pixels.reduce((sum, value) => sum + value, 0)).toBe(total);
  }
  expect([...(pixelMap(domain('NHWC', [2, 2, 3]), map) ?? [])]).toEqual([-12, -3, 6, 15]);
  expect(pixelMap(domain('NCHW', [3, 2, 2]), new Float32Array(5))).toBeNull();
});

test('only one and three channels can be drawn', () => {
  expect([1, 2, 3, 4].map((channels) => isDrawable(domain('NCHW', [channels, 2, 2])))).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(isDrawable(domain('NHWC', [2, 2, 3]))).toBe(true);
  expect(isDrawable(domain('NHWC', [3, 2, 2]))).toBe(false);
});
