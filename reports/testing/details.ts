import type {
  CurveDetail,
  Detail,
  HeatMapsDetail,
  HistogramDetail,
  ImagePairsDetail,
  TokensDetail,
} from '#report/details';
import { garmentPixel, signAt, type ExampleFolder } from './pictures.js';

/** Evidence as plugins show it, for the example reports. */

const LABELS = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];

/** Robust accuracy by epsilon of a hardened and of a plain classifier. */
export const ROBUST = [
  [0, 0.874],
  [0.025, 0.832],
  [0.05, 0.779],
  [0.1, 0.667],
] as const;
export const PLAIN = [
  [0, 0.916],
  [0.025, 0.402],
  [0.05, 0.127],
  [0.1, 0.041],
] as const;

/** Robust accuracy at each epsilon, with intervals about as wide as those of 1,000 samples. */
export function robustnessCurve(
  rates: readonly (readonly [epsilon: number, rate: number])[],
  extra: Partial<CurveDetail> = {},
): CurveDetail {
  return {
    kind: 'curve',
    title: 'Robust accuracy by epsilon',
    description: 'The share of test samples that keep their right label against the worst perturbation found.',
    x: { label: 'Epsilon, Linf', format: 'epsilon' },
    y: { label: 'Robust accuracy', format: 'rate' },
    series: [
      {
        name: 'Under attack',
        role: 'measured',
        points: rates.map(([x, y]) => ({ x, y, ...intervalAround(y) })),
      },
      {
        name: 'Random noise',
        role: 'reference',
        points: rates.map(([x]) => ({ x, y: (rates[0]?.[1] ?? 1) * (1 - 0.25 * x) })),
      },
    ],
    threshold: { x: 0.1, y: 0.6, label: 'policy file: at least 60 %' },
    ...extra,
  };
}

/** Wilson's 95 % interval for a rate of 1,000. */
export function intervalAround(rate: number, n = 1000): { low: number; high: number } {
  const z = 1.959964;
  const middle = (rate + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

const REASONS = [
  'smallest norm',
  'smallest norm',
  'smallest norm',
  'median norm',
  'median norm',
  'median norm',
  'drawn by seed',
];

export function garmentPairs(folder: ExampleFolder, cell: string, count: number, epsilon = 0.1): ImagePairsDetail {
  return {
    kind: 'image-pairs',
    title: 'Garments that change their label',
    chosen: 'The three with the smallest norm, three at the median, the rest drawn by the seed of the run.',
    rows: Array.from({ length: count }, (_, i) => {
      const sample = 7 * i + 3;
      const pixel = (x: number, y: number) => garmentPixel(sample, x, y);
      const moved = (x: number, y: number) =>
        Math.min(255, Math.max(0, pixel(x, y) + 255 * epsilon * signAt(sample, x, y)));
      const draw = (kind: string, value: (x: number, y: number) => number) =>
        folder.draw(`counterexamples/${cell}/${sample}-${kind}.png`, 28, (x, y) => {
          const grey = value(x, y);
          return [grey, grey, grey];
        });
      const label = LABELS[(i * 3 + 6) % 10] ?? '';
      return {
        sample,
        why: REASONS[Math.min(i, REASONS.length - 1)] ?? '',
        epsilon,
        norm: { kind: 'Linf', value: epsilon * (0.82 + 0.02 * (i % 9)) },
        truth: label,
        before: { label, probability: 0.993 - 0.017 * (i % 7) },
        after: { label: LABELS[(i * 3 + 2) % 10] ?? '', probability: 0.61 + 0.05 * (i % 8) },
        amplification: 5,
        original: draw('original', pixel),
        perturbation: draw('perturbation', (x, y) => 127.5 + 5 * (moved(x, y) - pixel(x, y))),
        adversarial: draw('adversarial', moved),
      };
    }),
  };
}

export function garmentMaps(folder: ExampleFolder, cell: string, count: number): HeatMapsDetail {
  return {
    kind: 'heat-maps',
    title: 'What the score of the predicted class is made of',
    chosen: 'The first samples of the test data.',
    scale: 0.42,
    rows: Array.from({ length: count }, (_, i) => {
      const sample = 11 * i + 2;
      const input = folder.draw(`counterexamples/${cell}/${sample}-input.png`, 28, (x, y) => {
        const grey = garmentPixel(sample, x, y);
        return [grey, grey, grey];
      });
      const map = folder.draw(`counterexamples/${cell}/${sample}-map.png`, 28, (x, y) => {
        const strength = (garmentPixel(sample, x, y) / 255) * Math.abs(Math.sin(0.31 * x + 0.17 * y));
        const [red, green, blue] = Math.cos(0.2 * x - 0.4 * y) > 0 ? [0xb3, 0x59, 0x00] : [0x1f, 0x6f, 0xeb];
        return [255 + strength * (red - 255), 255 + strength * (green - 255), 255 + strength * (blue - 255)];
      });
      return { sample, caption: `integrated gradients of ${LABELS[i % 10] ?? ''}`, input, map };
    }),
  };
}

export const gapHistogram: HistogramDetail = {
  kind: 'histogram',
  title: 'Completeness gap by sample',
  description: 'How far the attributions of a sample are from adding up to the change of its score.',
  x: { label: 'Gap, share of the change of the score', format: 'number' },
  bins: [31, 58, 44, 27, 14, 9, 6, 4, 3, 2, 1, 1].map((count, i) => ({ from: i * 0.005, to: (i + 1) * 0.005, count })),
  threshold: { x: 0.05, label: 'preset baseline: at most 0.05' },
};

export const reviewTokens: TokensDetail = {
  kind: 'tokens',
  title: 'Words of two reviews',
  rows: [
    {
      sample: 4,
      tokens: [
        ['The', 0.01],
        ['cut', 0.12],
        ['is', 0],
        ['wonderful', 0.91],
        [',', 0.02],
        ['the', -0.03],
        ['cloth', -0.08],
        ['a', 0],
        ['disappointment', -0.74],
        ['.', -0.01],
      ].map(([text, value]) => ({ text: String(text), value: Number(value) })),
    },
    {
      sample: 19,
      tokens: [
        ['Never', -0.52],
        ['again', -0.33],
        ['!', -0.11],
      ].map(([text, value]) => ({ text: String(text), value: Number(value) })),
    },
  ],
};

export const confusionTable: Detail = {
  kind: 'table',
  title: 'Labels that are lost most often at epsilon 0.1',
  columns: [
    { label: 'Truth', format: 'text' },
    { label: 'Read as', format: 'text' },
    { label: 'Samples', format: 'count' },
    { label: 'Share of the class', format: 'rate' },
    { label: 'Median norm', unit: 'Linf', format: 'epsilon' },
  ],
  rows: [
    ['Shirt', 'T-shirt', 88, 0.88, 0.0213],
    ['Coat', 'Pullover', 81, 0.81, 0.0262],
    ['Ankle boot', 'Sneaker', 67, 0.67, 0.0441],
    ['Bag', 'Shirt', 41, 0.41, 0.0702],
  ],
  note: 'Counted over the samples that were right without an attack.',
};

export const groupsTable: Detail = {
  kind: 'table',
  title: 'Smallest groups of equal quasi-identifiers',
  columns: [
    { label: 'Age', format: 'text' },
    { label: 'Post code', format: 'text' },
    { label: 'Rows', format: 'count' },
  ],
  rows: [
    ['30 to 39', '104**', 2],
    ['60 to 69', '131**', 3],
    ['20 to 29', '104**', 5],
  ],
};
