import { traceGraph } from '../../../tracing.js';
import { differentiate } from '../../differentiate.js';
import { GraphBuilder } from '../../../graph/builder.js';
import { gradientRules } from '../index.js';
import { float32, graphOf, node } from '../../../../../../test/onnx-graphs.js';

test.each(['Floor', 'Ceil', 'Round', 'Sign'])('%s gives no gradient and says what it was replaced by', async (op) => {
  const step = node(op, ['x'], ['y']);
  const graph = graphOf({
    opset: 20,
    nodes: [step],
    inputs: [{ name: 'x', type: 'float32', shape: [3] }],
    outputs: ['y'],
  });
  const { gradients, substitutes } = differentiate(new GraphBuilder(graph), {
    graph,
    trace: await traceGraph(graph, [{ x: float32([3], [-1.5, 0, 2.25]) }]),
    cotangents: new Map([['y', 'cotangent']]),
    wrt: ['x'],
    rules: gradientRules,
  });
  expect(gradients.size).toBe(0);
  expect(substitutes).toEqual([{ node: step, kind: 'zero' }]);
});
