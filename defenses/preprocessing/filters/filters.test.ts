import type { Tensor } from '#base/tensor';
import { isDifferentiable } from '#target/target';
import { fashion } from '../../../test/fashion.js';
import { bitDepth } from './bit-depth.js';
import { behind } from './front.js';
import { jpeg } from './jpeg.js';
import { smoothing } from './smoothing.js';

const unit = { range: [0, 1] } as const;

/** One gray image. */
function gray(rows: readonly (readonly number[])[]): Tensor {
  return { shape: [1, 1, rows.length, rows[0]?.length ?? 0], data: Float32Array.from(rows.flat()) };
}

const image = (height: number, width: number, channels = 1, layout: 'NCHW' | 'NHWC' = 'NCHW') => ({
  ...({ kind: 'image', layout, range: [0, 1] } as const),
  shape: layout === 'NCHW' ? [channels, height, width] : [height, width, channels],
});

/** The same images with the channels of a pixel side by side. */
function channelsLast({ shape: [n = 0, c = 0, h = 0, w = 0], data }: Tensor): Tensor {
  const moved = new Float32Array(data.length);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < c; k++)
      for (let p = 0; p < h * w; p++) moved[(i * h * w + p) * c + k] = data[(i * c + k) * h * w + p] ?? NaN;
  return { shape: [n, h, w, c], data: moved };
}

function ramp(channels: number, height: number, width: number, n = 2): Tensor {
  const data = Float32Array.from({ length: n * channels * height * width }, (_, i) => ((i * 37) % 101) / 100);
  return { shape: [n, channels, height, width], data };
}

describe('bit depth', () => {
  test('one bit is a threshold at the middle, and ends stay where they are', async () => {
    const { data } = await bitDepth(unit, 1).apply(gray([[0, 0.49, 0.5, 0.51, 1]]));
    expect([...data]).toEqual([0, 0, 1, 1, 1]);
  });

  test('levels lie evenly in the units of the data', async () => {
    // Three steps of 85 between 0 and 255.
    const { data } = await bitDepth({ range: [0, 255] }, 2).apply(gray([[0, 42, 43, 100, 213, 255]]));
    expect([...data]).toEqual([0, 0, 85, 85, 255, 255]);
  });

  test('bytes keep all their 8 bits, to rounding of float32', async () => {
    const bytes = gray([Array.from({ length: 256 }, (_, i) => i / 255)]);
    const { data } = await bitDepth(unit, 8).apply(bytes);
    expect(Math.max(...data.map((value, i) => Math.abs(value - (bytes.data[i] ?? NaN))))).toBeLessThan(1e-7);
  });
});

describe('smoothing', () => {
  const picture = gray([
    [1, 9, 3],
    [7, 5, 2],
    [4, 8, 6],
  ]);

  // scipy 1.x: ndimage.median_filter(a, size), ndimage.uniform_filter(a, 3), mode `reflect`.
  test.each([
    [3, [5, 3, 3, 5, 5, 5, 5, 6, 6]],
    [2, [1, 9, 9, 7, 7, 5, 7, 7, 6]],
  ] as const)('the median of %i x %i is that of scipy', async (size, wanted) => {
    expect([...(await smoothing(image(3, 3), size, 'median').apply(picture)).data]).toEqual(wanted);
  });

  test('the mean of a window is its mean, edges mirrored', async () => {
    const { data } = await smoothing(image(3, 3), 3, 'mean').apply(picture);
    expect(data[4]).toBeCloseTo(45 / 9, 6);
    // Rows 0, 0, 1 and columns 0, 0, 1: 1 four times, 9 and 7 twice, 5 once.
    expect(data[0]).toBeCloseTo((4 * 1 + 2 * 9 + 2 * 7 + 5) / 9, 6);
  });

  test.each(['median', 'mean'] as const)('%s: the layout of the channels makes no difference', async (filter) => {
    const batch = ramp(3, 5, 4);
    const first = await smoothing(image(5, 4, 3), 3, filter).apply(batch);
    const last = await smoothing(image(5, 4, 3, 'NHWC'), 3, filter).apply(channelsLast(batch));
    expect(last).toEqual(channelsLast(first));
  });

  test.each([
    ['median', 0],
    ['mean', 0],
  ] as const)('%s: its own way back is its derivative', async (filter, way) => {
    const front = smoothing(image(5, 4, 2), 3, filter);
    const batch = ramp(2, 5, 4, 1);
    const weights = ramp(2, 5, 4, 1).data.map((value, i) => value - (i % 3) / 2);
    const sumOf = async (data: Float32Array): Promise<number> =>
      (await front.apply({ ...batch, data })).data.reduce((sum, value, i) => sum + value * (weights[i] ?? NaN), 0);
    const back = await front.surrogates[way]?.backward?.(batch, { shape: batch.shape, data: weights });
    // Values differ by 0.01 at least: a change of 0.002 swaps none. What float32 rounds, 1e-7 of sums of about 10, is 1e-3 of it.
    const step = 0.002;
    for (const i of [0, 7, 13, 39]) {
      const moved = async (by: number) => sumOf(batch.data.map((value, j) => (j === i ? value + by : value)));
      const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
      expect(Math.abs(slope - (back?.data[i] ?? NaN))).toBeLessThan(2e-3);
    }
  });
});

describe('JPEG', () => {
  test('a flat image of a byte comes back as it is', async () => {
    // A flat block has its mean alone, in steps of 16 / 8 = 2 bytes at quality 50, of 1 at quality 75.
    const flat: Tensor = { shape: [1, 1, 16, 16], data: new Float32Array(256).fill(128 / 255) };
    expect((await jpeg(image(16, 16), 75).apply(flat)).data).toEqual(flat.data);
  });

  test('a lower quality keeps less, and the best nearly all', async () => {
    const { samples, target } = await fashion('fashion-mlp', 4);
    const lossAt = async (quality: number): Promise<number> => {
      const { data } = await jpeg(image(28, 28), quality).apply(samples.inputs);
      return data.reduce((sum, value, i) => sum + Math.abs(value - (samples.inputs.data[i] ?? NaN)), 0) / data.length;
    };
    const [low, middle, best] = [await lossAt(10), await lossAt(75), await lossAt(100)];
    expect(low).toBeGreaterThan(1.5 * middle);
    expect(middle).toBeGreaterThan(2 * best);
    // Rounding of 64 coefficients to whole numbers: less than one byte a pixel.
    expect(best).toBeLessThan(1 / 255);
    await target.dispose();
  });

  test('gray and colours, either layout, alone and in a batch', async () => {
    const batch = ramp(3, 16, 8);
    const front = jpeg(image(16, 8, 3), 75);
    const whole = await front.apply(batch);
    const size = 3 * 16 * 8;
    for (const i of [0, 1]) {
      const one = { shape: [1, 3, 16, 8], data: batch.data.slice(i * size, (i + 1) * size) };
      expect((await front.apply(one)).data).toEqual(whole.data.slice(i * size, (i + 1) * size));
    }
    const last = await jpeg(image(16, 8, 3, 'NHWC'), 75).apply(channelsLast(batch));
    expect(last).toEqual(channelsLast(whole));
  });

  test('other channels are refused', () => {
    expect(() => jpeg(image(8, 8, 2), 75)).toThrow('1 or 3 channels');
  });
});

test('a preprocessor with several ways back is one model', async () => {
  const { target, samples } = await fashion('fashion-mlp', 5);
  const ways = behind(smoothing(image(28, 28), 3, 'median'), target);
  expect(ways).toHaveLength(2);
  const [first, second] = await Promise.all(ways.map((way) => way.predict(samples.inputs)));
  expect(first).toEqual(second);
  expect(ways.every(isDifferentiable)).toBe(true);
  await target.dispose();
});
