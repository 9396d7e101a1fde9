import { rowSize, rowsOf, type Tensor } from '#base/tensor';
import { randomStreams } from '#stats/random';
import { areaUnder, descending, randomCurves, removalCurves, type RemovalGame } from './deletion.js';

const WEIGHTS = [1, -2, 3, 0.5];

/** The closed form of the semantics page: a linear model, whose contributions are 1, -4, 9 and 2. */
const linear: RemovalGame = {
  shape: [4],
  sample: Float32Array.of(1, 2, 3, 4),
  baseline: new Float32Array(4),
  of: Int32Array.of(0, 1, 2, 3),
  features: 4,
  scores: (inputs) => Promise.resolve(linearScores(inputs)),
};

function linearScores(inputs: Tensor): Float64Array {
  const width = rowSize(inputs);
  return Float64Array.from({ length: rowsOf(inputs) }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (inputs.data[row * width + i] ?? NaN) * (WEIGHTS[i % 4] ?? NaN);
    return sum;
  });
}

const contributions = Float64Array.of(1, -4, 9, 2);

describe('a linear model', () => {
  test('has the curves and areas of its closed form', async () => {
    const { counts, deletion, insertion } = await removalCurves(linear, descending(contributions), 100);
    expect([...counts]).toEqual([0, 1, 2, 3, 4]);
    expect([...deletion]).toEqual([8, -1, -3, -4, 0]);
    expect([...insertion]).toEqual([0, 9, 11, 12, 8]);
    expect([areaUnder(counts, deletion), areaUnder(counts, insertion)]).toEqual([-4, 36]);
  });

  test('has no order with a smaller area of deletion, or a larger one of insertion', async () => {
    const { counts, deletion, insertion } = await randomCurves(linear, 200, 100, source(), () => undefined);
    const areas = (curves: Float64Array) =>
      Array.from({ length: 200 }, (_, i) => areaUnder(counts, curves.subarray(i * 5, (i + 1) * 5)));
    expect(Math.min(...areas(deletion))).toBe(-4);
    expect(Math.max(...areas(insertion))).toBe(36);
  });

  test('takes away a feature of several values at once, and leaves alone what belongs to none', async () => {
    const game = { ...linear, of: Int32Array.of(0, 0, 1, -1), features: 2 };
    const { counts, deletion, insertion } = await removalCurves(game, [1, 0], 100);
    expect([...counts]).toEqual([0, 1, 2]);
    expect([...deletion]).toEqual([8, -1, 2]);
    expect([...insertion]).toEqual([2, 11, 8]);
  });
});

describe('random orders', () => {
  test('begin and end where every order does, and the same seed draws the same', async () => {
    const drawn = await Promise.all([0, 1].map(() => randomCurves(linear, 20, 100, source(), () => undefined)));
    expect(drawn[0]).toEqual(drawn[1]);
    for (let i = 0; i < 20; i++) {
      expect([drawn[0]?.deletion[i * 5], drawn[0]?.deletion[i * 5 + 4]]).toEqual([8, 0]);
      expect([drawn[0]?.insertion[i * 5], drawn[0]?.insertion[i * 5 + 4]]).toEqual([0, 8]);
    }
  });

  test('come to the mean of a linear model in both directions: each feature is gone half of the way', async () => {
    const orders = 4000;
    const { counts, deletion, insertion } = await randomCurves(linear, orders, 100, source(), () => undefined);
    for (const curves of [deletion, insertion]) {
      let sum = 0;
      for (let i = 0; i < orders; i++) sum += areaUnder(counts, curves.subarray(i * 5, (i + 1) * 5)) / orders;
      // The area of one order has the standard deviation sqrt(sum c^2 (n^2 - 1) / 12) < 13, of the mean 0.2: five of these.
      expect(Math.abs(sum - 16)).toBeLessThan(1);
    }
  });
});

test('many features go in steps that are the same from both ends', async () => {
  const features = 1003;
  const game: RemovalGame = {
    shape: [features],
    sample: new Float32Array(features).fill(1),
    baseline: new Float32Array(features),
    of: Int32Array.from({ length: features }, (_, i) => i),
    features,
    scores: (inputs) =>
      Promise.resolve(
        Float64Array.from({ length: rowsOf(inputs) }, (_, row) =>
          inputs.data.subarray(row * features, (row + 1) * features).reduce((sum, value) => sum + value, 0),
        ),
      ),
  };
  const { counts, deletion, insertion } = await removalCurves(game, [...Array(features).keys()], 20);
  expect(counts).toHaveLength(21);
  counts.forEach((count, i) => {
    expect(count + (counts[20 - i] ?? NaN)).toBeGreaterThanOrEqual(features - 1);
    expect([deletion[i], insertion[i]]).toEqual([features - count, count]);
  });
});

function source() {
  return randomStreams(7, 'deletion').of(0);
}
