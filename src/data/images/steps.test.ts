import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Picture } from './picture.js';
import { preprocessingOf } from './preprocessor-file.js';
import { resample, type Interpolation } from './resample.js';
import { arrange, AS_STORED, centerCrop, fitted, resizedTo } from './steps.js';

interface Stored {
  readonly resize: {
    readonly width: number;
    readonly height: number;
    readonly rgb: string;
    readonly gray: string;
    readonly cases: readonly {
      readonly filter: Interpolation;
      readonly mode: 'rgb' | 'gray';
      readonly width: number;
      readonly height: number;
      readonly bytes: string;
    }[];
  };
  readonly processors: {
    readonly width: number;
    readonly height: number;
    readonly rgb: string;
    readonly cases: readonly {
      readonly file: Readonly<Record<string, unknown>>;
      readonly shape: readonly [number, number, number];
      readonly values: string;
    }[];
  };
}

const stored = JSON.parse(gunzipSync(readFileSync('fixtures/readers/pictures.json.gz')).toString()) as Stored;
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

describe('resample', () => {
  const { width, height, cases } = stored.resize;
  const source = (mode: 'rgb' | 'gray'): Picture => ({
    width,
    height,
    channels: mode === 'rgb' ? 3 : 1,
    data: bytesOf(stored.resize[mode]),
  });

  test.each(cases)('is Pillow, to the bit: $filter to $width x $height, $mode', (given) => {
    const resized = resample(source(given.mode), given.width, given.height, given.filter);
    expect(resized).toMatchObject({ width: given.width, height: given.height });
    expect(Buffer.from(resized.data).equals(bytesOf(given.bytes))).toBe(true);
  });

  test.each<Interpolation>(['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'])(
    'leaves one colour as it is: %s',
    (filter) => {
      const plain: Picture = { width: 9, height: 5, channels: 3, data: new Uint8Array(135).fill(77) };
      for (const [w, h] of [
        [3, 2],
        [31, 17],
        [9, 1],
      ] as const) {
        expect(new Set(resample(plain, w, h, filter).data)).toEqual(new Set([77]));
      }
    },
  );

  test('halves by the mean of four: box', () => {
    const picture: Picture = { width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 10, 20, 31) };
    // Rows first: 5 and 25.5 -> 26; then 15.5 -> 16.
    expect(resample(picture, 1, 1, 'box').data).toEqual(Uint8Array.of(16));
  });
});

describe('sizes', () => {
  test.each([
    [640, 480, { width: 341, height: 256 }],
    [480, 640, { width: 256, height: 341 }],
    [300, 300, { width: 256, height: 256 }],
    [1, 1000, { width: 256, height: 256_000 }],
  ])('the shorter edge of %d x %d becomes 256', (width, height, size) => {
    expect(resizedTo({ width, height }, { kind: 'shortest-edge', edge: 256 })).toEqual(size);
  });

  test('a strip that would grow without bounds is refused', () => {
    const strip: Picture = { width: 1, height: 60_000, channels: 1, data: new Uint8Array(60_000) };
    const steps = { ...AS_STORED, resize: { kind: 'shortest-edge', edge: 256 } } as const;
    expect(() => fitted(strip, steps, 'strip.png')).toThrow(
      'strip.png: resized, the picture would be 256 x 15360000 pixels',
    );
  });
});

describe('centerCrop', () => {
  const numbers = (width: number, height: number): Picture => ({
    width,
    height,
    channels: 1,
    data: Uint8Array.from({ length: width * height }, (_, i) => i + 1),
  });

  test('takes the middle, odd rests rounded down', () => {
    expect(centerCrop(numbers(5, 4), { width: 2, height: 2 }).data).toEqual(Uint8Array.of(7, 8, 12, 13));
  });

  test('frames a smaller picture in zeros, odd rests rounded up', () => {
    const { data } = centerCrop(numbers(2, 1), { width: 5, height: 2 });
    expect(data).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 2, 0));
  });
});

describe('arrange', () => {
  const picture: Picture = { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  test.each([
    ['RGB', 'NCHW', [1, 4, 2, 5, 3, 6]],
    ['BGR', 'NCHW', [3, 6, 2, 5, 1, 4]],
    ['RGB', 'NHWC', [1, 2, 3, 4, 5, 6]],
    ['BGR', 'NHWC', [3, 2, 1, 6, 5, 4]],
  ] as const)('%s in %s', (order, layout, expected) => {
    const into = new Uint8Array(6);
    arrange(picture, order, layout, into);
    expect([...into]).toEqual(expected);
  });
});

describe('preprocessingOf', () => {
  const { width, height, rgb, cases } = stored.processors;
  const source: Picture = { width, height, channels: 3, data: bytesOf(rgb) };

  test.each(
    cases.map((each, i) => ({
      ...each,
      i,
      type: String(each.file['image_processor_type'] ?? each.file['feature_extractor_type']),
    })),
  )('does what transformers does: case $i, $type', ({ file, shape, values }) => {
    const steps = preprocessingOf(file);
    const picture = fitted(source, steps, 'x');
    expect([picture.channels, picture.height, picture.width]).toEqual(shape);
    const bytes = new Uint8Array(picture.data.length);
    arrange(picture, steps.channels, 'NCHW', bytes);
    const expected = new Float32Array(bytesOf(values).buffer);
    const rows = expected.length / (3 * picture.width);
    let worst = 0;
    for (let channel = 0; channel < 3; channel++) {
      const { mean, std } = steps;
      const m = mean?.[channel] ?? mean?.[0] ?? 0;
      const s = std?.[channel] ?? std?.[0] ?? 1;
      for (let i = 0; i < rows * picture.width; i++) {
        const byte = bytes[channel * picture.width * picture.height + i]!;
        const ours = (byte * (steps.rescale ?? 1) - m) / s;
        worst = Math.max(worst, Math.abs(ours - expected[channel * rows * picture.width + i]!));
      }
    }
    // The bytes are equal; what is left is float32 against double, of values up to 255.
    expect(worst).toBeLessThan(2e-5);
  });

  test.each<[string, unknown, string]>([
    ['no object', [], 'the file is not an object'],
    ['a step that it does not know', { do_pad: true }, '`do_pad` is a step that is not known'],
    [
      'one size for an unknown processor',
      { size: 224, resample: 2 },
      '`size` is 224, which is a square or a shorter edge, and the processor is not known',
    ],
    ['a longest edge', { size: { longest_edge: 5 }, resample: 2 }, '`size` is {"longest_edge":5}, which is no height'],
    [
      'a bound beside the shortest edge',
      { size: { shortest_edge: 5, longest_edge: 9 }, resample: 2 },
      '`size` is {"shortest_edge":5,',
    ],
    ['a size that is no number', { size: { height: '5', width: 5 }, resample: 2 }, '`size` is {"height":"5"'],
    ['a huge size', { size: { height: 1e9, width: 5 }, resample: 2 }, '`size` is {"height":1000000000'],
    ['an interpolation that Pillow lacks', { size: [4, 4], resample: 9 }, '`resample` is 9, which is none of Pillow’s'],
    [
      'no interpolation of an unknown processor',
      { size: [4, 4] },
      '`resample` is missing, and the processor is not known',
    ],
    [
      'a deviation of zero',
      { image_mean: [0], image_std: [0] },
      '`image_std` is [0], which is no list of positive numbers',
    ],
    [
      'lists of two lengths',
      { image_mean: [0, 0, 0], image_std: [1] },
      '`image_mean` and `image_std` have different lengths',
    ],
    [
      'a share of an unknown processor',
      { size: [4, 4], resample: 2, crop_pct: 0.9 },
      '`crop_pct` means different things',
    ],
    ['a factor that is no number', { rescale_factor: 'x' }, '`rescale_factor` is "x", which is no number'],
  ])('refuses %s', (_, file, sentence) => {
    expect(() => preprocessingOf(file)).toThrow(sentence.replace('’', "'"));
  });

  test('reads an empty file as one that only rescales', () => {
    expect(preprocessingOf({})).toEqual({
      resize: null,
      interpolation: 'bilinear',
      crop: null,
      channels: 'RGB',
      orient: false,
      rescale: 1 / 255,
      mean: null,
      std: null,
    });
  });
});
