import { graphOf, int, node } from '../../../test/onnx-graphs.js';
import { requireEvaluationMode } from './evaluation-mode.js';
import { float32Constant } from './graph/constants.js';
import type { Constant, Node } from './graph/ir.js';

const BOOLEAN = (value: 0 | 1): Constant => ({ type: 'bool', shape: [], bytes: Uint8Array.of(value) });
const channels = float32Constant([2], [1, 1]);
const statistics = { scale: channels, bias: channels, mean: channels, variance: channels };
const normalization = (outputs: readonly string[], mode: object = {}) =>
  node('BatchNormalization', ['x', 'scale', 'bias', 'mean', 'variance'], outputs, { ...mode });

function check(nodes: readonly Node[], constants: Readonly<Record<string, Constant>> = {}): () => void {
  const inputs = [{ name: 'x', type: 'float32', shape: ['n', 2, 3, 3] }] as const;
  const graph = graphOf({ opset: 15, nodes, inputs, outputs: ['y'], constants: { ...statistics, ...constants } });
  return () => requireEvaluationMode(graph, 'model.onnx');
}

test('a batch normalization in training mode is refused, by its attribute or by its outputs', () => {
  const sentence =
    'model.onnx: node `BatchNormalization to y` (BatchNormalization) is in training mode: it normalizes each sample by its whole batch. Export the model as it is used, in PyTorch behind `model.eval()`.';
  expect(check([normalization(['y'], { training_mode: int(1) })])).toThrow(sentence);
  expect(check([normalization(['y', 'm', 'v'])])).toThrow('is in training mode');
  expect(check([normalization(['y'], { training_mode: int(0) })])).not.toThrow();
});

test('a dropout that drops is refused, and one that does not is none', () => {
  const dropout = (mode: readonly string[]) => [node('Dropout', ['x', 'ratio', ...mode], ['y'])];
  const ratio = float32Constant([], [0.5]);
  expect(check(dropout(['on']), { ratio, on: BOOLEAN(1) })).toThrow('is in training mode: it draws what it drops');
  expect(check(dropout(['off']), { ratio, off: BOOLEAN(0) })).not.toThrow();
  expect(check(dropout([]), { ratio })).not.toThrow();
});
