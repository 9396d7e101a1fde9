import { float32, graphOf, int, node } from '../../../test/onnx-graphs.js';
import { GraphBuilder } from './graph/builder.js';
import { float32Constant } from './graph/constants.js';
import type { Graph, Node } from './graph/ir.js';
import { placeNodes } from './devices/placement.js';
import { compileGraph, runtimeOptions, type RuntimeValue } from './session.js';

const THREE: Graph = {
  name: 'sum',
  irVersion: 9,
  opsets: new Map([['', 20]]),
  inputs: ['a', 'b', 'c'].map((name) => ({ name, type: 'float32', shape: [3, 4] })),
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};
const options = { threads: 1, optimization: 'all' } as const;
const [FLOAT, UINT8] = [1, 2];
const ASSIGNMENT = 'extra.session.name_based_layer_assignment';

function placed(op: string, device: 'cpu' | 'webgpu' | 'cuda') {
  const builder = new GraphBuilder(THREE);
  builder.node(op, ['a', 'b', 'c'], {});
  const { graph, onCpu } = placeNodes(builder.build([]), device);
  return {
    names: graph.nodes.map(({ name }) => name),
    asked: runtimeOptions({ ...options, device, onCpu }, new Map()),
  };
}

test('CUDA leaves to the CPU what has in its name what the session is told', () => {
  const { names, asked } = placed('Sum', 'cuda');
  expect(asked.executionProviders).toEqual(['cuda']);
  expect(asked).toHaveProperty(ASSIGNMENT, 'cpu(on-cpu/)');
  // A rule `provider(part)` matches a part of a name.
  expect(names).toEqual([expect.stringContaining('on-cpu/')]);
});

test('the session is told nothing where no node stays', () => {
  expect(placed('Mean', 'cuda').asked).not.toHaveProperty(ASSIGNMENT);
  expect(placed('Sum', 'cpu').asked).not.toHaveProperty(ASSIGNMENT);
});

test('WebGPU takes the names themselves', () => {
  const { names, asked } = placed('Einsum', 'webgpu');
  expect(asked.executionProviders).toEqual([{ name: 'webgpu', forceCpuNodeNames: names }]);
  expect(asked).not.toHaveProperty(ASSIGNMENT);
});

describe('weights of signed bytes', () => {
  const WEIGHTS = { type: 'int8', shape: [64, 16], bytes: new Uint8Array(64 * 16).fill(127) } as const;
  const X = float32([1, 64], new Float32Array(64).fill(255));
  const BYTES = node('Cast', ['x'], ['bytes'], { to: int(UINT8) });

  async function results(nodes: readonly Node[]): Promise<RuntimeValue | undefined> {
    const graph = graphOf({
      opset: 20,
      nodes: [BYTES, ...nodes],
      inputs: [{ name: 'x', type: 'float32', shape: [1, 64] }],
      outputs: ['y'],
      constants: { weights: WEIGHTS, scale: float32Constant([], [1]) },
    });
    const session = await compileGraph(graph, options);
    try {
      return (await session.run({ x: X }, ['y'])).get('y');
    } finally {
      await session.dispose();
    }
  }

  /** Kernels for x64 without VNNI would add up pairs of products in 16 bits, where 2 x 255 x 127 becomes 32,767. */
  test('sums of their products with unsigned ones are exact on every processor', async () => {
    const sums = node('MatMulInteger', ['bytes', 'weights'], ['sums']);
    const y = await results([sums, node('Cast', ['sums'], ['y'], { to: int(FLOAT) })]);
    expect(y?.data).toEqual(new Float32Array(16).fill(64 * 255 * 127));
  });

  test('two nodes may share them', async () => {
    const own = ['a', 'b'].map((name) => node('DequantizeLinear', ['weights', 'scale'], [name]));
    const product = node('MatMul', ['x', 'a'], ['c']);
    const both = [node('ReduceMax', ['b'], ['most'], { keepdims: int(0) }), node('Sub', ['c', 'most'], ['y'])];
    const y = await results([...own, product, ...both]);
    expect(y?.data).toEqual(new Float32Array(16).fill(64 * 255 * 127 - 127));
  });
});
