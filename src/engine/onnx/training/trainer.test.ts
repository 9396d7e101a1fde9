import { openOnnxModel } from '../index.js';
import type { TrainingOptions } from '../../contract.js';
import { decodeModel } from '../proto/codec.js';
import { float32Of } from '../graph/constants.js';
import { linearModel, specOf } from '../../../../test/linear-model.js';
import { TrainingGraph } from './training-graph.js';

const start = linearModel([[0.5], [-1]], [0.25]);
const inputs = { shape: [2, 2], data: Float32Array.of(1, 2, 3, -1) };
const truth = Float64Array.of(1, -2);
const loss = { kind: 'cross-entropy', labels: truth } as const;

const sgd = (momentum: number): TrainingOptions => ({
  optimizer: { kind: 'sgd', momentum },
  learningRate: { kind: 'constant', rate: 0.05 },
});

/** Two steps of momentum SGD on squared error of y = x w + b, in float64. */
function reference(steps: number, rate: number, momentum: number): number[] {
  const w = [0.5, -1, 0.25];
  const v = [0, 0, 0];
  const rows = [
    [1, 2, 1],
    [3, -1, 1],
  ];
  for (let step = 0; step < steps; step++) {
    const errors = rows.map((r, i) => r.reduce((sum, value, j) => sum + value * (w[j] ?? 0), 0) - (truth[i] ?? 0));
    for (let j = 0; j < 3; j++) {
      const gradient = errors.reduce((sum, error, i) => sum + 2 * error * (rows[i]?.[j] ?? 0), 0) / rows.length;
      v[j] = momentum * (v[j] ?? 0) + gradient;
      w[j] = (w[j] ?? 0) - rate * (v[j] ?? 0);
    }
  }
  return w;
}

test('descent is momentum SGD on the mean loss, and the file holds the weights', async () => {
  const model = await openOnnxModel(start, specOf('regression', [2]));
  const trainer = await model.trainer(sgd(0.9));
  for (let step = 0; step < 5; step++) await trainer.step(inputs, loss);
  const bytes = trainer.file();
  await trainer.dispose();
  await model.dispose();
  const trained = decodeModel({ main: 'm', files: new Map([['m', bytes]]) });
  const weights = ['w', 'b'].flatMap((name) => {
    const constant = trained.constants.get(name);
    return constant === undefined ? [] : [...float32Of(constant)];
  });
  // Five float32 steps stay within a few units in the last place of the float64 reference.
  reference(5, 0.05, 0.9).forEach((wanted, i) => expect(weights[i]).toBeCloseTo(wanted, 5));
});

test('a trainer goes on from a stored state as if it had not stopped', async () => {
  const model = await openOnnxModel(start, specOf('regression', [2]));
  const straight = await model.trainer(sgd(0.9));
  for (let step = 0; step < 4; step++) await straight.step(inputs, loss);
  const first = await model.trainer(sgd(0.9));
  for (let step = 0; step < 2; step++) await first.step(inputs, loss);
  const second = await model.trainer(sgd(0.9));
  second.restore(first.state());
  for (let step = 0; step < 2; step++) await second.step(inputs, loss);
  expect(second.state()).toEqual(straight.state());
  await Promise.all([straight, first, second, model].map((resource) => resource.dispose()));
});

test('the input gradient follows the weights', async () => {
  const model = await openOnnxModel(start, specOf('regression', [2]));
  const trainer = await model.trainer(sgd(0));
  const before = await trainer.inputGradient(inputs, loss);
  await trainer.step(inputs, loss);
  const after = await trainer.inputGradient(inputs, loss);
  const [w0 = 0, w1 = 0, b = 0] = reference(1, 0.05, 0);
  const error = w0 + 2 * w1 + b - 1;
  expect(before.gradient.data[0]).toBeCloseTo(2 * (0.5 - 2 + 0.25 - 1) * 0.5, 5);
  expect(after.gradient.data[0]).toBeCloseTo(2 * error * w0, 5);
  await Promise.all([trainer.dispose(), model.dispose()]);
});

test('whole batches and the rest of the data take turns, by several losses, and nothing is compiled twice', async () => {
  const model = await openOnnxModel(
    linearModel(
      [
        [0.5, -1, 0],
        [0.25, 1, -0.5],
      ],
      [0, 0.5, -0.5],
    ),
    specOf('classes', [2]),
  );
  const trainer = await model.trainer(sgd(0.9));
  const compile = jest.spyOn(TrainingGraph, 'compile');
  const epoch = async (): Promise<void> => {
    for (const rows of [4, 4, 2]) {
      const batch = { shape: [rows, 2], data: Float32Array.from({ length: rows * 2 }, (_, i) => Math.sin(i)) };
      const entropy = { kind: 'cross-entropy', labels: new Float64Array(rows) } as const;
      const divergence = { kind: 'divergence', probabilities: new Float64Array(rows * 3).fill(1 / 3) } as const;
      await trainer.inputGradient(batch, entropy);
      await trainer.inputGradient(batch, divergence);
      const scores = await trainer.trainingScores(batch);
      await trainer.observe(batch);
      await trainer.step(batch, entropy);
      await trainer.step(batch, { kind: 'weighted-scores', values: Float64Array.from(scores.data) });
    }
    const validated = { shape: [7, 2], data: new Float32Array(14).fill(0.5) };
    await trainer.inputGradient(validated, { kind: 'cross-entropy', labels: new Float64Array(7) });
  };
  await epoch();
  const compiled = compile.mock.calls.length;
  await epoch();
  await epoch();
  expect(compiled).toBe(11);
  expect(compile).toHaveBeenCalledTimes(compiled);
  compile.mockRestore();
  await Promise.all([trainer.dispose(), model.dispose()]);
});
