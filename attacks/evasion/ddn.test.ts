import { row, rowRange, takeRows } from '#base/tensor';
import { linearTarget } from '#target/linear';
import { takeLabels } from '#target/head';
import { boxedLinear } from '../../test/boxed-linear.js';
import { runDdn, type DdnOptions } from './ddn.js';

const OPTIONS: DdnOptions = { norm: 'L2', epsilons: 1, steps: 300, gamma: 0.05 };

describe.each([[[8]], [[4, 6]], [[5, 7, 7]]])('on a linear model over [0, 1], samples of shape %j', (shape) => {
  const { target, samples, distance } = boxedLinear(shape, 16);

  // A shrink and a growth together move the radius by gamma squared, 0.25 %.
  test('changes are within 0.25 % of the least legal one', async () => {
    const { closest } = await runDdn(target, samples, OPTIONS);
    closest?.distances.forEach((found, i) => {
      expect(found).toBeLessThanOrEqual(1.0025 * distance(i, 'L2'));
      expect(found).toBeGreaterThanOrEqual((1 - 1e-6) * distance(i, 'L2'));
    });
  });

  test.each([1, 3, 8])('gives the same in batches of %i', async (size) => {
    const options = { ...OPTIONS, steps: 20 };
    const whole = await runDdn(target, samples, options);
    for (let start = 0; start < 16; start += size) {
      const rows = Array.from({ length: Math.min(size, 16 - start) }, (_, i) => start + i);
      const part = await runDdn(
        target,
        { inputs: takeRows(samples.inputs, rows), labels: takeLabels(samples.labels, rows), indices: rows },
        options,
      );
      expect(part.closest?.inputs.data).toEqual(
        whole.closest && rowRange(whole.closest.inputs, start, start + rows.length).data,
      );
    }
  });
});

test('one step of it, by hand: at unit length along the gradient, set to the grown radius', async () => {
  const target = linearTarget([[3, 4]], [0], { head: { kind: 'binary' }, shape: [2], range: [-10, 10] });
  const inputs = { shape: [1, 2], data: Float32Array.of(3, 4) };
  const samples = { inputs, labels: { width: 1, values: Float64Array.of(1) }, indices: [0] };
  const { closest } = await runDdn(target, samples, { ...OPTIONS, steps: 1 });
  // The range is 20 wide and the first iterate right: a radius of 1.05 x 20, clipped to -10 in the second value.
  const [first = NaN, second = NaN] = row(closest?.inputs ?? inputs, 0);
  expect(first).toBeCloseTo(3 - 21 * 0.6, 5);
  expect(second).toBe(-10);
});

test.each([
  [{ steps: 0.5 }, '`steps` is 0.5'],
  [{ gamma: 0 }, '`gamma` is 0'],
  [{ epsilons: [] }, '`epsilons` is empty'],
])('refuses %j', async (changes, what) => {
  const { target, samples } = boxedLinear([8], 2);
  await expect(runDdn(target, samples, { ...OPTIONS, ...changes })).rejects.toThrow(what);
});

// At a margin of 200 the gradient of the cross-entropy, about e^-200, has no float32: it is zero, and the attack is blind.
test.each([
  [1, true],
  [1 / 200, false],
])('scores times %d: a saturated cross-entropy gives nothing to follow, and is flagged', async (scale, isBlind) => {
  const target = linearTarget([[3 * scale, 4 * scale]], [0], {
    head: { kind: 'binary' },
    shape: [2],
    range: [-100, 100],
  });
  const inputs = { shape: [1, 2], data: Float32Array.of(24, 32) };
  const samples = { inputs, labels: { width: 1, values: Float64Array.of(1) }, indices: [0] };
  const { closest, epsilons } = await runDdn(target, samples, OPTIONS);
  expect(epsilons[0]?.outcomes[0]?.flags.zeroGradientAtStart).toBe(isBlind);
  expect(closest?.distances[0]).toBeCloseTo(isBlind ? Infinity : 40, 0);
});
