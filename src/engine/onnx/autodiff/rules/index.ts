import type { GradientRule, RuleTable } from '../rule.js';
import { convolutionRules } from './convolution/index.js';
import { elementwiseRules } from './elementwise/index.js';
import { indexingRules } from './indexing/index.js';
import { matrixRules } from './matrix/index.js';
import { normalizationRules } from './normalization/index.js';
import { otherReluRules } from './other-relus.js';
import { poolingRules } from './pooling/index.js';
import { quantizationRules } from './quantization/index.js';
import { recurrentRules } from './recurrent/index.js';
import { reductionRules } from './reduction/index.js';
import { shapeRules } from './shape/index.js';
import { straightThroughRules } from './straight-through.js';

const FAMILIES: readonly RuleTable[] = [
  convolutionRules,
  elementwiseRules,
  indexingRules,
  matrixRules,
  normalizationRules,
  otherReluRules,
  poolingRules,
  quantizationRules,
  recurrentRules,
  reductionRules,
  shapeRules,
  straightThroughRules,
];

/**
 * The gradient rule of each operator, in its opset-20 form, by name; operators outside of the standard domain have theirs
 * in front, as in `com.microsoft.Gelu`.
 */
export const gradientRules: ReadonlyMap<string, GradientRule> = new Map(
  FAMILIES.flatMap((family) => Object.entries(family)),
);
