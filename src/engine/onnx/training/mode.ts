import { floatOf } from '../graph/attributes.js';
import { float, GraphBuilder } from '../graph/builder.js';
import { numbersOf } from '../graph/constants.js';
import type { Graph, Node } from '../graph/ir.js';
import type { Shape } from '../graph/shape.js';
import type { Trace, TracedValue } from '../graph/trace.js';
import { BATCH_NORMALIZATION, DOMAIN } from './batch-normalization.js';

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

/**
 * Brings a graph from inference to training: batch normalization takes the statistics of the batch, dropout a mask.
 *
 * @param keepsRunning whether a BatchNormalization stays as at inference, by its scale
 */
export function trainingMode(
  graph: Graph,
  trace: Trace,
  keepsRunning: (scale: string) => boolean,
  dropsOut: boolean,
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
  const [mean, variance] = [builder.fresh('mean'), builder.fresh('variance')];
  const shape = traced.get(x)?.shape ?? [];
  builder.append({
    ...node,
    domain: DOMAIN,
    op: BATCH_NORMALIZATION,
    inputs: [x, scale, bias],
    outputs: [node.outputs[0] ?? '', mean, variance],
    attributes: new Map([['epsilon', float(floatOf(node, 'epsilon', 1e-5))]]),
  });
  for (const name of [mean, variance]) traced.set(name, { type: 'float32', shape: shape.slice(1, 2) });
  const momentum = floatOf(node, 'momentum', 0.9);
  return { mean, variance, runningMean, runningVariance, momentum, shape };
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
