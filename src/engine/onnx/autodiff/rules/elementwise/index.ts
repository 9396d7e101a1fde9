import type { RuleTable } from '../../rule.js';
import { abs } from './abs.js';
import { cast } from './cast.js';
import { clip } from './clip.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { celu, elu, selu } from './elu.js';
import { exp, log } from './exponential.js';
import { max, min } from './extremum.js';
import { biasGelu, erf, fastGelu, gelu } from './gelu.js';
import { hardSigmoid, hardSwish, shrink, thresholdedRelu } from './hard.js';
import { acosh, asinh, atanh, cosh, sinh } from './hyperbolic.js';
import { identity } from './identity.js';
import { leakyRelu } from './leaky-relu.js';
import { mod } from './mod.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { pRelu } from './p-relu.js';
import { pow } from './pow.js';
import { relu } from './relu.js';
import { reciprocal, sqrt } from './roots.js';
import { sigmoid } from './sigmoid.js';
import { mish, softplus, softsign } from './soft.js';
import { step } from './step.js';
import { sub } from './sub.js';
import { mean, sum } from './sum.js';
import { quickGelu, swish } from './swish.js';
import { tanh } from './tanh.js';
import { acos, asin, atan, cos, sin, tan } from './trigonometric.js';
import { where } from './where.js';

/** Operators that work on each element by itself. */
export const elementwiseRules: RuleTable = {
  Abs: abs,
  Acos: acos,
  Acosh: acosh,
  Add: sum,
  Asin: asin,
  Asinh: asinh,
  Atan: atan,
  Atanh: atanh,
  Cast: cast,
  CastLike: cast,
  Ceil: step,
  Celu: celu,
  Clip: clip,
  Cos: cos,
  Cosh: cosh,
  Div: div,
  Dropout: dropout,
  Elu: elu,
  Erf: erf,
  Exp: exp,
  Floor: step,
  Gelu: gelu,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  Identity: identity,
  LeakyRelu: leakyRelu,
  Log: log,
  Max: max,
  Mean: mean,
  Min: min,
  Mish: mish,
  Mod: mod,
  Mul: mul,
  Neg: neg,
  PRelu: pRelu,
  Pow: pow,
  Reciprocal: reciprocal,
  Relu: relu,
  Round: step,
  Selu: selu,
  Shrink: shrink,
  Sigmoid: sigmoid,
  Sign: step,
  Sin: sin,
  Sinh: sinh,
  Softplus: softplus,
  Softsign: softsign,
  Sqrt: sqrt,
  Sub: sub,
  Sum: sum,
  Swish: swish,
  Tan: tan,
  Tanh: tanh,
  ThresholdedRelu: thresholdedRelu,
  Where: where,
  'com.microsoft.BiasGelu': biasGelu,
  'com.microsoft.FastGelu': fastGelu,
  'com.microsoft.Gelu': gelu,
  'com.microsoft.QuickGelu': quickGelu,
};
