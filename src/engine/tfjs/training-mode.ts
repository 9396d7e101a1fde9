import * as tf from '@tensorflow/tfjs-core';
import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import type { DropoutMasks } from '../contract.js';
import { numbersOf as constantNumbers } from '../onnx/graph/constants.js';
import type { Graph, Node } from '../onnx/graph/ir.js';
import type { Replacements } from './interpreter.js';
import { float, given, operand, type Operator } from './operator.js';
import { normalizedChannels } from './operators/normalization.js';
import { shapeOf } from './shapes.js';
import { channelsLastOf, floats, floatsOf, range, valueOf } from './value.js';

/** What one batch normalization has seen of the batch. */
export interface BatchStatistics {
  readonly runningMean: string;
  readonly runningVariance: string;
  /** The part that stays of the running ones at each step. */
  readonly momentum: number;
  /** Elements of one channel. */
  readonly count: number;
  readonly mean: Float32Array;
  /** Of the elements themselves: divided by their count. */
  readonly variance: Float32Array;
}

export interface TrainingModeOptions {
  /** Whether a batch normalization stays as at inference, by the name of its scale. */
  readonly keepsRunning: (scale: string) => boolean;
  readonly dropout: DropoutMasks | null;
  readonly step: number;
}

export interface TrainingMode {
  readonly replacements: Replacements;
  /** Of the execution that was last. */
  readonly statistics: () => readonly BatchStatistics[];
}

/** Batch normalizations that take the statistics of the batch, and dropout layers that take masks. */
export function trainingMode(graph: Graph, { keepsRunning, dropout, step }: TrainingModeOptions): TrainingMode {
  const seen = new Map<Node, BatchStatistics>();
  const entries = graph.nodes.flatMap((node): [Node, Operator][] => {
    const ratio = dropout === null ? 0 : dropoutRatio(graph, node);
    if (dropout !== null && ratio > 0) return [[node, masked(dropout, step, ratio)]];
    const normalizes = node.op === 'BatchNormalization' && node.domain === '';
    if (!normalizes || keepsRunning(node.inputs[1] ?? '')) return [];
    return [[node, byBatch((statistics) => seen.set(node, statistics))]];
  });
  return { replacements: new Map(entries), statistics: () => [...seen.values()] };
}

/** Ioffe & Szegedy 2015: mean and variance over the batch and all positions, each of which has a gradient. */
function byBatch(saw: (statistics: BatchStatistics) => void): Operator {
  return (call) => {
    const x = given(call, 0);
    const { rank } = x.tensor;
    const axes = x.channelsLast ? range(0, rank - 1) : range(0, rank).filter((axis) => axis !== 1);
    const { mean, variance } = tf.moments(x.tensor, axes);
    const [, , , runningMean = '', runningVariance = ''] = call.node.inputs;
    saw({
      runningMean,
      runningVariance,
      momentum: float(call, 'momentum', 0.9),
      count: x.tensor.size / mean.size,
      mean: floatsOf(mean),
      variance: floatsOf(variance),
    });
    const [scale, bias, epsilon] = [operand(call, 1), operand(call, 2), float(call, 'epsilon', 1e-5)];
    return normalizedChannels(x, { scale, bias, mean, variance, epsilon });
  };
}

/** What stays is made larger, so that activations keep their mean. */
function masked(masks: DropoutMasks, step: number, ratio: number): Operator {
  return (call) => {
    const x = given(call, 0);
    const shape = shapeOf(x);
    const kept = masks(call.node.name, step, shape, ratio);
    if (kept.length !== sizeOf(shape)) {
      throw new AssayError('usage', {
        what: `the dropout mask of \`${call.node.name}\` has ${kept.length} elements, and [${shape.join(', ')}] takes ${sizeOf(shape)}`,
      });
    }
    const mask = new Float32Array(kept.length);
    for (let i = 0; i < mask.length; i++) mask[i] = (kept[i] ?? 0) / (1 - ratio);
    const plainMask = valueOf('float32', floats(shape, mask));
    return { ...x, tensor: tf.mul(x.tensor, x.channelsLast ? channelsLastOf(plainMask) : plainMask.tensor) };
  };
}

/** What a Dropout node drops in training; 0 for every other node. */
function dropoutRatio(graph: Graph, node: Node): number {
  if (node.op !== 'Dropout' || node.domain !== '') return 0;
  const [, ratio = ''] = node.inputs;
  const constant = graph.constants.get(ratio);
  return ratio === '' ? 0.5 : constant === undefined ? 0 : (constantNumbers(constant)[0] ?? 0);
}
