import { floatOf, intOf } from '../graph/attributes.js';
import { float32Constant, float32Of } from '../graph/constants.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
import { Uses } from './uses.js';

/**
 * A batch normalization behind nothing but a convolution becomes a part of its weights: at inference it is a factor and a
 * summand for each channel. Exporters for Keras leave that to the runtime.
 */
export function foldBatchNormalization(graph: Graph): Graph {
  const uses = new Uses(graph);
  const constants = new Map(graph.constants);
  const replaced = new Map<Node, Node[]>();
  for (const normalization of graph.nodes) {
    const conv = uses.producer(normalization.inputs[0] ?? '');
    if (conv === undefined || !isFoldable(conv, normalization) || replaced.has(conv)) continue;
    if (!uses.areOnlyFor(new Set([conv, normalization]), normalization.outputs[0] ?? '')) continue;
    const factors = factorsOf(normalization, graph);
    const weight = float32In(graph, conv.inputs[1]);
    const bias = conv.inputs[2] === undefined || conv.inputs[2] === '' ? null : float32In(graph, conv.inputs[2]);
    if (factors === null || weight === null || (bias === null && (conv.inputs[2] ?? '') !== '')) continue;
    const [output = ''] = normalization.outputs;
    const names = [`${output}/folded_weight`, `${output}/folded_bias`] as const;
    constants.set(names[0], scaled(weight, factors.scale));
    constants.set(names[1], shifted(bias, factors));
    replaced.set(conv, []);
    replaced.set(normalization, [{ ...conv, inputs: [conv.inputs[0] ?? '', ...names], outputs: [output] }]);
  }
  return { ...graph, constants, nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]) };
}

/** The normalized value is scale x + shift. */
interface Factors {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

function isFoldable(conv: Node, normalization: Node): boolean {
  return (
    normalization.op === 'BatchNormalization' &&
    normalization.domain === '' &&
    intOf(normalization, 'training_mode', 0) === 0 &&
    conv.op === 'Conv' &&
    conv.domain === ''
  );
}

function factorsOf(normalization: Node, graph: Graph): Factors | null {
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => float32In(graph, normalization.inputs[i]));
  if (gamma == null || beta == null || mean == null || variance == null) return null;
  const epsilon = floatOf(normalization, 'epsilon', 1e-5);
  const [g, b, m, v] = [gamma, beta, mean, variance].map(float32Of);
  const scale = Float64Array.from(g ?? [], (each, c) => each / Math.sqrt((v?.[c] ?? NaN) + epsilon));
  return { scale, shift: scale.map((each, c) => (b?.[c] ?? NaN) - (m?.[c] ?? NaN) * each) };
}

function float32In(graph: Graph, name: string | undefined): Constant | null {
  const constant = graph.constants.get(name ?? '');
  return constant?.type === 'float32' ? constant : null;
}

function scaled(weight: Constant, scale: Float64Array): Constant {
  const values = float32Of(weight);
  const area = values.length / scale.length;
  return float32Constant(
    weight.shape,
    values.map((value, i) => value * (scale[Math.floor(i / area)] ?? NaN)),
  );
}

function shifted(bias: Constant | null, { scale, shift }: Factors): Constant {
  const values = bias === null ? null : float32Of(bias);
  const own = shift.map((each, c) => (values?.[c] ?? 0) * (scale[c] ?? NaN) + each);
  return float32Constant([own.length], own);
}
