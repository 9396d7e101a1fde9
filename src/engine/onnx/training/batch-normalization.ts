import { floatOf } from '../graph/attributes.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/ir.js';
import type { Trace } from '../graph/trace.js';
import type { GradientRule, RuleContext } from '../autodiff/rule.js';

/** Operators that stand in a graph only while it is differentiated. */
export const DOMAIN = 'assay.training';
/** x, scale, bias -> y, the mean and the variance of each channel over the batch and its positions. */
export const BATCH_NORMALIZATION = 'BatchNormalization';

/**
 * y = scale (x - m) r + bias with the batch's mean m, variance v and r = 1 / sqrt(v + epsilon) (Ioffe & Szegedy 2015). With
 * sums over the count of elements of a channel, dbias = sum(g), dscale = r sum(g (x - m)), and
 * dx = scale r (g - sum(g) / count - (x - m) r^2 sum(g (x - m)) / count).
 */
export const batchNormalizationInTraining: GradientRule = (context) => {
  const { builder, gradient, node } = context;
  const [x, scale] = [context.input(0), context.input(1)];
  const [, mean = '', variance = ''] = node.outputs;
  const axes = axesBesideChannels(context.rank(x));
  const centered = builder.node('Sub', [x, alongChannels(builder, mean, context.rank(x))]);
  const total = builder.reduceSum(gradient, axes, false);
  const moment = builder.reduceSum(builder.node('Mul', [gradient, centered]), axes, false);
  const shifted = builder.node('Add', [variance, context.scalar(floatOf(node, 'epsilon', 1e-5))]);
  const deviation = builder.node('Sqrt', [shifted]);
  return [
    context.wants(0)
      ? byInput(context, { centered, total, moment, shifted, factor: builder.node('Div', [scale, deviation]) })
      : null,
    builder.node('Div', [moment, deviation]),
    total,
  ];
};

interface Sums {
  readonly centered: string;
  readonly total: string;
  readonly moment: string;
  readonly shifted: string;
  readonly factor: string;
}

function byInput(context: RuleContext, { centered, total, moment, shifted, factor }: Sums): string {
  const { builder, gradient } = context;
  const rank = context.rank(context.input(0));
  const along = (value: string): string => alongChannels(builder, value, rank);
  const count = elementsOfChannel(builder, context.input(0), rank);
  const share = builder.node('Div', [builder.node('Mul', [factor, total]), count]);
  const slope = builder.node('Div', [builder.node('Mul', [factor, moment]), builder.node('Mul', [shifted, count])]);
  const scaled = builder.node('Sub', [builder.node('Mul', [gradient, along(factor)]), along(share)]);
  return builder.node('Sub', [scaled, builder.node('Mul', [centered, along(slope)])]);
}

/** Puts operators of the runtime in the place of those that stood for them while the graph was differentiated. */
export function lowerBatchNormalization(graph: Graph, trace: Trace): Graph {
  const builder = new GraphBuilder(graph, []);
  for (const node of graph.nodes) {
    if (node.domain === DOMAIN && node.op === BATCH_NORMALIZATION) appendLowered(builder, node, trace);
    else builder.append(node);
  }
  return builder.build(graph.outputs);
}

function appendLowered(builder: GraphBuilder, node: Node, trace: Trace): void {
  const [x = '', scale = '', bias = ''] = node.inputs;
  const [y = '', mean = '', variance = ''] = node.outputs;
  const rank = trace.get(x)?.shape.length ?? 0;
  const axes = builder.integers(axesBesideChannels(rank));
  const reduced = (value: string, name: string): void =>
    builder.rename(builder.node('ReduceMean', [value, axes], { keepdims: 0 }), name);
  reduced(x, mean);
  const centered = builder.node('Sub', [x, alongChannels(builder, mean, rank)]);
  reduced(builder.node('Mul', [centered, centered]), variance);
  const { attributes } = node;
  builder.append({ ...node, domain: '', inputs: [x, scale, bias, mean, variance], outputs: [y], attributes });
}

function axesBesideChannels(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
}

/** [channels] -> [channels, 1, ...], which is broadcast against [batch, channels, ...]. */
function alongChannels(builder: GraphBuilder, value: string, rank: number): string {
  const positions = Math.max(rank - 2, 0);
  return positions === 0 ? value : builder.reshape(value, [-1, ...Array.from({ length: positions }, () => 1)]);
}

/** How many elements of x there are for each channel, as a float32 number. */
function elementsOfChannel(builder: GraphBuilder, x: string, rank: number): string {
  const sizes = builder.node('Gather', [builder.node('Shape', [x]), builder.integers(axesBesideChannels(rank))]);
  return builder.cast(builder.node('ReduceProd', [sizes], { keepdims: 0 }), 'float32');
}
