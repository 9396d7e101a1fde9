import { sizeOf } from '#base/tensor';
import type { GradientRule } from '../autodiff/rule.js';
import { floatOf } from '../graph/attributes.js';
import { GraphBuilder } from '../graph/builder.js';
import { numbersOf } from '../graph/constants.js';
import type { Graph, Node } from '../graph/ir.js';
import { fixed, fixedFrom, isPerSample, type Shape } from '../graph/shape.js';
import type { Trace, TracedValue } from '../graph/trace.js';
import { CHANNEL_STATISTICS, OWN_DOMAIN } from '../own-operators.js';
import type { RuntimeValue } from '../session.js';
import { channelStatistics } from './channel-statistics.js';

/** A normalization by the statistics of the batch, which move the running ones. */
export interface BatchStatistics {
  /** Values of the graph, [channels]; the variance is that of the batch, not of what it was drawn from. */
  readonly mean: string;
  readonly variance: string;
  /** The running statistics by the names of the constants that hold them. */
  readonly runningMean: string;
  readonly runningVariance: string;
  /** What is kept of the running ones at each step. */
  readonly momentum: number;
  /** Elements of one channel: the batch and every position. */
  readonly shape: Shape;
}

/** A layer whose activations are multiplied by what is fed. */
export interface DropoutMask {
  readonly layer: string;
  /** The input of the graph that takes 0 or 1 / (1 - ratio) for each element. */
  readonly input: string;
  readonly shape: Shape;
  readonly ratio: number;
}

export interface TrainingMode {
  readonly graph: Graph;
  readonly trace: Trace;
  readonly statistics: readonly BatchStatistics[];
  readonly masks: readonly DropoutMask[];
}

export interface TrainingModeOptions {
  /** Whether a batch normalization stays as at inference, by the name of its scale. */
  readonly keepsRunning: (scale: string) => boolean;
  readonly dropsOut: boolean;
}

/** How a model runs when it is used. */
export const INFERENCE: TrainingModeOptions = { keepsRunning: () => true, dropsOut: false };

export const modeRules: ReadonlyMap<string, GradientRule> = new Map([
  [`${OWN_DOMAIN}.${CHANNEL_STATISTICS}`, channelStatistics],
]);

/** Brings a graph from inference to training: batch normalization takes the statistics of the batch, dropout a mask. */
export function trainingMode(
  graph: Graph,
  trace: Trace,
  { keepsRunning, dropsOut }: TrainingModeOptions,
): TrainingMode {
  const builder = new GraphBuilder(graph, []);
  const traced = new Map<string, TracedValue>(trace);
  const statistics: BatchStatistics[] = [];
  const masks: DropoutMask[] = [];
  for (const node of graph.nodes) {
    const ratio = dropsOut ? dropoutRatio(graph, node) : 0;
    if (node.op === 'BatchNormalization' && node.domain === '' && !keepsRunning(node.inputs[1] ?? '')) {
      statistics.push(withBatchStatistics(builder, traced, node));
    } else if (ratio > 0) masks.push(withMask(builder, traced, node, ratio));
    else builder.append(node);
  }
  return { graph: builder.build(graph.outputs), trace: traced, statistics, masks };
}

function withBatchStatistics(builder: GraphBuilder, traced: Map<string, TracedValue>, node: Node): BatchStatistics {
  const [x = '', scale = '', bias = '', runningMean = '', runningVariance = ''] = node.inputs;
  const { shape } = traced.get(x) ?? { shape: [] };
  const channels = fixed(shape[1]) ?? 0;
  const ints = { rank: shape.length, channels, sizes: fixedFrom(shape, 2) ?? [] };
  const [mean = '', variance = ''] = builder.nodes(CHANNEL_STATISTICS, [x], 2, ints, OWN_DOMAIN);
  for (const name of [mean, variance]) traced.set(name, { type: 'float32', shape: [channels] });
  builder.append({ ...node, inputs: [x, scale, bias, mean, variance] });
  return { mean, variance, runningMean, runningVariance, momentum: floatOf(node, 'momentum', 0.9), shape };
}

/** Masks with which nothing is dropped. */
export function keepingMasks(masks: readonly DropoutMask[], samples: number): Record<string, RuntimeValue> {
  return Object.fromEntries(
    masks.map(({ input, shape }) => {
      const sizes = shapeFor(shape, samples);
      return [input, { type: 'float32', shape: sizes, data: new Float32Array(sizeOf(sizes)).fill(1) }];
    }),
  );
}

/** The shape that a traced one has with so many samples. */
export function shapeFor(shape: Shape, samples: number): number[] {
  return shape.map((size) => (isPerSample(size) ? size.perSample * samples : size));
}

/** What a Dropout node drops in training; 0 for every other node. */
function dropoutRatio(graph: Graph, node: Node): number {
  if (node.op !== 'Dropout' || node.domain !== '') return 0;
  const [, ratio = ''] = node.inputs;
  const constant = graph.constants.get(ratio);
  return ratio === '' ? 0.5 : constant === undefined ? 0 : (numbersOf(constant)[0] ?? 0);
}

function withMask(builder: GraphBuilder, traced: Map<string, TracedValue>, node: Node, ratio: number): DropoutMask {
  const [x = ''] = node.inputs;
  const shape = traced.get(x)?.shape ?? [];
  const declared = shape.map((size) => (typeof size === 'number' ? size : null));
  const input = builder.input(builder.fresh('mask'), 'float32', declared);
  traced.set(input, { type: 'float32', shape });
  const [output = ''] = node.outputs;
  builder.append({
    domain: '',
    name: node.name,
    op: 'Mul',
    inputs: [x, input],
    outputs: [output],
    attributes: new Map(),
  });
  return { layer: node.name, input, shape, ratio };
}
