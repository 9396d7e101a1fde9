import { row } from '#base/tensor';
import { linearTarget } from './linear.js';

const inputs = { shape: [2, 2, 2], data: Float32Array.from([1, 2, 3, 4, -1, 0, 1, 2]) };

test('scores are w . x + b', async () => {
  const target = linearTarget(
    [
      [1, 0, 0, -1],
      [0.5, 0.5, 0.5, 0.5],
    ],
    [10, -1],
    { head: { kind: 'classes', count: 2 }, shape: [2, 2] },
  );
  const scores = await target.predict(inputs);
  expect(scores).toEqual({ shape: [2, 2], data: Float32Array.from([7, 4, 7, 0]) });
});

test('the gradient of a score is its weights; of a margin, their difference', async () => {
  const target = linearTarget(
    [
      [1, 0, 0, -1],
      [0.5, 0.5, 0.5, 0.5],
    ],
    [10, -1],
    { head: { kind: 'classes', count: 2 }, shape: [2, 2] },
  );
  const score = await target.gradient(inputs, { kind: 'score', labels: Float64Array.from([1, 0]) });
  expect([...row(score.gradient, 0)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect([...row(score.gradient, 1)]).toEqual([1, 0, 0, -1]);
  expect([...score.loss]).toEqual([4, 7]);
  const margin = await target.gradient(inputs, { kind: 'margin', labels: Float64Array.from([0, 0]) });
  expect([...row(margin.gradient, 1)]).toEqual([-0.5, 0.5, 0.5, 1.5]);
  expect([...margin.loss]).toEqual([-3, -7]);
});

test('the rows of the Jacobian are the weights of the scores asked for, and each counts as a gradient', async () => {
  const target = linearTarget(
    [
      [1, 0, 0, -1],
      [0.5, 0.5, 0.5, 0.5],
    ],
    [10, -1],
    { head: { kind: 'classes', count: 2 }, shape: [2, 2] },
  );
  const { scores, rows } = await target.jacobian(inputs, Float64Array.of(1, 0, 1, 0, 0, 1));
  expect(rows.shape).toEqual([2, 3, 2, 2]);
  const [first, second] = [
    [1, 0, 0, -1],
    [0.5, 0.5, 0.5, 0.5],
  ];
  expect([...rows.data]).toEqual([second, first, second, first, first, second].flat());
  expect([...scores.data]).toEqual([7, 4, 7, 0]);
  expect(target.queries).toEqual({ predictions: 0, gradients: 6 });
  expect(() => target.jacobian(inputs, Float64Array.of(0, 2))).toThrow('asked for at 2, of 2 scores');
  expect(() => target.jacobian(inputs, Float64Array.of(0, 1, 0))).toThrow('which 2 samples cannot share');
});

test('queries are counted, and equal models have equal digests', async () => {
  const make = (bias: number) => linearTarget([[1, 2, 3, 4]], [bias], { head: { kind: 'binary' }, shape: [2, 2] });
  const target = make(0);
  await target.predict(inputs);
  await target.gradient(inputs, { kind: 'cross-entropy', labels: Float64Array.from([1, 0]) });
  expect(target.queries).toEqual({ predictions: 2, gradients: 2 });
  expect(make(0).digest).toBe(target.digest);
  expect(make(1).digest).not.toBe(target.digest);
});

test('three axes make an image, others a table; the default range is [0, 1]', () => {
  const domain = (shape: readonly number[]) =>
    linearTarget([Array.from({ length: 8 }, () => 1)], [0], { head: { kind: 'binary' }, shape }).domain;
  expect(domain([2, 2, 2])).toEqual({
    kind: 'image',
    layout: 'NCHW',
    shape: [2, 2, 2],
    range: [0, 1],
    mean: [0, 0],
    std: [1, 1],
  });
  expect(domain([8])).toMatchObject({ kind: 'tabular', shape: [8] });
});

test.each([
  ['too few weights', [[1, 2, 3]], [0]],
  ['too few rows', [[1, 2, 3, 4]], [0]],
  [
    'too few biases',
    [
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ],
    [0],
  ],
])('%s do not make a model', (_, weights, bias) => {
  expect(() => linearTarget(weights, bias, { head: { kind: 'classes', count: 2 }, shape: [4] })).toThrow(
    /a linear model with the head `classes` over 4 values needs 2 rows/,
  );
});
