import type { LrpComposite, LrpRule } from '../../../contract.js';
import { operatorError } from '../../autodiff/rule.js';
import { floatOf } from '../../graph/attributes.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Graph, Node } from '../../graph/ir.js';
import type { Uses } from '../../passes/uses.js';
import { copyOf } from '../beside.js';
import { CONVOLUTIONS, DENSE, operatorOf } from '../operators.js';

/** y = W a + b, where nothing but a depends on the input. */
export interface WeightedLayer {
  readonly node: Node;
  readonly kind: 'convolution' | 'dense';
  readonly input: string;
  readonly weight: string;
  readonly bias: string | null;
  /** Where y is: behind the sum with the bias, if that is a node of its own. */
  readonly output: string;
  /** That sum. */
  readonly sum: Node | null;
}

/** @throws AssayError `operator` where the weights depend on the input too, or their sign is turned by an attribute */
export function layerOf(node: Node, uses: Uses, isActive: (name: string) => boolean): WeightedLayer | null {
  const operator = operatorOf(node);
  const isConvolution = CONVOLUTIONS.has(operator);
  if (!isConvolution && !DENSE.has(operator)) return null;
  const [first = '', second = '', third = ''] = node.inputs;
  if (isActive(first) && isActive(second)) throw operatorError(node, 'multiplies two values that depend on the input');
  const isTurned = !isActive(first);
  if (isActive(third) || (isTurned && operator !== 'MatMul')) {
    throw operatorError(node, 'has weights that depend on the input');
  }
  if (floatOf(node, 'alpha', 1) < 0 || floatOf(node, 'beta', 1) < 0) throw operatorError(node, 'has a negative factor');
  const sum = operator === 'MatMul' ? biasSum(node, uses, isActive) : null;
  const [output = ''] = node.outputs;
  return {
    node,
    kind: isConvolution ? 'convolution' : 'dense',
    input: isTurned ? second : first,
    weight: isTurned ? first : second,
    bias: sum === null ? (third === '' ? null : third) : (sum.inputs.find((name) => name !== output) ?? null),
    output: sum?.outputs[0] ?? output,
    sum,
  };
}

/** The sum of a product with a constant that alone reads it: exporters write the bias of a dense layer so. */
function biasSum(node: Node, uses: Uses, isActive: (name: string) => boolean): Node | null {
  const [output = ''] = node.outputs;
  const [reader] = uses.readers(output);
  const other = reader?.inputs.find((name) => name !== output);
  if (reader === undefined || operatorOf(reader) !== 'Add' || other === undefined || isActive(other)) return null;
  return uses.areOnlyFor(new Set([node, reader]), reader.outputs[0] ?? '') ? reader : null;
}

/** The layer with another input and other weights. @param bias null for none */
export function applied(
  builder: GraphBuilder,
  { node, input, weight, bias: own }: WeightedLayer,
  given: string,
  weights: string,
  bias: string | null = null,
): string {
  const bare = operatorOf(node) === 'MatMul' ? node : { ...node, inputs: node.inputs.slice(0, bias === null ? 2 : 3) };
  const instead = new Map([[input, given], [weight, weights], ...(own === null ? [] : [[own, bias ?? ''] as const])]);
  const [product = ''] = copyOf(builder, bare, instead);
  return bare === node && bias !== null ? builder.node('Add', [product, bias]) : product;
}

/** Values by which each layer of a composite can be named: one that normalizes and was folded into another names that. */
export function foldedNames(graph: Graph): ReadonlyMap<string, string> {
  const normalizations = graph.nodes.filter((node) => operatorOf(node) === 'BatchNormalization');
  return new Map(normalizations.map((node) => [node.outputs[0] ?? '', node.inputs[0] ?? '']));
}

/** The rule of the first entry that names a layer; without one, shares with nothing but a stabilizer. */
export function ruleOf(
  composite: LrpComposite,
  { kind }: WeightedLayer,
  isFirst: boolean,
  names: readonly string[],
): LrpRule {
  const entry = composite.find(({ at }) => {
    if (typeof at !== 'string') return at.some((name) => names.includes(name));
    return at === 'any' || (at === 'first' ? isFirst : at === kind);
  });
  return entry?.rule ?? { kind: 'epsilon', epsilon: STABILIZER };
}

/** What keeps a denominator from being 0, as in captum. */
export const STABILIZER = 1e-9;
