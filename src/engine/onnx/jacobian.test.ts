import { openOnnxModel } from './index.js';
import { float32Constant } from './graph/constants.js';
import { graphOf, linearModel, modelOf, specOf } from '../../../test/linear-model.js';

const WEIGHTS = Array.from({ length: 3 }, (_, i) => Array.from({ length: 12 }, (_, k) => Math.sin(3 * i + k)));
const linear = linearModel(WEIGHTS, new Array<number>(12).fill(0.5));

test('rows of a linear model are its weights, each sample with rows of its own', async () => {
  const model = await openOnnxModel(linear, specOf('classes', [3]));
  const inputs = { shape: [2, 3], data: Float32Array.of(1, 2, 3, -1, 0, 1) };
  const indices = Float64Array.of(0, 11, 5, 7, 7, 2);
  const { scores, rows } = await model.jacobian(inputs, indices);
  expect(rows.shape).toEqual([2, 3, 3]);
  indices.forEach((index, row) => {
    const wanted = WEIGHTS.map((weights) => Math.fround(weights[index] ?? NaN));
    expect([...rows.data.subarray(3 * row, 3 * row + 3)]).toEqual(wanted);
  });
  expect([...scores.data]).toEqual([...(await model.scores(inputs)).data]);
  await model.dispose();
});

test('more rows than one execution gives are put side by side, for every batch', async () => {
  const spec = { ...specOf('classes', [3]), resources: { threads: 1, batchSize: 2 } };
  const model = await openOnnxModel(linear, spec);
  const inputs = { shape: [5, 3], data: Float32Array.from({ length: 15 }, (_, i) => Math.cos(i)) };
  const { rows } = await model.jacobian(
    inputs,
    Float64Array.from({ length: 60 }, (_, i) => i % 12),
  );
  expect(rows.shape).toEqual([5, 12, 3]);
  for (let i = 0; i < 60; i++) {
    const wanted = WEIGHTS.map((weights) => Math.fround(weights[i % 12] ?? NaN));
    expect([...rows.data.subarray(3 * i, 3 * i + 3)]).toEqual(wanted);
  }
  await model.dispose();
});

test('each row is the gradient of its score, bit by bit', async () => {
  const curved = modelOf(
    graphOf({
      nodes: [
        { op: 'Gemm', inputs: ['x', 'v'], outputs: ['h'] },
        { op: 'Tanh', inputs: ['h'], outputs: ['t'] },
        { op: 'Gemm', inputs: ['t', 'w'], outputs: ['y'] },
      ],
      constants: new Map([
        [
          'v',
          float32Constant(
            [3, 4],
            [...Array(12).keys()].map((i) => Math.sin(i)),
          ),
        ],
        [
          'w',
          float32Constant(
            [4, 5],
            [...Array(20).keys()].map((i) => Math.cos(i)),
          ),
        ],
      ]),
      inputShape: ['n', 3],
      outputShape: ['n', 5],
    }),
  );
  const model = await openOnnxModel(curved, specOf('classes', [3]));
  const inputs = { shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(5 * i)) };
  const { rows } = await model.jacobian(
    inputs,
    Float64Array.from({ length: 20 }, (_, i) => i % 5),
  );
  for (let score = 0; score < 5; score++) {
    const { gradient } = await model.gradient(inputs, { kind: 'score', labels: new Float64Array(4).fill(score) });
    for (let i = 0; i < 4; i++) {
      const at = (i * 5 + score) * 3;
      expect([...rows.data.subarray(at, at + 3)]).toEqual([...gradient.data.subarray(3 * i, 3 * i + 3)]);
    }
  }
  await model.dispose();
});
