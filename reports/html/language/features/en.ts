import { counted, formatCount, NO_BREAK } from '../../../format.js';

/** Words of the pictures of explanations. */
export const enFeatures = {
  name: 'Feature',
  value: 'Its value',
  contribution: 'Contribution',
  standardError: 'Standard error',
  none: 'There is no feature to show.',
  base: 'Base value',
  prediction: 'Prediction',
  others: (count: number) => counted(count, 'other feature'),
  residual: 'Not attributed',
  directions: 'Orange bars raise the score, blue hatched ones lower it.',
  errors: `Error bars are 95${NO_BREAK}% intervals.`,
  waterfall: (base: string, prediction: string, strongest: string) =>
    `From ${base} to ${prediction}; the largest contributions: ${strongest}`,
  largest: (strongest: string) => `The largest: ${strongest}`,
  dots: 'A dot is a sample; the fuller it is, the higher the feature’s own value. Dots that would cover others are moved up or down, and left out where a lane is full. The number is the mean size of the contributions.',
  dotsOf: (shown: number, all: number) =>
    `Of ${formatCount(all)} samples a feature, ${formatCount(shown)} are drawn, evenly by their contribution.`,
  dotValue: 'value of the feature, from low to high',
  dotNone: 'without an order',
  samples: 'Samples',
  meanSize: 'Mean size',
  lowest: 'Lowest',
  highest: 'Highest',
  lines: (shown: number, all: number) =>
    shown === all
      ? `Thin lines are ${counted(all, 'sample')}.`
      : `Thin lines are ${formatCount(shown)} of ${counted(all, 'sample')}.`,
  rug: 'Strokes above the axis show where the data lie.',
  lowestLine: 'Lowest line',
  highestLine: 'Highest line',
  negative: 'negative, hatched',
  positive: 'positive',
  mapScale: (scale: string) =>
    `Orange is positive; blue and hatched is negative; full colour stands for ${scale} in every such map of this page.`,
  mapUnit: 'Attribution',
  mapSum: (sum: string) => `sum ${sum}`,
  mapPlace: (value: string, row: string, column: string) => `${value} at row ${row}, column ${column}`,
  mapPart: 'Part of the map',
  mapDown: (sample: string, from: string, to: string) => `${sample}, height ${from} to ${to}${NO_BREAK}%`,
  mapAcross: (from: string, to: string) => `Width ${from} to ${to}${NO_BREAK}%`,
  mapTable: 'Sums over parts of the maps',
  token: 'Token',
  sample: 'Sample',
  position: 'Position',
  strongestTokens: 'The tokens with the largest values',
};

export type FeatureWords = typeof enFeatures;
