import { row, zeros, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import { openOnnxModel } from '#engine/index';
import { fashionImages, fashionModel } from '../../../test/tfjs-models.js';
import { scoreFunction } from '../../../test/score-function.js';
import { guidedIntegratedGradients } from './guided-integrated-gradients.js';

const at = (x: Float32Array, i: number) => x[i] ?? NaN;
/** F = x1 x2: which way is taken decides what each of the two gets. */
const product = scoreFunction(
  (x) => at(x, 0) * at(x, 1),
  (x) => [at(x, 1), at(x, 0)],
);
const sample = (...values: readonly number[]): Tensor => ({
  shape: [1, values.length],
  data: Float32Array.from(values),
});
const zero = (size: number): Tensor => sample(...new Array<number>(size).fill(0));

test('on a linear model every way gives (x - baseline) w, and adds up', async () => {
  const source = rng('linear');
  const weights = Float64Array.from({ length: 12 }, () => source.normal());
  const target = linearTarget([weights], [0.3], { head: { kind: 'binary' }, shape: [12] });
  const x = sample(...Array.from({ length: 12 }, () => source.uniform()));
  const baseline = sample(...Array.from({ length: 12 }, () => source.uniform()));
  for (const fraction of [0.1, 0.25, 0.5, 1]) {
    for (const anchors of [0, 3, 20]) {
      const guidance = { steps: 24, fraction, anchors };
      const { values, residuals } = await guidedIntegratedGradients(target, x, baseline, [0], guidance);
      values.forEach((value, j) => {
        const exact = weights[j]! * (x.data[j]! - baseline.data[j]!);
        // Gradients are float32.
        expect(Math.abs(value - exact)).toBeLessThan(1e-6);
      });
      expect(Math.abs(residuals[0]!)).toBeLessThan(2e-6);
    }
  }
});

test('with all values moving at once the way is straight: the sum over the beginnings of equal steps', async () => {
  const { values } = await guidedIntegratedGradients(product, sample(2, 3), zero(2), [0], {
    ...{ steps: 8, fraction: 1, anchors: 3 },
  });
  // Of 8 steps of 1/8, each with the gradient where it begins: 6 (0 + 1 + ... + 7) / 64 for either.
  values.forEach((value) => expect(Math.abs(value - (6 * 28) / 64)).toBeLessThan(1e-12));
});

test('values with the least gradients move first', async () => {
  // F = x1^2 / 2 + 10 x2: of the two x1 has the lesser slope all along, so x1 goes first and x2 after it.
  const seen: number[][] = [];
  const slopes = scoreFunction(
    (x) => at(x, 0) ** 2 / 2 + 10 * at(x, 1),
    (x) => {
      seen.push([...x]);
      return [at(x, 0), 10];
    },
  );
  const guidance = { steps: 4, fraction: 0.5, anchors: 0 };
  const { values, differences } = await guidedIntegratedGradients(slopes, sample(1, 1), zero(2), [0], guidance);
  expect(seen.slice(0, 4)).toEqual([
    [0, 0],
    [0.5, 0],
    [1, 0],
    [1, 0.5],
  ]);
  expect([...values]).toEqual([0.25, 10]);
  expect([...differences]).toEqual([10.5]);
});

test('anchors are passed: between them the order begins anew', async () => {
  const seen: number[][] = [];
  const slopes = scoreFunction(
    (x) => at(x, 0) + 10 * at(x, 1),
    (x) => {
      seen.push([...x]);
      return [1, 10];
    },
  );
  await guidedIntegratedGradients(slopes, sample(1, 1), zero(2), [0], { steps: 4, fraction: 0.5, anchors: 1 });
  // Both segments side by side.
  expect(seen.slice(0, 4)).toEqual([
    [0, 0],
    [0.5, 0.5],
    [0.5, 0],
    [1, 0.5],
  ]);
});

test('what is left to add up goes down with the steps', async () => {
  const residual = async (steps: number) => {
    const guidance = { steps, fraction: 0.25, anchors: 1 };
    const { residuals } = await guidedIntegratedGradients(product, sample(2, 3), zero(2), [0], guidance);
    return Math.abs(residuals[0]!);
  };
  expect(await residual(512)).toBeLessThan((await residual(64)) / 6);
  expect(await residual(512)).toBeLessThan(0.02);
});

test('a sample that is its own baseline, and a gradient that is no number', async () => {
  const guidance = { steps: 10, fraction: 0.25, anchors: 2 };
  const same = await guidedIntegratedGradients(product, sample(2, 3), sample(2, 3), [0], guidance);
  expect([...same.values, ...same.residuals]).toEqual([0, 0, 0]);
  const broken = scoreFunction(
    () => NaN,
    () => [NaN, 1],
  );
  const { values } = await guidedIntegratedGradients(broken, sample(2, 3), zero(2), [0], guidance);
  expect(values[0]).toBeNaN();
});

test('completeness on a real model, and a sample is the same alone and among others', async () => {
  const { model: file, spec } = fashionModel('fashion-mlp');
  const engine = await openOnnxModel(file, spec);
  const inputs = fashionImages(0, 4);
  const baselines = zeros([1, 1, 28, 28]);
  const guidance = { steps: 84, fraction: 0.25, anchors: 20 };
  const scores = [0, 1, 2, 3];
  const { values, residuals, differences } = await guidedIntegratedGradients(
    engine,
    inputs,
    baselines,
    scores,
    guidance,
  );
  // 84 steps with the gradient where each begins: an error of the first order.
  const off = [...residuals].map((residual, i) => Math.abs(residual) / Math.max(1, Math.abs(differences[i]!)));
  expect(Math.max(...off)).toBeLessThan(0.1);
  const alone = { shape: [1, 1, 28, 28], data: row(inputs, 2) };
  const own = await guidedIntegratedGradients(engine, alone, baselines, [2], guidance);
  expect(own.values).toEqual(values.slice(2 * 784, 3 * 784));
  await engine.dispose();
});
