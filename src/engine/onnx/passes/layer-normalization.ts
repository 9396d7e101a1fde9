import { sizeOf } from '#base/tensor';
import { intOf } from '../graph/attributes.js';
import { float, type GraphBuilder } from '../graph/builder.js';
import { float32Constant, integersOf, numbersOf } from '../graph/constants.js';
import type { Attribute, Graph, Node } from '../graph/ir.js';
import { fixedFrom } from '../graph/shape.js';
import type { Trace } from '../graph/trace.js';
import { arithmeticResults, arithmeticSources, expand, sameTerms, term, type Term } from './algebra.js';
import { replacePatterns, type Pattern } from './patterns.js';
import { Uses } from './uses.js';

/**
 * Turns the layer normalization that exporters wrote before opset 17 into one LayerNormalization node:
 * scale (x - m) / s + bias with m the mean of x over trailing axes and s = sqrt(mean((x - m)^2) + epsilon), in any
 * order, such as TensorFlow's x (scale / s) + (bias - m (scale / s)). Takes a float32 graph of opset 17 or later.
 */
export function layerNormalization(graph: Graph, trace: Trace): Graph {
  const search: Search = { graph, trace, uses: new Uses(graph) };
  const patterns = graph.nodes.map((node) => patternAround(search, node));
  return replacePatterns(
    graph,
    patterns.filter((pattern) => pattern !== null),
  );
}

interface Search {
  readonly graph: Graph;
  readonly trace: Trace;
  readonly uses: Uses;
}

/** The mean m and the deviation s of x, or 1 / s where `exponent` is 1. */
interface Statistics {
  readonly x: string;
  readonly m: string;
  readonly s: string;
  readonly exponent: 1 | -1;
  readonly epsilon: number;
  readonly axis: number;
  /** Sizes from `axis` on. */
  readonly normalized: readonly number[];
  readonly nodes: ReadonlySet<Node>;
}

/** The largest pattern whose deviation is what `root` gives: with scale and bias where they are there. */
function patternAround(search: Search, root: Node): Pattern | null {
  const statistics = statisticsOf(search, root);
  if (statistics === null) return null;
  const { graph, uses } = search;
  const { x, m, s } = statistics;
  const patterns = arithmeticResults(uses, s).flatMap((result): Pattern[] => {
    const { terms, nodes: outer } = expand(graph, uses, result, [x, m, s]);
    const nodes = new Set([...statistics.nodes, ...outer]);
    const affine = affineOf(graph, statistics, terms);
    if (affine === null || !uses.areOnlyFor(nodes, result)) return [];
    return [{ nodes, result, replacement: (builder) => normalization(builder, statistics, affine) }];
  });
  return patterns.sort((a, b) => b.nodes.size - a.nodes.size)[0] ?? null;
}

/** Those whose square root, or whose reciprocal, is `root`. */
function statisticsOf(search: Search, root: Node): Statistics | null {
  const { graph, trace, uses } = search;
  const exponent = deviationExponent(graph, root);
  const [s = ''] = root.outputs;
  const shifted = exponent === null ? null : shiftedVariance(search, root.inputs[0] ?? '');
  if (exponent === null || shifted === null) return null;
  const { second, epsilon } = shifted;
  const squares = second.inputs[0] ?? '';
  for (const m of arithmeticSources(uses, squares)) {
    const first = uses.producer(m);
    const [x = ''] = first?.inputs ?? [];
    const axis = meanAxis(search, first, x);
    if (first === undefined || axis === null || axis !== meanAxis(search, second, x)) continue;
    const { terms, nodes } = expand(graph, uses, squares, [x, m]);
    const normalized = fixedFrom(trace.get(x)?.shape ?? [], axis);
    if (!sameTerms(terms, squaredDifference(x, m)) || normalized === null) continue;
    const all = new Set([root, first, second, ...shifted.nodes, ...nodes]);
    return { x, m, s, exponent, epsilon, axis, normalized, nodes: all };
  }
  return null;
}

/** The exponent of the deviation's own value that divides by it; null for what is no square root. */
function deviationExponent(graph: Graph, { op, domain, inputs }: Node): 1 | -1 | null {
  if (domain !== '') return null;
  if (op === 'Sqrt') return -1;
  const constant = op === 'Pow' ? graph.constants.get(inputs[1] ?? '') : undefined;
  const exponent = constant === undefined ? null : numbersOf(constant)[0];
  return exponent === 0.5 ? -1 : exponent === -0.5 ? 1 : null;
}

/** The mean that is the variance, and the epsilon that was added to it. */
function shiftedVariance(
  { graph, uses }: Search,
  value: string,
): { second: Node; epsilon: number; nodes: ReadonlySet<Node> } | null {
  const { terms, nodes } = expand(graph, uses, value, []);
  const symbols = terms.flatMap(({ powers }) => Object.keys(powers));
  const epsilon = terms.find(({ powers }) => Object.keys(powers).length === 0)?.coefficient ?? 0;
  const [variance = ''] = symbols;
  const second = uses.producer(variance);
  const wanted = [term(1, { [variance]: 1 }), term(epsilon, {})];
  return second !== undefined && sameTerms(terms, wanted) ? { second, epsilon, nodes } : null;
}

function squaredDifference(x: string, m: string): readonly Term[] {
  return [term(1, { [x]: 2 }), term(-2, { [x]: 1, [m]: 1 }), term(1, { [m]: 2 })];
}

/** The first of the trailing axes of `x` that a node takes the mean over; null where it does something else. */
function meanAxis({ graph, trace }: Search, node: Node | undefined, x: string): number | null {
  const value = trace.get(x);
  if (node?.domain !== '' || value?.type !== 'float32') return null;
  const rank = value.shape.length;
  // What tf2onnx makes of a mean over all axes but the first two.
  if (node.op === 'GlobalAveragePool') return rank > 2 ? 2 : null;
  const constant = graph.constants.get(node.inputs[1] ?? '');
  if (node.op !== 'ReduceMean' || constant === undefined || intOf(node, 'keepdims', 1) !== 1) return null;
  const axes = integersOf(constant).map((axis) => (axis < 0 ? axis + rank : axis));
  const first = Math.min(...axes);
  const isTrailing = axes.length > 0 && axes.length === rank - first;
  return isTrailing ? first : null;
}

/** What the standardized value was multiplied by and what was added to it; null where there is nothing. */
interface Affine {
  readonly scale: string | null;
  readonly bias: string | null;
}

/** Reads scale (x - m) / s + bias out of a sum; null where it is something else. */
function affineOf(graph: Graph, statistics: Statistics, terms: readonly Term[]): Affine | null {
  const { x, m, s, exponent, normalized } = statistics;
  const other = (found: Term | undefined): string | null =>
    Object.keys(found?.powers ?? {}).find((symbol) => ![x, m, s].includes(symbol)) ?? null;
  const scale = other(terms.find(({ powers }) => Object.hasOwn(powers, s)));
  const bias = other(terms.find(({ powers }) => !Object.hasOwn(powers, s)));
  const factor = { [s]: exponent, ...(scale === null ? {} : { [scale]: 1 }) };
  const wanted = [
    term(1, { [x]: 1, ...factor }),
    term(-1, { [m]: 1, ...factor }),
    ...(bias === null ? [] : [term(1, { [bias]: 1 })]),
  ];
  const isParameter = (name: string | null): boolean => name === null || hasShape(graph, name, normalized);
  return sameTerms(terms, wanted) && isParameter(scale) && isParameter(bias) ? { scale, bias } : null;
}

/** Whether a constant has the normalized shape, but for ones in front of it. */
function hasShape(graph: Graph, name: string, normalized: readonly number[]): boolean {
  const constant = graph.constants.get(name);
  if (constant?.type !== 'float32') return false;
  const lead = constant.shape.length - normalized.length;
  return constant.shape.every((size, axis) => size === (axis < lead ? 1 : normalized[axis - lead]));
}

function normalization(
  builder: GraphBuilder,
  { x, axis, epsilon, normalized }: Statistics,
  { scale, bias }: Affine,
): Pick<Node, 'op' | 'inputs' | 'attributes'> {
  // A parameter that has the right shape keeps its name, by which training writes it back.
  const parameter = (name: string): string => {
    const constant = builder.constantOf(name);
    if (constant === undefined || constant.shape.length === normalized.length) return name;
    return builder.constant({ ...constant, shape: normalized });
  };
  const ones = (): string =>
    builder.constant(float32Constant(normalized, new Float32Array(sizeOf(normalized)).fill(1)));
  const inputs = [x, scale === null ? ones() : parameter(scale), ...(bias === null ? [] : [parameter(bias)])];
  const attributes = new Map<string, Attribute>([
    ['axis', { kind: 'int', value: axis }],
    ['epsilon', float(epsilon)],
  ]);
  return { op: 'LayerNormalization', inputs, attributes };
}
