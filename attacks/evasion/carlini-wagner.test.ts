import { row, rowRange, takeRows } from '#base/tensor';
import { takeLabels } from '#target/head';
import { linearTarget } from '#target/linear';
import { boxedLinear } from '../../test/boxed-linear.js';
import { runCarliniWagner, type CarliniWagnerOptions } from './carlini-wagner.js';
import { ConstantSearch } from './carlini-wagner/search.js';
import { tanhSpace } from './carlini-wagner/tanh-space.js';

const OPTIONS: CarliniWagnerOptions = {
  ...{ norm: 'L2', epsilons: 1, searchSteps: 9, steps: 1000, learningRate: 0.01 },
  ...{ firstConstant: 0.001, confidence: 0, earlyStop: true },
};
const SETTINGS = { ...OPTIONS, steps: 1, earlyStop: false };
const BOX = { low: Float64Array.of(0, 0, 0), high: Float64Array.of(1, 1, 1), immutable: new Set<number>() };

describe.each([[[8]], [[4, 6]]])('on a linear model over [0, 1], samples of shape %j', (shape) => {
  const { target, samples, distance } = boxedLinear(shape, 8);

  // A tenth of the published steps: the early stop leaves some samples 4 % short.
  test('changes are within 5 % of the least legal one', async () => {
    const { closest } = await runCarliniWagner(target, samples, OPTIONS);
    closest?.distances.forEach((found, i) => {
      expect(found).toBeLessThanOrEqual(1.05 * distance(i, 'L2'));
      expect(found).toBeGreaterThanOrEqual((1 - 1e-6) * distance(i, 'L2'));
    });
  });

  // Constants, early stops and Adam are of each sample: in other libraries a batch stops together.
  test.each([1, 3, 8])('gives the same in batches of %i', async (size) => {
    const options = { ...OPTIONS, steps: 50 };
    const whole = await runCarliniWagner(target, samples, options);
    for (let start = 0; start < 8; start += size) {
      const rows = Array.from({ length: Math.min(size, 8 - start) }, (_, i) => start + i);
      const part = await runCarliniWagner(
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

describe('in the space of tanh', () => {
  test('values at the very ends of the range can move', () => {
    const point = tanhSpace(BOX).pointAt(Float32Array.of(0, 1, 0.5));
    point.reset();
    for (let step = 0; step < 1000; step++) point.descend(Float32Array.of(1, -1, 0), 10, 0.1);
    const into = new Float32Array(3);
    point.write(into);
    expect(into[0]).toBeGreaterThan(0.9);
    expect(into[1]).toBeLessThan(0.1);
    expect(into[2]).toBe(0.5);
  });

  test('the distance is to the input as tanh gives it back', () => {
    const original = Float32Array.of(0, 1, 0.25);
    const point = tanhSpace(BOX).pointAt(original);
    point.reset();
    expect(point.squaredDistance()).toBe(0);
    const into = new Float32Array(3);
    point.write(into);
    // (2 u - 1) x 0.999999, back in [0, 1]
    expect([...into].map((value, i) => Math.abs(value - (original[i] ?? NaN)))).toEqual([
      expect.closeTo(5e-7, 8),
      expect.closeTo(5e-7, 7),
      expect.closeTo(2.5e-7, 7),
    ]);
  });

  test('after a reset Adam begins anew', () => {
    const point = tanhSpace(BOX).pointAt(Float32Array.of(0.3, 0.6, 0.5));
    const after = (steps: number) => {
      point.reset();
      for (let step = 0; step < steps; step++) point.descend(Float32Array.of(1, -2, 3), 1, 0.01);
      const into = new Float32Array(3);
      point.write(into);
      return into;
    };
    const fresh = after(3);
    after(50);
    expect(after(3)).toEqual(fresh);
  });

  test('what nobody can change stays, and lengths are those of the data where ranges differ', () => {
    const box = { low: Float64Array.of(-10, 0, 5), high: Float64Array.of(10, 1, 6), immutable: new Set([2]) };
    const point = tanhSpace(box).pointAt(Float32Array.of(0, 0.5, 5.25));
    point.reset();
    for (let step = 0; step < 20; step++) point.descend(Float32Array.of(1, 1, 1), 100, 0.01);
    const into = new Float32Array(3);
    point.write(into);
    expect(into[2]).toBe(5.25);
    const squares = (into[0] ?? NaN) ** 2 + ((into[1] ?? NaN) - 0.5) ** 2;
    expect(point.squaredDistance()).toBeCloseTo(squares / 400, 6);
  });
});

describe('the search for the constant', () => {
  const into = new Float32Array(3);
  const constants = (searchSteps: number, succeeds: (constant: number) => boolean) => {
    const point = tanhSpace(BOX).pointAt(Float32Array.of(0.5, 0.5, 0.5));
    const search = new ConstantSearch(point, { ...SETTINGS, searchSteps });
    const tried: number[] = [];
    while (!search.isDone) {
      tried.push(search.constant);
      search.advance(succeeds(search.constant) ? -1 : 1, Float32Array.of(1, 1, 1), into);
    }
    return tried;
  };

  test('grows tenfold until one succeeds, then halves the interval', () => {
    const tried = constants(7, (constant) => constant >= 0.3);
    const wanted = [0.001, 0.01, 0.1, 1, 0.55, 0.325, 0.2125];
    wanted.forEach((constant, i) => expect(tried[i]).toBeCloseTo(constant, 12));
  });

  test('from ten steps on the last one repeats the least that succeeded', () => {
    expect(constants(10, (constant) => constant >= 0.3).at(-1)).toBeCloseTo(0.325, 12);
    expect(constants(9, (constant) => constant >= 0.3).at(-1)).not.toBeCloseTo(0.325, 12);
    expect(constants(10, () => false).at(-1)).toBe(1e10);
  });

  test('looks every tenth of the steps, and gives up what does not come down', () => {
    const point = tanhSpace(BOX).pointAt(Float32Array.of(0.5, 0.5, 0.5));
    const search = new ConstantSearch(point, { ...SETTINGS, searchSteps: 1, steps: 100, earlyStop: true });
    let steps = 0;
    for (; !search.isDone; steps++) search.advance(1, new Float32Array(3), into);
    expect(steps).toBe(11);
  });
});

test('confidence asks for more than the boundary when the constant is chosen', async () => {
  const { target, samples } = boxedLinear([8], 8);
  const near = await runCarliniWagner(target, samples, { ...OPTIONS, searchSteps: 4, steps: 100 });
  const far = await runCarliniWagner(target, samples, { ...OPTIONS, searchSteps: 4, steps: 100, confidence: 0.5 });
  expect(far.closest?.inputs.data).not.toEqual(near.closest?.inputs.data);
});

test('probabilities in the place of logits are refused', async () => {
  const half = { head: { kind: 'classes', count: 2 }, shape: [2] } as const;
  const target = linearTarget(
    [
      [0.5, 0],
      [-0.5, 0],
    ],
    [0.5, 0.5],
    half,
  );
  const inputs = { shape: [2, 2], data: Float32Array.of(0.5, 0.5, 0.25, 0.75) };
  const samples = { inputs, labels: { width: 1, values: Float64Array.of(0, 0) }, indices: [0, 1] };
  await expect(runCarliniWagner(target, samples, OPTIONS)).rejects.toThrow('they are probabilities, and not logits');
});

// By chance the scores of one sample alone add up to 1 at its own input: that is no reason to refuse it.
test('logits that add up to 1 at one input are attacked', async () => {
  const weights = [
    [1, 0],
    [0, 0.5],
  ];
  const target = linearTarget(weights, [0, 0.2], { head: { kind: 'classes', count: 2 }, shape: [2] });
  const inputs = { shape: [1, 2], data: Float32Array.of(0.6, 0.4) };
  const samples = { inputs, labels: { width: 1, values: Float64Array.of(0) }, indices: [0] };
  const { closest } = await runCarliniWagner(target, samples, OPTIONS);
  expect(closest?.distances[0]).toBeCloseTo(0.2 / Math.hypot(1, 0.5), 2);
});

// Where all scores are negative, a maximum over (1 - one-hot) x scores is the zero of the true class, and never falls.
test('scores that are all negative fall like others', async () => {
  const target = linearTarget(
    [
      [1, 0],
      [0, 1],
    ],
    [-50, -50],
    { head: { kind: 'classes', count: 2 }, shape: [2] },
  );
  const inputs = { shape: [1, 2], data: Float32Array.of(0.6, 0.4) };
  const samples = { inputs, labels: { width: 1, values: Float64Array.of(0) }, indices: [0] };
  const { closest } = await runCarliniWagner(target, samples, OPTIONS);
  expect(closest?.distances[0]).toBeCloseTo(0.2 / Math.SQRT2, 3);
  expect([...row(closest?.inputs ?? inputs, 0)]).toEqual([expect.closeTo(0.5, 2), expect.closeTo(0.5, 2)]);
});

test.each([
  [{ steps: 0 }, '`steps` is 0'],
  [{ searchSteps: 1.5 }, '`searchSteps` is 1.5'],
  [{ learningRate: 0 }, '`learningRate` is 0'],
  [{ firstConstant: NaN }, '`firstConstant` is NaN'],
  [{ confidence: -1 }, '`confidence` is -1'],
])('refuses %j', async (changes, what) => {
  const { target, samples } = boxedLinear([8], 2);
  await expect(runCarliniWagner(target, samples, { ...OPTIONS, ...changes })).rejects.toThrow(what);
});
