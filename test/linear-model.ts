import type { EngineSpec, ModelBytes, OutputHead } from '#engine/index';
import { float32Constant } from '../src/engine/onnx/graph/constants.js';
import type { Attribute, Graph, Node } from '../src/engine/onnx/graph/ir.js';
import { encodeModel } from '../src/engine/onnx/proto/codec.js';

export interface GraphParts {
  readonly nodes: readonly (Pick<Node, 'op' | 'inputs' | 'outputs'> & {
    readonly attributes?: Readonly<Record<string, Attribute>>;
  })[];
  readonly constants?: Graph['constants'];
  readonly inputShape: readonly (number | string)[];
  readonly outputShape: readonly (number | string)[];
  readonly opset?: number;
}

/** A graph from input `x` to output `y`. */
export function graphOf(parts: GraphParts): Graph {
  return {
    name: 'test',
    irVersion: 8,
    opsets: new Map([['', parts.opset ?? 20]]),
    inputs: [{ name: 'x', type: 'float32', shape: parts.inputShape }],
    outputs: [{ name: 'y', type: 'float32', shape: parts.outputShape }],
    nodes: parts.nodes.map((node, i) => ({
      ...node,
      domain: '',
      name: `node_${i}`,
      attributes: new Map(Object.entries(node.attributes ?? {})),
    })),
    constants: parts.constants ?? new Map(),
    functions: [],
  };
}

export function modelOf(graph: Graph): ModelBytes {
  return { main: 'test.onnx', files: new Map([['test.onnx', encodeModel(graph)]]) };
}

/** y = x W + b with W of [inputs][outputs]. */
export function linearModel(weights: readonly (readonly number[])[], bias: readonly number[]): ModelBytes {
  const [inputs, outputs] = [weights.length, bias.length];
  return modelOf(
    graphOf({
      nodes: [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['y'] }],
      constants: new Map([
        ['w', float32Constant([inputs, outputs], weights.flat())],
        ['b', float32Constant([outputs], bias)],
      ]),
      inputShape: ['n', inputs],
      outputShape: ['n', outputs],
    }),
  );
}

/** A specification without normalization, probed on `probe` rows of numbers in [-1, 1]. */
export function specOf(head: OutputHead, sample: readonly number[], probe = 8): EngineSpec {
  const size = sample.reduce((a, b) => a * b, 1);
  return {
    head,
    output: null,
    normalization: { axis: sample.length - 1, mean: [0], std: [1] },
    probe: { shape: [probe, ...sample], data: Float32Array.from({ length: probe * size }, (_, i) => Math.sin(i)) },
    resources: { threads: 1, batchSize: 128 },
  };
}
