/** What a lowered model gives, and its gradients by Assay's rules. */
import type { Tensor } from '../src/base/tensor.js';
import { gradientRules } from '../src/engine/onnx/autodiff/rules/index.js';
import { GraphBuilder } from '../src/engine/onnx/graph/builder.js';
import type { Graph } from '../src/engine/onnx/graph/ir.js';
import type { ModelBytes } from '../src/engine/contract.js';
import { decodeModel } from '../src/engine/onnx/proto/codec.js';
import type { RuntimeValue } from '../src/engine/onnx/session.js';
import { executeGraph } from './onnx-graphs.js';
import { vectorJacobian } from './vector-jacobian.js';

type Tensors = Readonly<Record<string, Tensor>>;

export function feedsOf(graph: Graph, inputs: Tensors): Record<string, RuntimeValue> {
  return Object.fromEntries(
    graph.inputs.map(({ name, type }) => {
      const { shape, data } = inputs[name] ?? { shape: [0], data: new Float32Array() };
      return [name, type === 'int32' ? { type, shape, data: Int32Array.from(data) } : { type: 'float32', shape, data }];
    }),
  );
}

export async function outputsOf(model: ModelBytes, inputs: Tensors): Promise<Map<string, RuntimeValue>> {
  const graph = decodeModel(model);
  return executeGraph(graph, feedsOf(graph, inputs));
}

/** The gradient of the sum of the outputs, each times its cotangent, by each input of real numbers. */
export async function gradientsOf(
  model: ModelBytes,
  inputs: Tensors,
  cotangents: Tensors,
): Promise<ReadonlyMap<string, ArrayLike<number>>> {
  const graph = weightedSum(decodeModel(model), cotangents);
  const wrt = graph.inputs.filter(({ type }) => type === 'float32').map(({ name }) => name);
  const seed: RuntimeValue = { type: 'float32', shape: [], data: Float32Array.of(1) };
  const feeds = feedsOf(graph, inputs);
  return (await vectorJacobian({ graph, feeds, wrt, seed, rules: gradientRules }, 'none')).gradients;
}

function weightedSum(graph: Graph, cotangents: Tensors): Graph {
  const builder = new GraphBuilder(graph);
  const terms = graph.outputs
    .filter(({ type }) => type === 'float32')
    .map(({ name }) => {
      const { shape, data } = cotangents[name] ?? { shape: [], data: Float32Array.of(1) };
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const product = builder.node('Mul', [name, builder.constant({ type: 'float32', shape, bytes })]);
      return builder.node('ReduceSum', [product], { keepdims: 0 });
    });
  const total = builder.node('Sum', terms);
  return builder.build([{ name: total, type: 'float32', shape: [] }]);
}
