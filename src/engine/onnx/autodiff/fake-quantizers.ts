import type { Node } from '../graph/ir.js';

/** Domains of QuantizeLinear and DequantizeLinear: the runtime's own ones have types that the standard got later. */
const DOMAINS: ReadonlySet<string> = new Set(['', 'com.microsoft']);

/**
 * The nodes as gradients see them. The integers between a quantizer and a dequantizer have no gradient, so both are taken
 * as one: a DequantizeLinear that reads the real values. Its inputs are (x, scale, zero point) and, behind a
 * QuantizeLinear, that one's (scale, zero point, integers); a DynamicQuantizeLinear chooses its scale by itself.
 */
export function withFakeQuantizers(nodes: readonly Node[]): readonly Node[] {
  const quantizers = new Map(
    nodes.filter(isQuantizer).flatMap((node) => node.outputs.slice(0, 1).map((output) => [output, node] as const)),
  );
  return nodes.map((node) => {
    const [integers = '', scale = '', zeroPoint = ''] = node.inputs;
    const quantizer = isLinear(node, 'DequantizeLinear') ? quantizers.get(integers) : undefined;
    if (quantizer === undefined) return node;
    const [x = '', ownScale = '', ownZeroPoint = ''] = quantizer.inputs;
    const isDynamic = quantizer.op === 'DynamicQuantizeLinear';
    if (isDynamic && quantizer.outputs[1] !== scale) return node;
    const own = isDynamic ? [] : [ownScale, ownZeroPoint, integers];
    return { ...node, inputs: [x, scale, zeroPoint, ...own] };
  });
}

/** What may read integers without losing the gradient: it either is taken with the quantizer or gives no values. */
const HARMLESS: ReadonlySet<string> = new Set(['DequantizeLinear', 'Shape', 'Size']);

/** The first node that computes on the integers of a quantizer whose input is active: no gradient comes through it. */
export function integerOperator(nodes: readonly Node[], active: ReadonlySet<string>): Node | undefined {
  const integers = new Set(
    nodes.filter((node) => isQuantizer(node) && active.has(node.inputs[0] ?? '')).map((node) => node.outputs[0]),
  );
  return nodes.find((node) => !HARMLESS.has(node.op) && node.inputs.some((input) => integers.has(input)));
}

function isQuantizer(node: Node): boolean {
  return isLinear(node, 'QuantizeLinear') || (node.domain === '' && node.op === 'DynamicQuantizeLinear');
}

function isLinear(node: Node, op: string): boolean {
  return node.op === op && DOMAINS.has(node.domain);
}
