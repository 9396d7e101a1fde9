import { log, scalar, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { OutputHead, OutputScale } from '../contract.js';
import { larger } from './operators/arithmetic.js';

/** The smallest normal float32: what a probability of zero is taken for. */
const LEAST = 1.1754943508222875e-38;

/** Raw outputs as scores: log p under a softmax, log p / (1 - p) under a sigmoid, what they are elsewhere. */
export function logitsIn(outputs: Tensor, head: OutputHead, scale: OutputScale): Tensor {
  if (scale !== 'probabilities') return outputs;
  const logarithm = (p: Tensor): Tensor => log(larger(p, scalar(LEAST)));
  return head === 'classes' ? logarithm(outputs) : sub(logarithm(outputs), logarithm(sub(1, outputs)));
}
