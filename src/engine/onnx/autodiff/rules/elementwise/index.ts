import type { RuleTable } from '../../rule.js';
import { add } from './add.js';
import { cast } from './cast.js';
import { clip } from './clip.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { identity } from './identity.js';
import { leakyRelu } from './leaky-relu.js';
import { max } from './max.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { relu } from './relu.js';
import { sigmoid } from './sigmoid.js';
import { sub } from './sub.js';
import { tanh } from './tanh.js';

/** Operators that work on each element by itself. */
export const elementwiseRules: RuleTable = {
  Add: add,
  Cast: cast,
  Clip: clip,
  Div: div,
  Dropout: dropout,
  Identity: identity,
  LeakyRelu: leakyRelu,
  Max: max,
  Mul: mul,
  Neg: neg,
  Relu: relu,
  Sigmoid: sigmoid,
  Sub: sub,
  Tanh: tanh,
};
