import { intOf, withAttribute } from '../graph/attributes.js';
import { float32Constant, float32Of } from '../graph/constants.js';
import type { Attribute, Constant, ElementType, Graph, Node } from '../graph/ir.js';

const HALF: ReadonlySet<ElementType> = new Set<ElementType>(['float16', 'bfloat16']);
/** TensorProto.DataType of float16 and bfloat16, and of float32. */
const HALF_NUMBERS: ReadonlySet<number> = new Set([10, 16]);
const FLOAT32_NUMBER = 1;

/**
 * Computes in float32 what a graph computes in half precision. Gradients in eleven bits are mostly rounding, and the
 * processor has hardly a kernel for them; weights keep the values that they were rounded to.
 */
export function widenHalf(graph: Graph): Graph {
  const isHalf = (type: ElementType): boolean => HALF.has(type);
  const uses =
    graph.inputs.some(({ type }) => isHalf(type)) || [...graph.constants.values()].some((c) => isHalf(c.type));
  if (!uses) return graph;
  const widened = <T extends { readonly type: ElementType }>(info: T): T =>
    isHalf(info.type) ? { ...info, type: 'float32' } : info;
  return {
    ...graph,
    inputs: graph.inputs.map(widened),
    outputs: graph.outputs.map(widened),
    constants: new Map([...graph.constants].map(([name, constant]) => [name, widen(constant)])),
    nodes: graph.nodes.map(widenNode),
  };
}

function widen(constant: Constant): Constant {
  return HALF.has(constant.type) ? float32Constant(constant.shape, float32Of(constant)) : constant;
}

/** Casts to half precision become casts to float32, and tensors in attributes are widened. */
function widenNode(node: Node): Node {
  const attribute = node.op === 'Cast' ? 'to' : 'dtype';
  const target = HALF_NUMBERS.has(intOf(node, attribute, 0))
    ? withAttribute(node, attribute, { kind: 'int', value: FLOAT32_NUMBER })
    : node;
  const widened = (value: Attribute): Attribute =>
    value.kind === 'tensor' ? { ...value, value: widen(value.value) } : value;
  return { ...target, attributes: new Map([...target.attributes].map(([name, value]) => [name, widened(value)])) };
}
