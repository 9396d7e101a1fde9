import { tensor, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { isTrainable } from '#target/target';
import { fashion } from '../../../test/fashion.js';
import { negated, perturbation, weightsOf } from './weight-perturbation.js';

const GAMMA = 0.01;

function drawn(key: string, shape: readonly number[]): Tensor {
  const source = rng(key);
  const length = shape.reduce((product, dimension) => product * dimension, 1);
  return tensor(
    shape,
    Float32Array.from({ length }, () => source.normal()),
  );
}

const SHAPES = { kernel: [4, 3, 3, 3], dense: [5, 7], bias: [5] } as const;
const named = (part: string): Map<string, Tensor> =>
  new Map(Object.entries(SHAPES).map(([name, shape]) => [name, drawn(`${part} ${name}`, shape)]));

function norm({ data }: Tensor): number {
  return Math.hypot(...data);
}

test('each weight moves by gamma of its norm along its gradient, a vector stays', () => {
  const [gradients, weights] = [named('gradient'), named('weight')];
  const changes = perturbation(gradients, weights, GAMMA);
  expect([...changes.keys()]).toEqual(['kernel', 'dense']);
  for (const [name, change] of changes) {
    const [gradient, weight] = [gradients.get(name), weights.get(name)];
    if (gradient === undefined || weight === undefined) throw new Error(name);
    expect(change.shape).toEqual(weight.shape);
    // Rounding of each value to float32, 6e-8 of it.
    expect(Math.abs(norm(change) - GAMMA * norm(weight))).toBeLessThan(1e-7);
    change.data.forEach((value, i) => {
      const expected = (GAMMA * norm(weight) * (gradient.data[i] ?? NaN)) / norm(gradient);
      expect(Math.abs(value - expected)).toBeLessThan(1e-7);
    });
  }
});

test('the size of a gradient does not matter, and a gradient of zero moves nothing', () => {
  const weights = named('weight');
  const tiny = named('gradient');
  for (const { data } of tiny.values()) data.forEach((value, i) => (data[i] = 2 ** -20 * value));
  const [large, small] = [perturbation(named('gradient'), weights, GAMMA), perturbation(tiny, weights, GAMMA)];
  for (const [name, { data }] of large) {
    data.forEach((value, i) => expect(Math.abs(value - (small.get(name)?.data[i] ?? NaN))).toBeLessThan(1e-8));
  }
  for (const { data } of tiny.values()) data.fill(0);
  const none = perturbation(tiny, weights, GAMMA);
  expect([...none.values()].every(({ data }) => data.every((value) => value === 0))).toBe(true);
});

test('nothing is said of a weight without a gradient', () => {
  const gradients = named('gradient');
  gradients.delete('dense');
  expect([...perturbation(gradients, named('weight'), GAMMA).keys()]).toEqual(['kernel']);
});

test('what is taken back is the same with the other sign', () => {
  const changes = perturbation(named('gradient'), named('weight'), GAMMA);
  const back = negated(changes);
  expect([...back.keys()]).toEqual([...changes.keys()]);
  for (const [name, { data, shape }] of changes) {
    expect(back.get(name)?.shape).toEqual(shape);
    data.forEach((value, i) => expect(value + (back.get(name)?.data[i] ?? NaN)).toBe(0));
  }
});

test('the weights of a trainer are those that move, in their shapes, and its change is the one that was asked for', async () => {
  const { target, samples } = await fashion('fashion-mlp', 8);
  if (!isTrainable(target)) throw new Error('the fixture can be trained');
  const trainer = await target.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 0.1 },
  });
  const before = weightsOf(trainer);
  const dense = [...before.values()].filter(({ shape }) => shape.length === 2);
  expect(dense.map(({ data }) => data.length).sort((a, b) => a - b)).toEqual([640, 50176]);
  const loss = { kind: 'cross-entropy', labels: samples.labels.values } as const;
  const changes = perturbation(await trainer.weightGradients(samples.inputs, loss), before, GAMMA);
  expect(changes.size).toBe(2);
  const lossNow = async (): Promise<number> => {
    const { loss: each } = await trainer.inputGradient(samples.inputs, loss);
    return each.reduce((sum, one) => sum + one, 0) / each.length;
  };
  const calm = await lossNow();
  trainer.shift(changes);
  // A hundredth of each weight along its gradient raises the loss.
  expect(await lossNow()).toBeGreaterThan(calm);
  for (const [name, { data }] of weightsOf(trainer)) {
    const [was, change] = [before.get(name), changes.get(name)];
    const errors = data.map((value, i) => Math.abs(value - (was?.data[i] ?? NaN) - (change?.data[i] ?? 0)));
    // Rounding to float32 of a weight below 4.
    expect(errors.every((error) => error < 2.5e-7)).toBe(true);
  }
  trainer.shift(negated(changes));
  expect(Math.abs((await lossNow()) - calm)).toBeLessThan(1e-5);
  await Promise.all([trainer.dispose(), target.dispose()]);
});
