import { float32, graphOf, int, node } from '../../../test/onnx-graphs.js';
import { GraphBuilder } from './graph/builder.js';
import type { Graph } from './graph/ir.js';
import { placeNodes } from './devices/placement.js';
import { compileGraph, runtimeOptions } from './session.js';

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

/** Kernels for x64 without VNNI would add up pairs of products in 16 bits, where 2 x 255 x 127 becomes 32,767. */
test('sums of products of unsigned and signed bytes are exact on every processor', async () => {
  const graph = graphOf({
    opset: 20,
    nodes: [
      node('Cast', ['x'], ['bytes'], { to: int(UINT8) }),
      node('MatMulInteger', ['bytes', 'weights'], ['sums']),
      node('Cast', ['sums'], ['y'], { to: int(FLOAT) }),
    ],
    inputs: [{ name: 'x', type: 'float32', shape: [1, 64] }],
    outputs: ['y'],
    constants: { weights: { type: 'int8', shape: [64, 16], bytes: new Uint8Array(64 * 16).fill(127) } },
  });
  const session = await compileGraph(graph, options);
  const results = await session.run({ x: float32([1, 64], new Float32Array(64).fill(255)) }, ['y']);
  expect(results.get('y')?.data).toEqual(new Float32Array(16).fill(64 * 255 * 127));
  await session.dispose();
});
