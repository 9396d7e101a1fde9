import type { RuleTable } from '../../rule.js';
import { concat } from './concat.js';
import { pad } from './pad.js';
import { reshape } from './reshape.js';
import { split } from './split.js';
import { transpose } from './transpose.js';

/** Operators that move values and leave them as they are. */
export const shapeRules: RuleTable = {
  Concat: concat,
  Flatten: reshape,
  Pad: pad,
  Reshape: reshape,
  Split: split,
  Squeeze: reshape,
  Transpose: transpose,
  Unsqueeze: reshape,
};
