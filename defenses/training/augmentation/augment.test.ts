import { row, takeRows, type Tensor } from '#base/tensor';
import { beta, dirichlet, permutation, randomStreams, rng } from '#stats/random';
import type { Layout } from '#target/domain';
import type { Samples } from '#target/target';
import type { AugmentationStep } from '../recipe.js';
import { OPERATIONS, type Canvas } from './operations.js';
import { rasterOf } from './raster.js';
import { augmented, EACH, imageDomain, noisy, RANDOM, samplesOf } from './testing/batches.js';

describe.each<[string, readonly AugmentationStep[]]>([
  ...EACH.map((step): [string, readonly AugmentationStep[]] => [step.kind, [step]]),
  ['all of them', EACH],
])('%s', (_, steps) => {
  const DOMAIN = imageDomain([2, 20, 19], { range: [-2, 3] });
  const BATCH = noisy(12, DOMAIN);
  const all = augmented(BATCH, steps, DOMAIN);

  test('changes inputs within the range, neither what was given nor the truth', () => {
    const before = BATCH.inputs.data.slice();
    const { inputs, targets } = augmented(BATCH, steps, DOMAIN);
    expect(BATCH.inputs.data).toEqual(before);
    expect(inputs.data).not.toEqual(before);
    expect(inputs.shape).toEqual(BATCH.inputs.shape);
    expect(Math.min(...inputs.data)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...inputs.data)).toBeLessThanOrEqual(3);
    expect(targets).toEqual(Float64Array.from({ length: 36 }, (__, i) => Number(i % 3 === 0)));
  });

  test('is the same again, in any batch, and another in each epoch and at each repetition', () => {
    expect(augmented(BATCH, steps, DOMAIN)).toEqual(all);
    const chosen = [7, 0, 11];
    const others: Samples = {
      ...BATCH,
      inputs: takeRows(BATCH.inputs, chosen),
      indices: chosen.map((i) => BATCH.indices[i]!),
    };
    const withOthers = augmented(others, steps, DOMAIN, { batchRandom: rng('another'), repeats: [0, 1, 0] });
    expect(row(withOthers.inputs, 0)).toEqual(row(all.inputs, 7));
    expect(row(withOthers.inputs, 2)).toEqual(row(all.inputs, 11));
    const next = augmented(BATCH, steps, DOMAIN, { random: randomStreams(7, 'training', 2) });
    expect(next.inputs).not.toEqual(all.inputs);
    const repeated = augmented(BATCH, steps, DOMAIN, { repeats: new Int32Array(12).fill(1) });
    expect(repeated.inputs).not.toEqual(all.inputs);
  });

  test('channels last is the same, transposed', () => {
    const last = imageDomain([20, 19, 2], { range: [-2, 3], layout: 'NHWC' });
    const result = augmented(samplesOf(transposed(BATCH.inputs, 'NHWC')), steps, last);
    expect(result.inputs).toEqual(transposed(all.inputs, 'NHWC'));
  });
});

/** [n, c, h, w] in the layout that is asked for. */
function transposed({ shape, data }: Tensor, layout: Layout): Tensor {
  const [n = 0, c = 0, h = 0, w = 0] = shape;
  if (layout === 'NCHW') return { shape, data };
  const into = new Float32Array(data.length);
  data.forEach((value, i) => {
    const [sample, channel, place] = [Math.floor(i / (c * h * w)), Math.floor(i / (h * w)) % c, i % (h * w)];
    into[(sample * h * w + place) * c + channel] = value;
  });
  return { shape: [n, h, w, c], data: into };
}

test('nothing to do gives what was given', () => {
  const domain = imageDomain([1, 3, 3]);
  const batch = noisy(2, domain);
  expect(augmented(batch, [], domain).inputs).toBe(batch.inputs);
});

describe('crop', () => {
  const DOMAIN = imageDomain([2, 5, 4], { range: [-1, 1] });
  const crop: AugmentationStep = { kind: 'crop', padding: 1 };
  /** A pixel that says where it is from: positive, so that what was padded is told apart. */
  const pictures = (n: number) =>
    samplesOf({ shape: [n, 2, 5, 4], data: Float32Array.from({ length: n * 40 }, (_, i) => ((i % 40) + 1) / 64) });

  test('shifts both channels by at most the padding, each of 9 ways as often', () => {
    const n = 900;
    const { inputs } = augmented(pictures(n), [crop], DOMAIN);
    const counts = new Map<string, number>();
    for (let i = 0; i < n; i++) {
      const values = row(inputs, i);
      // The pixel (2, 2) of the first channel is never padding.
      const from = (values[10] ?? NaN) * 64 - 1;
      const [down, right] = [Math.floor(from / 4) - 2, (from % 4) - 2];
      expect([...values]).toEqual(shiftedBy(down, right));
      counts.set(`${down} ${right}`, (counts.get(`${down} ${right}`) ?? 0) + 1);
    }
    expect(counts.size).toBe(9);
    // 100 expected; five standard deviations of a binomial count.
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(48);
  });

  function shiftedBy(down: number, right: number): number[] {
    return Array.from({ length: 40 }, (_, i) => {
      const [y, x] = [(Math.floor(i / 4) % 5) + down, (i % 4) + right];
      if (y < 0 || y > 4 || x < 0 || x > 3) return -1;
      return (Math.floor(i / 20) * 20 + 4 * y + x + 1) / 64;
    });
  }

  test('a padding beyond the image leaves the lowest value only', () => {
    const { inputs } = augmented(pictures(20), [{ kind: 'crop', padding: 1000 }], DOMAIN);
    expect(inputs.data.filter((value) => value === -1).length).toBeGreaterThan(0.9 * inputs.data.length);
  });
});

describe('flip', () => {
  const DOMAIN = imageDomain([2, 3, 5]);
  const BATCH = noisy(400, DOMAIN);
  const always: AugmentationStep = { kind: 'flip', probability: 1 };

  test.each([4, 5])('mirrors rows of %i pixels, and twice is the identity', (width) => {
    const domain = imageDomain([2, 3, width]);
    const batch = noisy(2, domain);
    const once = augmented(batch, [always], domain).inputs;
    const mirrored = batch.inputs.data.map((_, i, data) => data[i - (i % width) + width - 1 - (i % width)] ?? NaN);
    expect(once.data).toEqual(mirrored);
    expect(augmented(batch, [always, always], domain).inputs).toEqual(batch.inputs);
  });

  test('with its probability', () => {
    const flipped = (probability: number) => {
      const { inputs } = augmented(BATCH, [{ kind: 'flip', probability }], DOMAIN);
      return BATCH.indices.filter((_, i) => row(inputs, i)[0] !== row(BATCH.inputs, i)[0]).length;
    };
    expect(flipped(0)).toBe(0);
    // Five standard deviations of a binomial count.
    expect(Math.abs(flipped(0.25) - 100)).toBeLessThan(5 * Math.sqrt(75));
  });
});

test('rotation turns by angles that are uniform between both ends', () => {
  const side = 41;
  const domain = imageDomain([1, side, side]);
  const n = 300;
  const data = new Float32Array(n * side * side);
  // One bright spot right of the middle, at a distance that makes its angle readable.
  for (let i = 0; i < n; i++) {
    for (let dy = -2; dy <= 2; dy++) data.fill(1, (i * side + 20 + dy) * side + 34, (i * side + 20 + dy) * side + 39);
  }
  const batch = samplesOf({ shape: [n, 1, side, side], data });
  const { inputs } = augmented(batch, [{ kind: 'rotation', degrees: 60 }], domain);
  const angles = batch.indices.map((_, i) => {
    let [x, y] = [0, 0];
    row(inputs, i).forEach((value, place) => {
      x += value * ((place % side) - 20);
      y += value * (20 - Math.floor(place / side));
    });
    return (Math.atan2(y, x) * 180) / Math.PI;
  });
  // The middle of the spot moves by less than a tenth of a pixel in interpolation: 0.4 degrees at 16 pixels.
  expect(Math.max(...angles.map(Math.abs))).toBeLessThan(60.4);
  // Each end of 120 degrees is missed by 3 degrees with probability 0.975^300 = 5e-4.
  expect(Math.max(...angles)).toBeGreaterThan(57);
  expect(Math.min(...angles)).toBeLessThan(-57);
  const mean = angles.reduce((a, b) => a + b, 0) / n;
  // The standard deviation of a uniform number is its width / sqrt(12); five of the mean's.
  expect(Math.abs(mean)).toBeLessThan((5 * 120) / Math.sqrt(12 * n));
});

test('noise has the moments that are asked for, and stays within the range', () => {
  const domain = imageDomain([1, 100, 100], { range: [-10, 10] });
  const still = samplesOf({ shape: [10, 1, 100, 100], data: new Float32Array(1e5).fill(2) });
  const { data } = augmented(still, [{ kind: 'noise', std: 0.5 }], domain).inputs;
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const variance = data.reduce((a, b) => a + (b - 2) ** 2, 0) / data.length;
  // Five standard deviations: of the mean std / sqrt(n), of the variance std^2 sqrt(2 / n).
  expect(Math.abs(mean - 2)).toBeLessThan((5 * 0.5) / Math.sqrt(1e5));
  expect(Math.abs(variance - 0.25)).toBeLessThan(5 * 0.25 * Math.sqrt(2 / 1e5));
  const loud = augmented(still, [{ kind: 'noise', std: 100 }], domain).inputs.data;
  expect([Math.min(...loud), Math.max(...loud)]).toEqual([-10, 10]);
});

test.each([4, 5])('cutout sets a square with side %i to the mean of each channel, less what hangs over', (size) => {
  const domain = imageDomain([2, 12, 9], { range: [0, 1], mean: [0.25, 7] });
  const n = 600;
  const batch = samplesOf({ shape: [n, 2, 12, 9], data: new Float32Array(n * 216).fill(0.5) });
  const { inputs } = augmented(batch, [{ kind: 'cutout', size }], domain);
  const areas = batch.indices.map((_, i) => {
    const values = row(inputs, i);
    // The mean of the second channel is outside of the range, whose end is nearest to it.
    const places = [0.25, 1].map((mean, channel) =>
      [...values.subarray(108 * channel, 108 * (channel + 1)).keys()].filter(
        (place) => values[108 * channel + place] === mean,
      ),
    );
    expect(places[0]).toEqual(places[1]);
    expect(values.filter((value) => value === 0.5)).toHaveLength(216 - 2 * (places[0]?.length ?? 0));
    const rows = new Set(places[0]?.map((place) => Math.floor(place / 9))).size;
    const columns = new Set(places[0]?.map((place) => place % 9)).size;
    expect(places[0]).toHaveLength(rows * columns);
    return rows * columns;
  });
  expect(Math.max(...areas)).toBe(size * size);
  // In a corner: the half of each side, with the middle pixel.
  expect(Math.min(...areas)).toBe(Math.ceil(size / 2) ** 2);
});

describe('mixup', () => {
  const step: AugmentationStep = { kind: 'mixup', alpha: 0.7 };

  test('is lambda x_i + (1 - lambda) x_j, of the truth too, by one lambda and a permutation of the batch', () => {
    const domain = imageDomain([1, 2, 2]);
    const batch = noisy(9, domain);
    const targets = Float64Array.from({ length: 27 }, (_, i) => Math.sin(i));
    const mixed = augmented(batch, [step], domain, { targets, batchRandom: rng('mix') });
    const source = rng('mix');
    const share = beta(0.7, 0.7, source);
    const partners = permutation(9, source);
    for (let i = 0; i < 9; i++) {
      const [own, other] = [i, partners[i] ?? -1].map((sample) => row(batch.inputs, sample));
      expect(row(mixed.inputs, i)).toEqual(own?.map((value, p) => share * value + (1 - share) * (other?.[p] ?? NaN)));
      for (let k = 0; k < 3; k++) {
        const expected =
          share * (targets[3 * i + k] ?? NaN) + (1 - share) * (targets[3 * (partners[i] ?? -1) + k] ?? NaN);
        expect(mixed.targets[3 * i + k]).toBe(expected);
      }
    }
    expect(targets).toEqual(Float64Array.from({ length: 27 }, (_, i) => Math.sin(i)));
  });
});

describe('AugMix', () => {
  test.each([1, 3, 10])('stays within the range at severity %i, for one channel and for four', (severity) => {
    for (const channels of [1, 4]) {
      const domain = imageDomain([channels, 17, 30], { range: [0.1, 0.3] });
      const { data } = augmented(noisy(6, domain), [{ ...AUGMIX, severity }], domain).inputs;
      // What float32 makes of the ends.
      expect(Math.min(...data)).toBeGreaterThanOrEqual(Math.fround(0.1));
      expect(Math.max(...data)).toBeLessThanOrEqual(Math.fround(0.3));
    }
  });

  test('is the same in any units', () => {
    const unit = imageDomain([1, 20, 20]);
    const bytes = noisy(8, unit).inputs.data.map((value) => Math.round(255 * value));
    const inUnits = augmented(
      samplesOf({ shape: [8, 1, 20, 20], data: bytes.map((byte) => byte / 255) }),
      [AUGMIX],
      unit,
    );
    const inBytes = augmented(
      samplesOf({ shape: [8, 1, 20, 20], data: bytes }),
      [AUGMIX],
      imageDomain([1, 20, 20], { range: [0, 255] }),
    );
    const differences = inUnits.inputs.data.map((value, i) => Math.abs(255 * value - (inBytes.inputs.data[i] ?? NaN)));
    // Of levels: where a shifted level lies on the edge between two bytes, float32 decides, and for at most a few pixels.
    expect(differences.filter((difference) => difference > 1e-3).length).toBeLessThan(0.01 * differences.length);
  });

  test('mixes the image with the shares of its chains', () => {
    const domain = imageDomain([1, 20, 20], { range: [0, 255] });
    const batch = noisy(20, domain);
    const mixed = augmented(batch, [{ ...AUGMIX, width: 2, depth: 2, alpha: 0.6 }], domain);
    for (const [i, index] of batch.indices.entries()) {
      const source = RANDOM.of(index);
      const shares = dirichlet(0.6, 2, source);
      const share = beta(0.6, 0.6, source);
      const chains = shares.map(() => {
        const canvas: Canvas = {
          raster: rasterOf(domain),
          levels: row(batch.inputs, i).slice(),
          spare: new Float32Array(400),
        };
        for (let depth = 0; depth < 2; depth++) Object.values(OPERATIONS)[source.integer(9)]?.(canvas, 3, source);
        return canvas.levels;
      });
      const expected = row(batch.inputs, i).map((value, p) => {
        const chained = (shares[0] ?? NaN) * (chains[0]?.[p] ?? NaN) + (shares[1] ?? NaN) * (chains[1]?.[p] ?? NaN);
        return (1 - share) * value + share * chained;
      });
      const differences = row(mixed.inputs, i).map((value, p) => Math.abs(value - (expected[p] ?? NaN)));
      // Of two roundings to float32, of numbers below 256.
      expect(Math.max(...differences)).toBeLessThan(4e-5);
    }
  });

  const AUGMIX = { kind: 'augmix', width: 3, depth: -1, severity: 3, alpha: 1 } as const;
});
