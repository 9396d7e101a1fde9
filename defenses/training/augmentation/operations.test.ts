import { rng, type Rng } from '#stats/random';
import type { ImageDomain } from '#target/domain';
import { autocontrast, equalize, posterize, solarize } from './levels.js';
import { OPERATIONS, type Canvas } from './operations.js';
import oracle from './oracle.fixture.json' with { type: 'json' };
import { rasterOf, type Raster } from './raster.js';
import { turn, warp, type Affine } from './warp.js';

const { width, height } = oracle;
const RASTER = rasterFor(1);
const PICTURE = bytes(oracle.picture);

function rasterFor(channels: number): Raster {
  const shape = [channels, height, width];
  const domain: ImageDomain = { kind: 'image', layout: 'NCHW', shape, range: [0, 255], mean: [0], std: [1] };
  return rasterOf(domain);
}

function bytes(encoded: string): Float32Array {
  return Float32Array.from(Buffer.from(encoded, 'base64'));
}

function floats(encoded: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(encoded, 'base64')).buffer);
}

function changed(picture: Float32Array, change: (levels: Float32Array) => void): Float32Array {
  const levels = picture.slice();
  change(levels);
  return levels;
}

function warped(affine: Affine, fill = 0): Float32Array {
  const into = new Float32Array(PICTURE.length);
  warp(PICTURE, RASTER, affine, fill, into);
  return into;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}

describe('operations on levels are those of Pillow', () => {
  test('equalize, with a step of more than one level, and on a picture of few levels', () => {
    expect(changed(PICTURE, (levels) => equalize(levels, RASTER))).toEqual(bytes(oracle.equalize));
    expect(changed(bytes(oracle.dark), (levels) => equalize(levels, RASTER))).toEqual(bytes(oracle.equalizeDark));
  });

  test.each(Object.entries(oracle.posterize))('posterize to %s bits', (bits, expected) => {
    expect(changed(PICTURE, (levels) => posterize(levels, Number(bits)))).toEqual(bytes(expected));
  });

  test.each(Object.entries(oracle.solarize))('solarize from %s on', (threshold, expected) => {
    expect(changed(PICTURE, (levels) => solarize(levels, Number(threshold)))).toEqual(bytes(expected));
  });

  test('autocontrast, but for the fraction of a level that Pillow cuts off', () => {
    const stretched = changed(PICTURE, (levels) => autocontrast(levels, RASTER));
    // Pillow's own product may be a rounding below a whole level, which it then cuts off: 1e-4 for float32.
    const cut = stretched.map((level, i) => level - (bytes(oracle.autocontrast)[i] ?? NaN));
    expect(Math.min(...cut)).toBeGreaterThan(-1e-4);
    expect(Math.max(...cut)).toBeLessThan(1 + 1e-4);
    expect([Math.min(...stretched), Math.max(...stretched)]).toEqual([0, 255]);
  });

  test('each channel by itself', () => {
    const both = Float32Array.from([...PICTURE, ...bytes(oracle.dark)]);
    for (const operation of [autocontrast, equalize]) {
      const parts = [PICTURE, bytes(oracle.dark)].map((channel) =>
        changed(channel, (levels) => operation(levels, RASTER)),
      );
      expect([...changed(both, (levels) => operation(levels, rasterFor(2)))]).toEqual(
        parts.flatMap((part) => [...part]),
      );
    }
  });

  test('a flat picture stays as it is, also where it is flat but for rounding', () => {
    const flat = PICTURE.map((_, i) => 100 + 1e-5 * (i % 2));
    for (const operation of [autocontrast, equalize]) {
      expect(changed(flat, (levels) => operation(levels, RASTER))).toEqual(flat);
    }
  });
});

describe('moves are those of Pillow', () => {
  // Pillow interpolates in double precision too; both round once to float32, of numbers below 256.
  const ROUNDING = 2e-5;

  test.each(Object.entries(oracle.warped))('%s', (name, expected) => {
    const affine = Object.entries(oracle.affines).find(([other]) => other === name)?.[1] as unknown as Affine;
    expect(largestDifference(warped(affine), floats(expected))).toBeLessThan(ROUNDING);
  });

  test.each(Object.entries(oracle.turned))('a turn by %s degrees', (degrees, expected) => {
    // Pillow rounds sine and cosine to 15 digits: 1e-13 of a pixel, times at most 256 levels a pixel.
    expect(largestDifference(warped(turn(RASTER, Number(degrees))), floats(expected))).toBeLessThan(ROUNDING);
  });

  test('what moves in has the level that is asked for', () => {
    const moved = warped([1, 0, 2, 0, 1, 0], 9);
    expect([...moved.subarray(width - 3, width)]).toEqual([PICTURE[width - 1], 9, 9]);
  });
});

describe('strengths are those of the authors', () => {
  /** Gives these numbers, one after the other. */
  const scripted = (...numbers: readonly number[]): Rng => {
    const left = [...numbers];
    return { ...rng('unused'), uniform: () => left.shift() ?? NaN };
  };
  const after = (name: string, severity: number, ...numbers: readonly number[]): Float32Array => {
    const canvas: Canvas = { raster: RASTER, levels: PICTURE.slice(), spare: new Float32Array(PICTURE.length) };
    OPERATIONS[name]?.(canvas, severity, scripted(...numbers));
    return canvas.levels;
  };

  // A uniform number u is the strength 0.1 + u (severity - 0.1); a second one above a half turns the direction.
  test.each<[string, readonly number[], Float32Array]>([
    ['rotate', [6 / 9.9, 0.5], warped(turn(RASTER, 18))],
    ['rotate', [6 / 9.9, 0.51], warped(turn(RASTER, -18))],
    ['shearX', [4.9 / 9.9, 0.2], warped([1, 0.15, 0, 0, 1, 0])],
    ['shearY', [4.9 / 9.9, 0.8], warped([1, 0, 0, -0.15, 1, 0])],
    // 25 / 3 x 0.65 and 24 / 3 x 0.65, rounded down.
    ['translateX', [6.4 / 9.9, 0.2], warped([1, 0, 5, 0, 1, 0])],
    ['translateY', [6.4 / 9.9, 0.8], warped([1, 0, 0, 0, 1, -5])],
    ['posterize', [0.999], bytes(oracle.posterize[1])],
    ['posterize', [0.1], bytes(oracle.posterize[4])],
    // 256 x 0.61, rounded down, is 156.
    ['solarize', [6 / 9.9], bytes(oracle.solarize[100])],
    ['solarize', [0.0001], changed(PICTURE, (levels) => solarize(levels, 254))],
  ])('%s at severity 10 by %p', (name, numbers, expected) => {
    // 1e-13 of a shear or shift, by at most 25 pixels and 256 levels.
    expect(largestDifference(after(name, 10, ...numbers), expected)).toBeLessThan(2e-5);
  });

  test('a severity bounds the strength', () => {
    expect(after('translateX', 3, 0.999999, 0.2)).toEqual(warped([1, 0, 2, 0, 1, 0]));
    expect(after('posterize', 1, 0.999999)).toEqual(bytes(oracle.posterize[4]));
  });

  test('all operations but those of ImageNet-C', () => {
    expect(Object.keys(OPERATIONS)).toHaveLength(9);
  });
});
