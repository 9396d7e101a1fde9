import { PNG } from 'pngjs';
import {
  heatColour,
  heatValue,
  negativeMask,
  readHeatMap,
  recoloured,
  reducedMap,
  summaryOf,
  writeHeatMap,
  type HeatMap,
} from './heat-map.js';
import { readIndexed, writeIndexed } from './indexed-png.js';

const [WIDTH, HEIGHT, SCALE] = [19, 11, 0.37];
/** Waves between -scale and scale, its ends and nothing among them. */
const values = Float64Array.from({ length: WIDTH * HEIGHT }, (_, i) => SCALE * Math.sin(1.7 * i));
values.set([SCALE, -SCALE, 0]);
const bytes = writeHeatMap(values, WIDTH, HEIGHT, SCALE);
const read = (file: Uint8Array): HeatMap => readHeatMap(file) ?? { width: 0, height: 0, indices: new Uint8Array() };

/** WCAG 2.2, relative luminance. */
function luminance(colour: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('the file', () => {
  test('gives back each value within half a step of 127 up to the scale', () => {
    const map = read(bytes);
    expect([map.width, map.height]).toEqual([WIDTH, HEIGHT]);
    const errors = [...map.indices].map((index, i) => Math.abs(heatValue(index, SCALE) - (values[i] ?? NaN)));
    // Half a step, and what rounding adds to it.
    expect(Math.max(...errors)).toBeLessThanOrEqual(SCALE / 254 + 1e-12);
    expect([...map.indices.subarray(0, 3)]).toEqual([254, 0, 127]);
  });

  test('is one that another reader sees in the same colours', () => {
    const { width, data } = PNG.sync.read(Buffer.from(bytes));
    expect(width).toBe(WIDTH);
    read(bytes).indices.forEach((index, i) => {
      expect([...data.subarray(4 * i, 4 * i + 4)]).toEqual([...heatColour((index - 127) / 127), 255]);
    });
  });

  test('cuts values off at the scale, and keeps apart what is not a number', () => {
    const { indices } = read(writeHeatMap([9, -9, NaN, Infinity], 4, 1, 1));
    expect([...indices]).toEqual([254, 0, 255, 254]);
    expect(heatValue(255, 1)).toBeNaN();
    expect([...read(writeHeatMap([0, 0], 2, 1, 0)).indices]).toEqual([127, 127]);
  });

  test('is not mistaken for another one, nor another one for it', () => {
    const other = PNG.sync.write(new PNG({ width: 2, height: 2 }), { colorType: 2 });
    expect(readHeatMap(other)).toBeNull();
    expect(readHeatMap(new Uint8Array(40))).toBeNull();
    expect(readHeatMap(bytes.subarray(0, bytes.length - 20))).toBeNull();
    const damaged = Uint8Array.from(bytes);
    damaged[bytes.length - 20] = (damaged[bytes.length - 20] ?? 0) ^ 1;
    expect(readHeatMap(damaged)).toBeNull();
    expect(
      readHeatMap(writeIndexed({ width: 1, height: 1, pixels: Uint8Array.of(0), palette: Uint8Array.of(1, 2, 3) })),
    ).toBeNull();
  });

  test('of 224 x 224 values of noise is below 60 kB, and a smooth one below 25 kB', () => {
    const noise = Float32Array.from({ length: 224 * 224 }, (_, i) => Math.sin(12.9898 * i * i));
    const smooth = noise.map((_, i) => Math.sin((i % 224) / 20) * Math.cos(i / 224 / 30));
    expect(writeHeatMap(noise, 224, 224, 1).length).toBeLessThan(60_000);
    expect(writeHeatMap(smooth, 224, 224, 1).length).toBeLessThan(25_000);
  });
});

describe('colours', () => {
  test('darken with the size of the value, alike on both sides, from white', () => {
    expect(heatColour(0)).toEqual([255, 255, 255]);
    for (const sign of [-1, 1]) {
      const lights = Array.from({ length: 128 }, (_, i) => luminance(heatColour((sign * i) / 127)));
      lights.slice(1).forEach((light, i) => expect(light).toBeLessThan(lights[i] ?? 0));
      // Full colour has 3 : 1 against the white of nothing.
      expect(1.05 / ((lights[127] ?? 1) + 0.05)).toBeGreaterThan(3);
    }
  });

  test('tell the sign to eyes that see them: blue is more blue than red, orange more red than blue', () => {
    for (let i = 1; i <= 127; i++) {
      const [below, above] = [heatColour(-i / 127), heatColour(i / 127)];
      expect(below[2]).toBeGreaterThan(below[0]);
      expect(above[0]).toBeGreaterThan(above[2]);
    }
  });

  test('the mask tells the sign without them: white exactly where the map is below nothing', () => {
    const map = read(bytes);
    const { data } = PNG.sync.read(Buffer.from(negativeMask(map)));
    map.indices.forEach((index, i) => expect(data[4 * i]).toBe(index < 127 ? 255 : 0));
  });

  test('of another scale are those that the values have on it', () => {
    const twice = readIndexed(recoloured(read(bytes), 0.5));
    expect(twice?.pixels).toEqual(read(bytes).indices);
    for (const index of [0, 60, 127, 200, 254]) {
      expect([...(twice?.palette.subarray(3 * index, 3 * index + 3) ?? [])]).toEqual([
        ...heatColour((index - 127) / 254),
      ]);
    }
  });
});

test('a reduced map holds the means of what it stands for', () => {
  const map = read(writeHeatMap([1, 0, -1, -1, 1, 0, -1, -1], 4, 2, 1));
  expect(reducedMap(map, 2)).toEqual({ width: 2, height: 1, indices: Uint8Array.of(191, 0) });
  expect(reducedMap(map, 4)).toBe(map);
});

describe('a summary', () => {
  test('adds up to the map, and finds its ends', () => {
    const { sum, cells, strongest } = summaryOf(values, WIDTH, HEIGHT);
    const total = values.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - total)).toBeLessThan(1e-12);
    expect(Math.abs(cells.flat().reduce((a, b) => a + b, 0) - total)).toBeLessThan(1e-12);
    expect(cells.map((row) => row.length)).toEqual([4, 4, 4, 4]);
    expect(strongest).toEqual([
      { row: 0, column: 0, value: SCALE },
      { row: 0, column: 1, value: -SCALE },
    ]);
  });

  test('puts each quarter where it lies', () => {
    const quarters = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 1 : 10) * (i < 32 ? 1 : -1));
    expect(summaryOf(quarters, 8, 8).cells).toEqual([
      [4, 4, 40, 40],
      [4, 4, 40, 40],
      [-4, -4, -40, -40],
      [-4, -4, -40, -40],
    ]);
  });

  test('of small, empty and broken maps says no more than there is', () => {
    expect(summaryOf([0, 0], 2, 1)).toEqual({ sum: 0, cells: [[0, 0]], strongest: [] });
    expect(summaryOf([NaN, 3], 2, 1)).toEqual({
      sum: 3,
      cells: [[0, 3]],
      strongest: [{ row: 0, column: 1, value: 3 }],
    });
  });
});
