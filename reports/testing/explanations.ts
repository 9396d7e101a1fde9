import type { ReportInput } from '#plugin/plugin';
import type {
  BarsDetail,
  BeeswarmDetail,
  CurveDetail,
  Detail,
  EffectDetail,
  HeatMapsDetail,
  TokensDetail,
  WaterfallDetail,
} from '#report/details';
import { summaryOf, writeHeatMap } from '#report/heat-map';
import { example } from './example.js';
import { finding } from './findings.js';
import { HOSTILE } from './hostile.js';
import { ExampleFolder, garmentPixel, signAt } from './pictures.js';

/** Every picture of an explanation, for looking at them and for tests of the page. */

const FEATURES = [
  'Credit amount',
  'Duration in months',
  'Status of the checking account',
  'Age in years',
  'Purpose',
  'Savings',
  'Present employment since',
  'Instalment rate in percent of disposable income',
  'Other debtors',
  'Property',
  'Housing',
  'Number of credits at this bank',
  'Job',
  'Telephone',
  'Foreign worker',
  'Number of people being liable to provide maintenance for',
] as const;
const VALUES = ['4,870', '24', 'no account', '53', 'new car', 'below 100', '1 to 4 years', '3', 'none', 'none', 'free'];

/** Waves that look drawn by chance, the same every time, in [-1, 1]. */
const wave = (a: number, b: number) => Math.sin(12.9898 * a + 78.233 * b) * Math.cos(4.1 * a - 7.7 * b);
const weight = (i: number) => 0.21 * Math.exp(-i / 3.2) * (i % 3 === 1 ? -1 : 1);

export function creditWaterfall(names: readonly string[] = FEATURES): WaterfallDetail {
  const rows = names.map((feature, i) => ({
    feature,
    value: VALUES[i] ?? null,
    contribution: weight(i),
    standardError: 0.004 + 0.002 * (i % 3),
  }));
  const sum = rows.reduce((total, { contribution }) => total + contribution, 0);
  return {
    kind: 'waterfall',
    title: 'What the probability of default is made of',
    description: 'KernelSHAP against 100 rows of the training data.',
    sample: 12,
    x: { label: 'Probability of default', format: 'number' },
    baseValue: 0.3,
    prediction: 0.3 + sum + 0.02,
    rows,
  };
}

export function creditBeeswarm(names: readonly string[] = FEATURES.slice(0, 8), samples = 150): BeeswarmDetail {
  return {
    kind: 'beeswarm',
    title: 'Contributions over the test data',
    description: 'KernelSHAP of 150 rows of the test data.',
    x: { label: 'Contribution to the probability of default', format: 'number' },
    features: names.map((name, i) => ({
      name,
      points: Array.from({ length: samples }, (_, sample) => {
        const value = 0.5 + 0.5 * wave(sample + 1, i + 1);
        const isCategory = name === 'Purpose';
        return {
          sample,
          contribution: weight(i) * (2 * value - 1 + 0.4 * wave(i + 3, sample)),
          value: isCategory ? null : value,
        };
      }),
    })),
  };
}

export function ageEffect(label = 'Age in years'): EffectDetail {
  const xs = Array.from({ length: 20 }, (_, i) => 20 + 2.5 * i);
  const mean = (x: number) => 0.42 - 0.2 / (1 + Math.exp(-(x - 33) / 4)) + 0.0015 * Math.max(0, x - 55);
  return {
    kind: 'effect',
    title: 'Probability of default by age',
    description: 'Partial dependence over 200 rows of the training data, with its 95 % interval.',
    x: { label, format: 'number' },
    y: { label: 'Probability of default', format: 'rate' },
    mean: {
      name: 'Partial dependence',
      points: xs.map((x) => ({ x, y: mean(x), low: mean(x) - 0.025, high: mean(x) + 0.025 })),
    },
    individual: Array.from({ length: 40 }, (_, sample) => ({
      sample,
      y: xs.map((x) => mean(x) + 0.16 * wave(sample, 2) + 0.03 * wave(sample, x / 40)),
    })),
    marked: { sample: 12, x: 53, y: mean(53) + 0.16 * wave(12, 2) + 0.03 * wave(12, 53 / 40) },
    rug: Array.from({ length: 200 }, (_, i) => 19 + 56 * (0.5 + 0.5 * wave(i, 9)) ** 2),
  };
}

export function purposeEffect(
  categories = ['new car', 'used car', 'furniture', 'education', 'business'],
): EffectDetail {
  return {
    kind: 'effect',
    title: 'Probability of default by purpose',
    description: 'Partial dependence over 200 rows of the training data, with its 95 % interval.',
    x: { label: 'Purpose', format: 'number', categories },
    y: { label: 'Probability of default', format: 'rate' },
    mean: {
      name: 'Partial dependence',
      points: categories.map((_, x) => ({
        x,
        y: 0.3 + 0.06 * wave(x, 3),
        low: 0.27 + 0.06 * wave(x, 3),
        high: 0.33 + 0.06 * wave(x, 3),
      })),
    },
    individual: Array.from({ length: 40 }, (_, sample) => ({
      sample,
      y: categories.map((_, x) => 0.3 + 0.06 * wave(x, 3) + 0.14 * wave(sample, x + 2)),
    })),
    marked: { sample: 12, x: 1, y: 0.3 + 0.06 * wave(1, 3) + 0.14 * wave(12, 3) },
    rug: Array.from({ length: 200 }, (_, i) => Math.floor(categories.length * (0.5 + 0.5 * wave(i, 9)) * 0.999)),
  };
}

export function importanceBars(names: readonly string[] = FEATURES.slice(0, 8)): BarsDetail {
  return {
    kind: 'bars',
    title: 'Permutation importance',
    description: 'How much the accuracy falls when one column of the test data is shuffled, over 20 shuffles.',
    x: { label: 'Loss of accuracy', format: 'rate' },
    rows: names.map((name, i) => {
      const value = 0.14 * Math.exp(-i / 2) - 0.009 * (i > 5 ? 1 : 0);
      return { name, value, low: value - 0.008, high: value + 0.008 };
    }),
    reference: { x: 0.012, label: 'a column of noise' },
  };
}

/** Deletion and insertion beside random orders. */
export function removalCurves(name: string, rises: boolean): CurveDetail {
  const xs = Array.from({ length: 11 }, (_, i) => i / 10);
  const own = (x: number) => (rises ? 0.97 - 0.9 * Math.exp(-6 * x) : 0.07 + 0.9 * Math.exp(-6 * x));
  const random = (x: number) => (rises ? 0.07 + 0.9 * x ** 1.4 : 0.97 - 0.9 * x ** 1.4);
  const band = (x: number) => 0.16 * x * (1 - x) + 0.01;
  return {
    kind: 'curve',
    title: `${name} against random orders`,
    description: 'The band holds the middle 95 % of 100 random orders.',
    x: { label: rises ? 'Share of pixels put back' : 'Share of pixels taken away', format: 'rate' },
    y: { label: 'Probability of the predicted class', format: 'rate' },
    series: [
      { name: 'Integrated gradients', role: 'measured', points: xs.map((x) => ({ x, y: own(x) })) },
      {
        name: 'Random orders',
        role: 'reference',
        points: xs.map((x) => ({ x, y: random(x), low: random(x) - band(x), high: random(x) + band(x) })),
      },
    ],
  };
}

/** Maps over garments, in palette pictures; two details of different scales and one unit share the page's scale. */
export function paletteMaps(
  folder: ExampleFolder,
  cell: string,
  scale: number,
  caption: string,
  count = 2,
): HeatMapsDetail {
  return {
    kind: 'heat-maps',
    title: `What the score is made of: ${caption}`,
    chosen: 'The first samples of the test data.',
    scale,
    unit: 'Score',
    rows: Array.from({ length: count }, (_, i) => {
      const sample = 11 * i + 2;
      const at = (pixel: number) => [pixel % 28, Math.floor(pixel / 28)] as const;
      const values = Float32Array.from({ length: 784 }, (_, pixel) => {
        const [x, y] = at(pixel);
        return (
          (scale * garmentPixel(sample, x, y) * Math.cos(0.2 * x - 0.33 * y) * (0.6 + 0.4 * signAt(sample, x, y))) / 255
        );
      });
      const input = folder.draw(`counterexamples/${cell}/${sample}-input.png`, 28, (x, y) => {
        const grey = garmentPixel(sample, x, y);
        return [grey, grey, grey];
      });
      const map = folder.add(`counterexamples/${cell}/${sample}-map.png`, writeHeatMap(values, 28, 28, scale), 28);
      return { sample, caption, input, map, summary: summaryOf(values, 28, 28) };
    }),
  };
}

/** One text of as many tokens as common models read. */
export function longTokens(count = 512): TokensDetail {
  const words = ['The', 'cut', 'is', 'wonderful', ',', 'the', 'cloth', 'a', 'disappointment', '.', ' ', 'again'];
  return {
    kind: 'tokens',
    title: 'Words of a long review',
    rows: [
      {
        sample: 4,
        tokens: Array.from({ length: count }, (_, i) => ({
          text: words[(i * 7) % words.length] ?? '',
          value: i % 4 === 0 ? 0 : 0.9 * wave(i, 5) ** 3,
        })),
      },
    ],
  };
}

export function explanationReport(): ReportInput {
  const folder = new ExampleFolder();
  const details: Detail[] = [
    creditWaterfall(),
    creditBeeswarm(),
    ageEffect(),
    purposeEffect(),
    importanceBars(),
    removalCurves('Deletion', false),
    removalCurves('Insertion', true),
    paletteMaps(folder, 'ig', 0.42, 'integrated gradients'),
    paletteMaps(folder, 'deeplift', 0.2, 'DeepLIFT', 1),
    longTokens(),
  ];
  return example('credit', [explained(details)], folder);
}

/** The same pictures with names as an adversary would choose them. */
export function hostileExplanations(): ReportInput {
  const folder = new ExampleFolder();
  const names = Object.values(HOSTILE);
  const named = <T extends Detail>(detail: T, i: number): T => ({
    ...detail,
    title: names[i] ?? '',
    description: names[i] ?? '',
  });
  const details: Detail[] = names.flatMap((name, i) => [
    named({ ...creditWaterfall([name, ...names]), x: { label: name, format: 'number' as const } }, i),
    named(creditBeeswarm([name, 'Purpose'], 30), i),
    named(ageEffect(name), i),
    named(purposeEffect([name, 'a']), i),
    named({ ...importanceBars([name, ...names]), reference: { x: 0.03, label: name } }, i),
    { ...paletteMaps(folder, `hostile-${i}`, 0.3, name, 1), unit: name },
    { kind: 'tokens', title: name, rows: [{ sample: 1, tokens: [{ text: name, value: -1 }] }] },
  ]);
  return example(HOSTILE.script, [explained(details)], folder);
}

function explained(details: Detail[]) {
  return finding('explanation/example', {
    area: 'explanations',
    status: 'fail',
    severity: 'low',
    title: 'Explains its decisions',
    claim: 'Every picture of an explanation.',
    details,
  });
}
