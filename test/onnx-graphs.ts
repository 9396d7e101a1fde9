/** Small ONNX graphs for tests, in any opset, and their execution. */
import { createSession, type RuntimeValue } from '../src/engine/onnx/session.js';
import type { Attribute, Constant, Graph, Node, ValueInfo } from '../src/engine/onnx/graph/ir.js';
import { encodeModel } from '../src/engine/onnx/proto/codec.js';

export function int(value: number): Attribute {
  return { kind: 'int', value };
}

export function ints(...value: readonly number[]): Attribute {
  return { kind: 'ints', value };
}

export function float(value: number): Attribute {
  return { kind: 'float', value };
}

export function text(value: string): Attribute {
  return { kind: 'string', value };
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = '',
): Node {
  return {
    op,
    domain,
    name: `${op} to ${outputs.join()}`,
    inputs,
    outputs,
    attributes: new Map(Object.entries(attributes)),
  };
}

export function graphOf(parts: {
  readonly opset: number;
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly string[];
  readonly constants?: Readonly<Record<string, Constant>>;
}): Graph {
  return {
    name: 'sample',
    irVersion: 8,
    opsets: new Map([['', parts.opset]]),
    inputs: parts.inputs,
    // ONNX Runtime infers the types of outputs.
    outputs: parts.outputs.map((name) => ({ name, type: 'other', shape: null })),
    nodes: parts.nodes,
    constants: new Map(Object.entries(parts.constants ?? {})),
    functions: [],
  };
}

export function float32(shape: readonly number[], data: ArrayLike<number>): RuntimeValue {
  return { type: 'float32', shape, data: Float32Array.from(data) };
}

/** Executes a serialized model without optimizations. */
export async function execute(
  model: Uint8Array,
  feeds: Readonly<Record<string, RuntimeValue>>,
  outputs: readonly string[],
): Promise<Map<string, RuntimeValue>> {
  const session = await createSession(model, { threads: 1, optimization: 'none' });
  try {
    return await session.run(feeds, outputs);
  } finally {
    await session.dispose();
  }
}

export function executeGraph(
  graph: Graph,
  feeds: Readonly<Record<string, RuntimeValue>>,
): Promise<Map<string, RuntimeValue>> {
  return execute(
    encodeModel(graph),
    feeds,
    graph.outputs.map(({ name }) => name),
  );
}
