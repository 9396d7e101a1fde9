import type { GradientRule } from '../rule.js';
import { add } from './add.js';
import { averagePool, globalAveragePool } from './average-pool.js';
import { batchNormalization } from './batch-normalization.js';
import { cast } from './cast.js';
import { clip } from './clip.js';
import { concat } from './concat.js';
import { conv } from './conv.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { gemm } from './gemm.js';
import { identity } from './identity.js';
import { leakyRelu } from './leaky-relu.js';
import { logSoftmax } from './log-softmax.js';
import { matMul } from './mat-mul.js';
import { max } from './max.js';
import { maxPool } from './max-pool.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { pad } from './pad.js';
import { reduceMean, reduceSum } from './reduce.js';
import { relu } from './relu.js';
import { reshape } from './reshape.js';
import { sigmoid } from './sigmoid.js';
import { softmax } from './softmax.js';
import { split } from './split.js';
import { sub } from './sub.js';
import { tanh } from './tanh.js';
import { transpose } from './transpose.js';

/** The gradient rule of each operator of the standard domain, in its opset-20 form. */
export const gradientRules: ReadonlyMap<string, GradientRule> = new Map([
  ['Add', add],
  ['AveragePool', averagePool],
  ['BatchNormalization', batchNormalization],
  ['Cast', cast],
  ['Clip', clip],
  ['Concat', concat],
  ['Conv', conv],
  ['Div', div],
  ['Dropout', dropout],
  ['Flatten', reshape],
  ['Gemm', gemm],
  ['GlobalAveragePool', globalAveragePool],
  ['Identity', identity],
  ['LeakyRelu', leakyRelu],
  ['LogSoftmax', logSoftmax],
  ['MatMul', matMul],
  ['Max', max],
  ['MaxPool', maxPool],
  ['Mul', mul],
  ['Neg', neg],
  ['Pad', pad],
  ['ReduceMean', reduceMean],
  ['ReduceSum', reduceSum],
  ['Relu', relu],
  ['Reshape', reshape],
  ['Sigmoid', sigmoid],
  ['Softmax', softmax],
  ['Split', split],
  ['Squeeze', reshape],
  ['Sub', sub],
  ['Tanh', tanh],
  ['Transpose', transpose],
  ['Unsqueeze', reshape],
]);
