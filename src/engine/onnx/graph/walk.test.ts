import { rng } from '#stats/random';
import { floatsOf } from '../session.js';
import { executeGraph, float32, graphOf, node } from '../../../../test/onnx-graphs.js';
import { float32Constant, float32Of } from './constants.js';
import type { Constant, Node } from './ir.js';
import { dependentsOf, walkBackward, walkForward } from './walk.js';

const source = rng('walk');
const random = (shape: readonly number[]): Constant =>
  float32Constant(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => source.normal()),
  );

/** Two dense layers with a ReLU between and a way around it: y = (relu(x U) + x U) V. */
const graph = graphOf({
  opset: 20,
  nodes: [
    node('MatMul', ['x', 'u'], ['h']),
    node('Relu', ['h'], ['r']),
    node('Add', ['r', 'h'], ['s']),
    node('MatMul', ['s', 'v'], ['y']),
  ],
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 3] }],
  outputs: ['y'],
  constants: { u: random([3, 4]), v: random([4, 2]) },
});

/** A matrix constant as rows. */
function rows(name: string | undefined): number[][] {
  const constant = graph.constants.get(name ?? '');
  if (constant === undefined) throw new Error(`${name ?? ''} is no constant`);
  const width = constant.shape[1] ?? 1;
  const values = [...float32Of(constant)];
  return Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
}

interface Interval {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Interval arithmetic (Gowal et al. 2018), one rule an operator. */
function interval(at: Node, [a, b]: readonly (Interval | undefined)[]): Interval[] {
  if (a === undefined) return [];
  const map = (f: (value: number, i: number) => number): Interval => ({ low: a.low.map(f), high: a.high.map(f) });
  switch (at.op) {
    case 'Relu':
      return [map((value) => Math.max(value, 0))];
    case 'Add':
      return [
        {
          low: a.low.map((value, i) => value + (b?.low[i] ?? NaN)),
          high: a.high.map((value, i) => value + (b?.high[i] ?? NaN)),
        },
      ];
    default: {
      const weights = rows(at.inputs[1]);
      const side = (positive: readonly number[], negative: readonly number[]) =>
        (weights[0] ?? []).map((_, k) =>
          weights.reduce(
            (sum, row, i) => sum + (row[k] ?? 0) * (((row[k] ?? 0) > 0 ? positive : negative)[i] ?? NaN),
            0,
          ),
        );
      return [{ low: side(a.low, a.high), high: side(a.high, a.low) }];
    }
  }
}

test('intervals walk forward and hold every output', async () => {
  const centre = [0.3, -0.2, 0.5];
  const radius = 0.25;
  const box = { low: centre.map((value) => value - radius), high: centre.map((value) => value + radius) };
  const bounds = walkForward(graph.nodes, new Map([['x', box]]), interval).get('y');
  const points = Float32Array.from(
    { length: 3000 },
    (_, i) => (centre[i % 3] ?? 0) + radius * (2 * source.uniform() - 1),
  );
  const outputs = floatsOf('y', (await executeGraph(graph, { x: float32([1000, 3], points) })).get('y'));
  outputs.forEach((value, i) => {
    expect(value).toBeGreaterThanOrEqual((bounds?.low[i % 2] ?? NaN) - 1e-5);
    expect(value).toBeLessThanOrEqual((bounds?.high[i % 2] ?? NaN) + 1e-5);
  });
});

test('coefficients walk backward and are joined where ways meet', () => {
  // Where every unit of the ReLU is active the graph is linear, y = 2 x U V: its coefficients are those of the product.
  const transposed = (weights: number[][], g: readonly number[]) =>
    weights.map((row) => row.reduce((sum, value, k) => sum + value * (g[k] ?? NaN), 0));
  const visited: string[] = [];
  const coefficients = walkBackward<readonly number[]>(
    graph.nodes,
    new Map([['y', [1, 0]]]),
    (a, b) => a.map((value, i) => value + (b[i] ?? NaN)),
    (at, [g]) => {
      visited.push(at.op);
      if (g == null) return [];
      return at.op === 'MatMul' ? [transposed(rows(at.inputs[1]), g), null] : at.inputs.map(() => g);
    },
  );
  expect(visited).toEqual(['MatMul', 'Add', 'Relu', 'MatMul']);
  const wanted = transposed(
    rows('u'),
    rows('v').map((row) => 2 * (row[0] ?? NaN)),
  );
  coefficients('x')?.forEach((value, i) => expect(value).toBeCloseTo(wanted[i] ?? NaN, 10));
  expect(coefficients('v')).toBeNull();
});

test('what depends on a value, and where the way ends', () => {
  expect([...dependentsOf(graph.nodes, ['r'])]).toEqual(['r', 's', 'y']);
  expect([...dependentsOf(graph.nodes, ['x'], (output) => output !== 's')]).toEqual(['x', 'h', 'r']);
});
