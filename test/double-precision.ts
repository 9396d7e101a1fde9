/** A small float32 graph as the same function of float64, for tests that need more digits. */
import { float64Constant, numbersOf } from '../src/engine/onnx/graph/constants.js';
import type { Attribute, Constant, Graph, Node } from '../src/engine/onnx/graph/ir.js';
import type { RuntimeValue } from '../src/engine/onnx/session.js';
import { untyped } from '../src/engine/onnx/tracing.js';

/** TensorProto.DataType, as Cast and the makers of constants name it. */
const [FLOAT, DOUBLE] = [1, 11];

/** The runtime may still lack a kernel for it. Subgraphs stay in float32, which it then refuses. */
export function widenedGraph(graph: Graph): Graph {
  const kept = new Set(graph.nodes.flatMap(singlePrecisionInputs));
  return {
    ...graph,
    inputs: graph.inputs.map((input) => (input.type === 'float32' ? { ...input, type: 'float64' } : input)),
    outputs: graph.outputs.map(({ name }) => untyped(name)),
    nodes: graph.nodes.map(widenedNode),
    constants: new Map([...graph.constants].map(([name, value]) => [name, kept.has(name) ? value : widened(value)])),
  };
}

export function widenedValue(value: RuntimeValue): RuntimeValue {
  return value.data instanceof Float32Array
    ? { ...value, type: 'float64', data: Float64Array.from(value.data) }
    : value;
}

/** The scales of Resize are float32 whatever it resizes. */
function singlePrecisionInputs({ op, inputs }: Node): readonly string[] {
  return op === 'Resize' ? inputs.slice(2, 3) : [];
}

function widenedNode(node: Node): Node {
  const attributes = new Map([...node.attributes].map(([name, value]) => [name, widenedAttribute(name, value)]));
  if (node.op === 'ConstantOfShape' && !attributes.has('value')) {
    attributes.set('value', { kind: 'tensor', value: float64Constant([1], [0]) });
  }
  return { ...node, attributes };
}

function widenedAttribute(name: string, attribute: Attribute): Attribute {
  if (attribute.kind === 'tensor') return { kind: 'tensor', value: widened(attribute.value) };
  const namesType = ['to', 'dtype', 'output_dtype', 'stash_type'].includes(name);
  return namesType && attribute.kind === 'int' && attribute.value === FLOAT
    ? { kind: 'int', value: DOUBLE }
    : attribute;
}

function widened(constant: Constant): Constant {
  return constant.type === 'float32' ? float64Constant(constant.shape, numbersOf(constant)) : constant;
}
