import { row, rowsOf } from '#base/tensor';
import { rng } from '#stats/random';
import type { TabularDomain } from '#target/domain';
import { functionGame, largestDifference, multiLayer } from '../../../../test/coalition-games.js';
import { regionNeighbourhood, tokenNeighbourhood } from './coalition-neighbourhood.js';
import { lime } from './lime.js';
import { weightedRidge } from './ridge.js';
import { tableNeighbourhood } from './table-neighbourhood.js';

describe('ridge regression', () => {
  const source = rng('ridge');
  const rows = 400;
  const values = Float64Array.from({ length: 3 * rows }, () => source.normal());
  const weights = Float64Array.from({ length: rows }, () => source.uniform());
  const linear = Float64Array.from({ length: rows }, (_, i) => 5 + 2 * values[3 * i]! - values[3 * i + 1]!);

  test('finds a linear function, and explains all of it', () => {
    const { intercept, coefficients, explained, standardErrors } = weightedRidge(
      { columns: 3, values, weights, responses: linear },
      0,
    );
    expect(largestDifference(coefficients, [2, -1, 0])).toBeLessThan(1e-12);
    expect(intercept).toBeCloseTo(5, 12);
    expect(explained).toBeCloseTo(1, 12);
    expect(Math.max(...standardErrors)).toBeLessThan(1e-12);
  });

  test('of one column shrinks by the penalty: sum w x y / (sum w x^2 + penalty), with weighted means taken off', () => {
    const one = values.slice(0, rows);
    const responses = one.map((value) => 3 * value + 1);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mean = one.reduce((sum, value, i) => sum + weights[i]! * value, 0) / total;
    const spread = one.reduce((sum, value, i) => sum + weights[i]! * (value - mean) ** 2, 0);
    const { coefficients, intercept } = weightedRidge({ columns: 1, values: one, weights, responses }, 40);
    const expected = (3 * spread) / (spread + 40);
    expect(coefficients[0]).toBeCloseTo(expected, 12);
    expect(intercept).toBeCloseTo(3 * mean + 1 - expected * mean, 12);
  });

  test('standard errors are those of repeated draws', () => {
    const draws = rng('noise');
    let [squares, stated] = [0, 0];
    for (let trial = 0; trial < 300; trial++) {
      const responses = linear.map((value, i) => value + (1 + Math.abs(values[3 * i]!)) * draws.normal());
      const fit = weightedRidge({ columns: 3, values, weights, responses }, 0);
      squares += (fit.coefficients[0]! - 2) ** 2;
      stated += fit.standardErrors[0]! ** 2;
    }
    // The variance of 300 draws is known to 8 %, its root to 4 %; noise grows with the column, which equal weights would not see.
    expect(Math.abs(Math.sqrt(stated / squares) - 1)).toBeLessThan(0.12);
  });
});

describe('neighbourhoods of coalitions', () => {
  test('begin with the sample, and have the distances of lime', () => {
    const regions = regionNeighbourhood(16, 500, rng('regions'));
    const tokens = tokenNeighbourhood(16, 500, rng('tokens'));
    for (const [{ members, distances }, scale] of [[regions, 1] as const, [tokens, 100] as const]) {
      expect([...members.subarray(0, 16)]).toEqual(new Array(16).fill(1));
      expect(distances[0]).toBe(0);
      for (let i = 0; i < 500; i++) {
        const size = members.subarray(16 * i, 16 * (i + 1)).reduce((sum, member) => sum + member, 0);
        // The cosine of a vector of zeros and ones with that of ones alone.
        expect(distances[i]).toBeCloseTo(scale * (1 - size / Math.sqrt(size * 16 || 1)), 10);
      }
    }
  });

  test('of texts take away each number of tokens equally often, of pictures each region with a chance of one half', () => {
    const sizesOf = ({ members }: { members: Uint8Array }) =>
      Array.from({ length: 2000 }, (_, i) =>
        members.subarray(5 * (i + 1), 5 * (i + 2)).reduce((sum, each) => sum + each, 0),
      );
    const tokens = sizesOf(tokenNeighbourhood(5, 2001, rng('tokens')));
    // 3.3 standard errors of a share of one fifth are 3 %.
    for (const size of [0, 1, 2, 3, 4])
      expect(Math.abs(tokens.filter((each) => each === size).length / 2000 - 0.2)).toBeLessThan(0.03);
    const regions = sizesOf(regionNeighbourhood(5, 2001, rng('regions')));
    expect(Math.abs(regions.reduce((sum, size) => sum + size, 0) / 10_000 - 0.5)).toBeLessThan(0.017);
  });
});

describe('a local model', () => {
  const around = regionNeighbourhood(3, 500, rng('around'));
  const options = { kernelWidth: 0.25, penalty: 1, limit: 3 };

  test('of a network of one hidden layer has the signs and the order of its features', async () => {
    const worths = await functionGame(multiLayer, [20, 50, 30]).worths(around.members, 500);
    const { coefficients, explained, standardErrors } = lime(around, worths, options);
    // Captum finds (73.4, 193.3, 113.3) with a kernel and penalty of its own.
    expect(coefficients[0]).toBeGreaterThan(50);
    expect(coefficients[2]).toBeGreaterThan(coefficients[0]!);
    expect(coefficients[1]).toBeGreaterThan(coefficients[2]!);
    expect(explained).toBeGreaterThan(0.9);
    expect(explained).toBeLessThan(1);
    expect(Math.min(...standardErrors)).toBeGreaterThan(0);
  });

  test('of fewer features has those that matter most, and names them', async () => {
    const worths = await functionGame(multiLayer, [20, 50, 30]).worths(around.members, 500);
    const { coefficients, chosen } = lime(around, worths, { ...options, limit: 2 });
    expect([...chosen]).toEqual([1, 2]);
    expect(coefficients[0]).toBe(0);
    expect(coefficients[1]).toBeGreaterThan(100);
  });

  test('weighs inputs by sqrt(exp(-d^2 / w^2))', () => {
    const distances = Float64Array.of(0, 1, 2);
    const values = Float64Array.of(1, 0, 0);
    const { intercept, coefficients } = lime({ columns: 1, values, distances }, Float64Array.of(7, 1, 3), {
      ...options,
      kernelWidth: 2,
      penalty: 0,
    });
    const [first, second] = [Math.exp(-1 / 8), Math.exp(-1 / 2)];
    const mean = (first + 3 * second) / (first + second);
    expect(intercept).toBeCloseTo(mean, 12);
    expect(coefficients[0]).toBeCloseTo(7 - mean, 12);
  });
});

describe('rows around a row of a table', () => {
  const plain = {
    immutable: false,
    range: [-10, 10] as const,
    grid: null,
    categories: null,
    units: { offset: 0, factor: 1 },
  };
  const domain: TabularDomain = {
    ...{ kind: 'tabular', shape: [4], range: [-10, 10], mean: [0, 0, 0, 0], std: [1, 1, 1, 1] },
    columns: [
      { kind: 'numeric', name: 'number', position: 0, ...plain },
      { kind: 'one-hot', name: 'category', immutable: false, positions: [1, 2], categories: ['a', 'b'] },
      { kind: 'numeric', name: 'constant', position: 3, ...plain },
    ],
  };
  const data = Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => [i, i < 6 ? 1 : 0, i < 6 ? 0 : 1, 2]));
  const rows = { shape: [8, 4], data };
  const sample = { shape: [1, 4], data: Float32Array.of(0, 1, 0, 2) };

  test('have real values, and say whether they are of the same quartile and category', () => {
    const { inputs, values, distances, columns } = tableNeighbourhood(
      domain,
      sample,
      rows,
      { rows: 2000, discretize: true },
      rng('rows'),
    );
    expect(columns).toBe(3);
    expect([...row(inputs, 0)]).toEqual([0, 1, 0, 2]);
    const same = [0, 0];
    let wrong = 0;
    for (let i = 0; i < rowsOf(inputs); i++) {
      const [number = NaN, a = NaN, b = NaN, constant] = row(inputs, i);
      if (!Number.isInteger(number) || number < 0 || number > 7 || a + b !== 1 || constant !== 2) wrong++;
      // Quartiles of 0 to 7 are 1.75, 3.5 and 5.25.
      const seen = [number <= 1.75 ? 1 : 0, a, 1];
      if (seen.some((value, column) => values[3 * i + column] !== value)) wrong++;
      if (Math.abs(distances[i]! - Math.sqrt(2 - seen[0]! - seen[1]!)) > 1e-12) wrong++;
      same[0]! += seen[0]!;
      same[1]! += seen[1]!;
    }
    expect(wrong).toBe(0);
    // A quarter and three quarters, within 3.3 standard errors.
    expect(Math.abs(same[0]! / 2000 - 0.25)).toBeLessThan(0.032);
    expect(Math.abs(same[1]! / 2000 - 0.75)).toBeLessThan(0.032);
  });

  test('are normal without quartiles, in units of the spread of the background', () => {
    const { inputs, values } = tableNeighbourhood(domain, sample, rows, { rows: 2000, discretize: false }, rng('rows'));
    const spread = Math.sqrt(63 / 12);
    let [mean, furthest] = [0, 0];
    for (let i = 0; i < 2000; i++) {
      furthest = Math.max(furthest, Math.abs(values[3 * i]! - (row(inputs, i)[0]! - 3.5) / spread));
      mean += values[3 * i]! / 2000;
    }
    expect(furthest).toBeLessThan(1e-6);
    expect(Math.abs(mean)).toBeLessThan(0.074);
    // Nothing spreads there: its unit is 1.
    expect(Math.abs(values[5]! - (row(inputs, 1)[3]! - 2))).toBeLessThan(1e-6);
  });
});
