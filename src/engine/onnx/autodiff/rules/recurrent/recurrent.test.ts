import { executeGraph, float32, graphOf, int, ints, node, text } from '../../../../../../test/onnx-graphs.js';
import { describeGradients } from '../../../../../../test/operator-cases.js';
import { GraphBuilder } from '../../../graph/builder.js';
import { float32Constant } from '../../../graph/constants.js';
import type { Constant, Graph } from '../../../graph/ir.js';
import { recurrentOutputs } from '../../../passes/recurrent-outputs.js';
import { floatsOf } from '../../../session.js';
import { traceGraph, untyped, type Feeds } from '../../../tracing.js';
import { differentiate } from '../../differentiate.js';
import { gradientRules } from '../index.js';

describeGradients('recurrent');

const STEPS = 4;
const INPUTS = 3;
const HIDDEN = 2;

test.each([
  ['RNN', 1],
  ['GRU', 3],
  ['LSTM', 4],
])('%s: a graph that was traced on two and three sequences goes back through any number', async (op, gates) => {
  const graph = await backward(layer(op, gates));
  const together = await inputGradient(graph, 0, 5);
  expect(together.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  for (let row = 0; row < 5; row++) {
    const alone = await inputGradient(graph, row, 1);
    for (let t = 0; t < STEPS; t++) {
      const start = (t * 5 + row) * INPUTS;
      // Sums in another order.
      together.subarray(start, start + INPUTS).forEach((value, i) => {
        expect(Math.abs(value - (alone[t * INPUTS + i] ?? NaN))).toBeLessThan(1e-6);
      });
    }
  }
});

/** Both directions, lengths that are fed, and no output but the last states. */
function layer(op: string, gates: number): Graph {
  return recurrentOutputs(
    graphOf({
      opset: 20,
      nodes: [
        node(op, ['x', 'w', 'r', '', 'lengths'], ['', 'last'], {
          hidden_size: int(HIDDEN),
          direction: text('bidirectional'),
        }),
        node('Transpose', ['last'], ['y'], { perm: ints(1, 0, 2) }),
      ],
      inputs: [
        { name: 'x', type: 'float32', shape: [STEPS, 'n', INPUTS] },
        { name: 'lengths', type: 'int32', shape: ['n'] },
      ],
      outputs: ['y'],
      constants: { w: waves([2, gates * HIDDEN, INPUTS]), r: waves([2, gates * HIDDEN, HIDDEN]) },
    }),
  );
}

/** The gradient of the sum of y by x. */
async function backward(graph: Graph): Promise<Graph> {
  const builder = new GraphBuilder(graph);
  const seed = builder.node('Add', [builder.node('Mul', ['y', builder.scalar(0)]), builder.scalar(1)]);
  const { gradients } = differentiate(builder, {
    graph,
    trace: await traceGraph(graph, [feeds(0, 2), feeds(0, 3)]),
    cotangents: new Map([['y', seed]]),
    wrt: ['x'],
    rules: gradientRules,
  });
  return builder.build([untyped(gradients.get('x') ?? '')]);
}

async function inputGradient(graph: Graph, first: number, rows: number): Promise<Float32Array> {
  const [[name, value] = ['', undefined]] = await executeGraph(graph, feeds(first, rows));
  return floatsOf(name, value);
}

function feeds(first: number, rows: number): Feeds {
  const ofRow = (t: number, row: number, i: number): number => Math.cos(1.7 * t + 2.3 * (first + row) + 0.9 * i);
  const x = Array.from({ length: STEPS * rows * INPUTS }, (_, at) =>
    ofRow(Math.floor(at / (rows * INPUTS)), Math.floor(at / INPUTS) % rows, at % INPUTS),
  );
  const lengths = Int32Array.from({ length: rows }, (_, row) => STEPS - ((first + row) % 3));
  return { x: float32([STEPS, rows, INPUTS], x), lengths: { type: 'int32', shape: [rows], data: lengths } };
}

function waves(shape: readonly number[]): Constant {
  const size = shape.reduce((a, b) => a * b, 1);
  return float32Constant(
    shape,
    Array.from({ length: size }, (_, i) => Math.sin(1.3 * i + size)),
  );
}
