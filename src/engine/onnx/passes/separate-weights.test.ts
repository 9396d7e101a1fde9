import { float32, graphOf, node } from '../../../../test/onnx-graphs.js';
import { expectSameOutputs } from '../../../../test/same-outputs.js';
import { float32Constant } from '../graph/constants.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
import { separateWeights } from './separate-weights.js';

const CONSTANTS: Readonly<Record<string, Constant>> = {
  ones: float32Constant([2], [1, 1]),
  zeros: float32Constant([2], [0, 0]),
  'fc.weight': float32Constant([2, 2], [1, 2, 3, 4]),
  axes: float32Constant([], [1]),
};
const feeds = { x: float32([3, 2], [1, 2, 3, -4, 5, 6]) };

function graphFrom(nodes: readonly Node[]): Graph {
  const inputs = [{ name: 'x', type: 'float32', shape: ['n', 2] } as const];
  return graphOf({ opset: 17, nodes, inputs, outputs: ['y'], constants: CONSTANTS });
}

const normalization = (from: string, to: string, names: readonly string[]): Node =>
  node('BatchNormalization', [from, ...names], [to]);

/** The weights that each node reads, which have to be constants. */
function weightsOf({ nodes, constants }: Graph): string[][] {
  return nodes.map(({ inputs }) => inputs.slice(1).filter((name) => constants.has(name)));
}

test('layers that read the same ones and zeros get their own', async () => {
  const shared = ['ones', 'zeros', 'zeros', 'ones'];
  const graph = graphFrom([normalization('x', 'h', shared), normalization('h', 'y', shared)]);
  const after = separateWeights(graph);
  const names = weightsOf(after).flat();
  expect(names).toHaveLength(8);
  expect(new Set(names).size).toBe(8);
  await expectSameOutputs(graph, after, feeds);
});

test('what an Identity gives to a layer is a weight under its own name', async () => {
  const graph = graphFrom([
    node('Identity', ['zeros'], ['bn2.bias']),
    node('Identity', ['ones'], ['bn2.running_var']),
    normalization('x', 'h', ['ones', 'zeros', 'zeros', 'ones']),
    normalization('h', 'y', ['ones', 'bn2.bias', 'zeros', 'bn2.running_var']),
  ]);
  const after = separateWeights(graph);
  expect(after.nodes.map(({ op }) => op)).toEqual(['BatchNormalization', 'BatchNormalization']);
  expect(after.nodes[1]?.inputs).toContain('bn2.bias');
  expect(after.nodes[1]?.inputs).toContain('bn2.running_var');
  expect(new Set(weightsOf(after).flat()).size).toBe(8);
  await expectSameOutputs(graph, after, feeds);
});

test('weights that were drawn and are read twice stay tied', () => {
  const graph = graphFrom([
    node('Gemm', ['x', 'fc.weight', 'zeros'], ['h']),
    node('Identity', ['fc.weight'], ['tied']),
    node('Gemm', ['h', 'fc.weight', 'zeros'], ['g']),
    node('MatMul', ['g', 'tied'], ['y']),
  ]);
  const after = separateWeights(graph);
  expect(after.nodes.map(({ op }) => op)).toEqual(['Gemm', 'Identity', 'Gemm', 'MatMul']);
  expect(after.nodes.map(({ inputs }) => inputs[1])).toEqual(['fc.weight', undefined, 'fc.weight', 'tied']);
  expect(after.nodes[0]?.inputs[2]).not.toBe(after.nodes[2]?.inputs[2]);
});

test('other operators keep what they read', () => {
  const graph = graphFrom([node('Add', ['x', 'ones'], ['h']), node('Mul', ['h', 'ones'], ['y'])]);
  expect(separateWeights(graph)).toEqual(graph);
});
