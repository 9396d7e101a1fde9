import { row, rowsOf, type Tensor } from '#base/tensor';
import { randomStreams, rng } from '#stats/random';
import { multiLayer } from '../../../test/coalition-games.js';
import { scoreFunction } from '../../../test/score-function.js';
import { saliency } from '../methods/saliency.js';
import { sensitivityMax } from './sensitivity-max.js';

const random = randomStreams(7, 'sensitivity');
const near = { radius: 0.02, draws: 10 };
const sampleOf = (...values: readonly number[]): Tensor => ({
  shape: [1, values.length],
  data: Float32Array.from(values),
});
const slopesOf = (model: ReturnType<typeof scoreFunction>) => async (inputs: Tensor) =>
  (await saliency(model, inputs, [0])).values;

test('the gradient of a piecewise linear network does not change', async () => {
  const slopes = slopesOf(
    scoreFunction(multiLayer, (x) => [...x].map(() => (x.reduce((a, b) => a + b, 0) > 10 ? 4 : 3))),
  );
  for (const sample of [sampleOf(1, 2, 3), sampleOf(20, 50, 30)]) {
    expect(await sensitivityMax(slopes, sample, near, random)).toEqual({ value: 0, kept: 10, drawn: 10 });
  }
});

test('the gradient of a square changes by twice the distance, which many draws reach', async () => {
  const square = slopesOf(
    scoreFunction(
      (x) => x[0]! ** 2,
      (x) => [2 * x[0]!],
    ),
  );
  const { value } = await sensitivityMax(square, sampleOf(4), { radius: 0.2, draws: 200 }, random);
  // At most 0.2 / 4; the chance that none of 200 draws comes within 5 % of an end is 3e-5.
  expect(value).toBeLessThanOrEqual(0.05 + 1e-7);
  expect(value).toBeGreaterThan(0.0475);
});

test('the norm of an explanation of zeros counts as 1', async () => {
  const explain = (inputs: Tensor) => Promise.resolve(Float64Array.of(row(inputs, 0)[0] === 1 ? 0 : 5));
  expect((await sensitivityMax(explain, sampleOf(1), near, random)).value).toBe(5);
});

test('neighbours with another decision do not count, and their share is said', async () => {
  const explain = (inputs: Tensor) => Promise.resolve(Float64Array.of(row(inputs, 0)[0]! > 0 ? 1 : 100));
  const keeps = (inputs: Tensor) =>
    Promise.resolve(Array.from({ length: rowsOf(inputs) }, (_, i) => row(inputs, i)[0]! > 0));
  const wide = { radius: 1, draws: 50 };
  const { value, kept, drawn } = await sensitivityMax(explain, sampleOf(0.5), { ...wide, keeps }, random);
  expect([value, drawn]).toEqual([0, 50]);
  // A quarter is dropped: 12.5 with a standard deviation of 3.1.
  expect(kept).toBeGreaterThan(25);
  expect(kept).toBeLessThan(50);
  expect((await sensitivityMax(explain, sampleOf(0.5), wide, random)).value).toBe(99);
  const none = { ...near, keeps: () => Promise.resolve(new Array<boolean>(10).fill(false)) };
  expect(await sensitivityMax(explain, sampleOf(0.5), none, random)).toEqual({ value: NaN, kept: 0, drawn: 10 });
});

test('the control fails: an explainer that draws its values', async () => {
  const source = rng('values');
  const drawn = () => Promise.resolve(Float64Array.from({ length: 8 }, () => source.normal()));
  expect((await sensitivityMax(drawn, sampleOf(1, 2), near, random)).value).toBeGreaterThan(0.5);
});
