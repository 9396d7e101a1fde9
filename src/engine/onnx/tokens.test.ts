import { openOnnxModel } from './index.js';
import { float32Constant, int64Constant } from './graph/constants.js';
import type { Graph, ValueInfo } from './graph/ir.js';
import type { EngineSpec } from '../contract.js';
import { graphOf, modelOf, specOf } from '../../../test/linear-model.js';

const TABLE = [1, 0, 0, 1, 0.5, -1, 2, 2];
const tokens: ValueInfo = { name: 'input_ids', type: 'int64', shape: ['n', 'length'] };
const mask: ValueInfo = { name: 'attention_mask', type: 'int64', shape: ['n', 'length'] };

/** y = (sum_t mask_t tanh(E[token_t])) W: token vectors, masked and summed. */
function classifier(): Graph {
  const graph = graphOf({
    nodes: [
      { op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['embedded'] },
      { op: 'Tanh', inputs: ['embedded'], outputs: ['t'] },
      { op: 'Cast', inputs: ['attention_mask'], outputs: ['m'], attributes: { to: { kind: 'int', value: 1 } } },
      { op: 'Unsqueeze', inputs: ['m', 'last'], outputs: ['mu'] },
      { op: 'Mul', inputs: ['t', 'mu'], outputs: ['tm'] },
      { op: 'ReduceSum', inputs: ['tm', 'time'], outputs: ['s'], attributes: { keepdims: { kind: 'int', value: 0 } } },
      { op: 'MatMul', inputs: ['s', 'w'], outputs: ['y'] },
    ],
    constants: new Map([
      ['table', float32Constant([4, 2], TABLE)],
      ['w', float32Constant([2, 2], [1, -1, 2, 3])],
      ['last', int64Constant([1], [-1])],
      ['time', int64Constant([1], [1])],
    ]),
    inputShape: [],
    outputShape: ['n', 2],
  });
  return { ...graph, inputs: [mask, tokens] };
}

const inputs = new Map([
  ['input_ids', { shape: [2, 3], data: Float32Array.of(0, 2, 3, 1, 1, 0) }],
  ['attention_mask', { shape: [2, 3], data: Float32Array.of(1, 1, 0, 1, 1, 1) }],
]);
const spec: EngineSpec = { ...specOf('classes', [3]), probe: inputs };

test('gradients of a token model are taken at the embedding', async () => {
  const model = await openOnnxModel(modelOf(classifier()), spec);
  expect(model.facts.noGradients).toBeNull();
  expect(model.facts.gradientAt).toEqual({ kind: 'embedding', value: 'embedded', shape: [3, 2] });
  expect(model.facts.noTraining).toBeNull();
  const { scores, gradient } = await model.gradient(inputs, { kind: 'score', labels: Float64Array.of(0, 1) });
  expect([...scores.data]).toEqual([...(await model.scores(inputs)).data]);
  await model.dispose();
  expect(gradient.shape).toEqual([2, 3, 2]);
  const ids = [0, 2, 3, 1, 1, 0];
  const weights = [1, 2, -1, 3];
  const present = [1, 1, 0, 1, 1, 1];
  gradient.data.forEach((value, i) => {
    const token = Math.floor(i / 2);
    const vector = TABLE[2 * (ids[token] ?? 0) + (i % 2)] ?? NaN;
    const weight = weights[(token < 3 ? 0 : 2) + (i % 2)] ?? NaN;
    expect(value).toBeCloseTo((present[token] ?? NaN) * weight * (1 - Math.tanh(vector) ** 2), 6);
  });
});

test('inputs that are missing are named', async () => {
  const [, ids] = inputs;
  const lacking = openOnnxModel(modelOf(classifier()), { ...spec, probe: new Map(ids === undefined ? [] : [ids]) });
  await expect(lacking).rejects.toThrow('the model has 2 inputs (`attention_mask`, `input_ids`), and 1 were given');
});

test('integers that choose no rows of a table give no gradient', async () => {
  const graph = graphOf({
    nodes: [
      { op: 'Cast', inputs: ['x'], outputs: ['f'], attributes: { to: { kind: 'int', value: 1 } } },
      { op: 'MatMul', inputs: ['f', 'w'], outputs: ['y'] },
    ],
    constants: new Map([['w', float32Constant([2, 2], [1, 2, 3, 4])]]),
    inputShape: ['n', 2],
    outputShape: ['n', 2],
  });
  const integers = { ...graph, inputs: [{ name: 'x', type: 'int64', shape: ['n', 2] }] } as const;
  const probe = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
  const model = await openOnnxModel(modelOf(integers), { ...specOf('classes', [2]), probe });
  expect(model.facts.noGradients).toBe('the tokens of `x` choose no rows of a table of embeddings');
  expect([...(await model.scores(probe)).data]).toEqual([7, 10, 15, 22]);
  await model.dispose();
});

test.each(['float16', 'float64'] as const)('a model in %s is differentiated in units of the user', async (type) => {
  const number = { float16: 10, float64: 11 }[type];
  const graph = graphOf({
    nodes: [
      { op: 'Cast', inputs: ['w32'], outputs: ['w'], attributes: { to: { kind: 'int', value: number } } },
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'] },
      { op: 'Tanh', inputs: ['h'], outputs: ['y'] },
    ],
    constants: new Map([['w32', float32Constant([2, 2], [0.5, -0.25, 1, 0.125])]]),
    inputShape: ['n', 2],
    outputShape: ['n', 2],
  });
  const typed = {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, type })),
    outputs: graph.outputs.map((output) => ({ ...output, type })),
  };
  const normalization = { axis: 0, mean: [0], std: [2] };
  const model = await openOnnxModel(modelOf(typed), { ...specOf('classes', [2]), normalization });
  expect(model.facts.noGradients).toBeNull();
  const { gradient } = await model.gradient(
    { shape: [1, 2], data: Float32Array.of(1, -2) },
    { kind: 'score', labels: Float64Array.of(0) },
  );
  await model.dispose();
  // h = (x / 2) w: -0.75 for the first score.
  const slope = (1 - Math.tanh(-0.75) ** 2) / 2;
  expect(gradient.data[0]).toBeCloseTo(0.5 * slope, 6);
  expect(gradient.data[1]).toBeCloseTo(1 * slope, 6);
});
