import type { RuleTable } from '../../rule.js';
import { affineGrid } from './affine-grid.js';
import { compress } from './compress.js';
import { gather, gatherElements, gatherNd } from './gather.js';
import { gridSample } from './grid-sample.js';
import { oneHot } from './one-hot.js';
import { reverseSequence } from './reverse-sequence.js';
import { scatterElements, scatterNd } from './scatter.js';
import { slice } from './slice.js';

/** Operators that select and scatter. */
export const indexingRules: RuleTable = {
  AffineGrid: affineGrid,
  Compress: compress,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  GridSample: gridSample,
  OneHot: oneHot,
  ReverseSequence: reverseSequence,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  Slice: slice,
};
