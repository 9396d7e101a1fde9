import { executeGraph, float32, graphOf, node } from '../../../../../../test/onnx-graphs.js';
import { describeGradients } from '../../../../../../test/operator-cases.js';
import { GraphBuilder } from '../../../graph/builder.js';
import { float32Constant } from '../../../graph/constants.js';
import type { Node } from '../../../graph/ir.js';
import { floatsOf } from '../../../session.js';
import { traceGraph, untyped } from '../../../tracing.js';
import { differentiate, type Differentiation } from '../../differentiate.js';
import { gradientRules } from '../index.js';

describeGradients('quantization');

const QUANTIZE = node('QuantizeLinear', ['x', 's'], ['q']);
const DEQUANTIZE = node('DequantizeLinear', ['q', 's'], ['y']);

test('a quantizer is named as something through which no derivative was taken', async () => {
  const { substitutes } = (await differentiated([QUANTIZE, DEQUANTIZE])).differentiation;
  expect(substitutes.map(({ node: { op }, kind }) => [op, kind])).toEqual([['DequantizeLinear', 'straight-through']]);
});

test('a quantizer lets gradients through as far as it does not clip', async () => {
  const { differentiation, builder } = await differentiated([QUANTIZE, DEQUANTIZE]);
  const graph = builder.build([untyped(differentiation.gradients.get('x') ?? '')]);
  const [[name, value] = ['', undefined]] = await executeGraph(graph, FEEDS);
  // 255 steps of a tenth, and half of one at either end.
  expect([...floatsOf(name, value)]).toEqual([0, 1, 1, 1, 0]);
});

test('what computes on integers has no gradient, and is not taken for a constant', async () => {
  const reversed = node('Transpose', ['q'], ['t']);
  const dequantize = node('DequantizeLinear', ['t', 's'], ['y']);
  await expect(differentiated([QUANTIZE, reversed, dequantize])).rejects.toThrow(
    'node `Transpose to t` (Transpose) computes on quantized integers',
  );
});

const FEEDS = { x: float32([5], [-0.06, -0.04, 12, 25.54, 25.56]) };

/** The sum of y by x. */
async function differentiated(
  nodes: readonly Node[],
): Promise<{ readonly builder: GraphBuilder; readonly differentiation: Differentiation }> {
  const graph = graphOf({
    opset: 20,
    nodes,
    inputs: [{ name: 'x', type: 'float32', shape: [5] }],
    outputs: ['y'],
    constants: { s: float32Constant([], [0.1]) },
  });
  const builder = new GraphBuilder(graph);
  const ones = builder.constant(float32Constant([5], [1, 1, 1, 1, 1]));
  const differentiation = differentiate(builder, {
    graph,
    trace: await traceGraph(graph, [FEEDS]),
    cotangents: new Map([['y', ones]]),
    wrt: ['x'],
    rules: gradientRules,
  });
  return { builder, differentiation };
}
