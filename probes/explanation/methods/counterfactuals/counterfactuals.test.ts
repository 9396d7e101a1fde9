import { row, rowsOf, takeRows, zeros, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import type { TabularDomain } from '#target/domain';
import { linearTarget } from '#target/linear';
import { isLegal } from '#target/table-domain';
import { counterfactualsOf, flaws } from '../../../../test/counterfactuals.js';
import { openTable } from '../../../../test/table-fixtures.js';
import { findCounterfactuals } from './counterfactuals.js';
import { rowDistance } from './distance.js';

const source = rng('rows');
const ROWS: Tensor = { shape: [200, 3], data: Float32Array.from({ length: 600 }, () => source.integer(101) / 100) };
const domain: TabularDomain = { kind: 'tabular', shape: [3], range: [0, 1], mean: [0], std: [1] };
const sign = (scores: ArrayLike<number>) => scores[0] ?? NaN;

function linear(weights: readonly number[], bias: number) {
  return linearTarget([weights], [bias], { head: { kind: 'binary' }, shape: [3] });
}

test('of a linear model: the one column that can turn it, by no more than it takes', async () => {
  // 0.9 + 0.045 + 0.045 > 0.495, and only the first column can bring it below.
  const target = linear([1, 0.05, 0.05], -0.495);
  const { found } = await findCounterfactuals(target, domain, sign, Float32Array.of(0.9, 0.9, 0.9), ROWS, 3);
  const [first] = found;
  expect(first?.changed.map(({ name }) => name)).toEqual(['position 0']);
  // x < 0.495 - 0.09: the largest hundredth below.
  expect(first?.row[0]).toBe(Math.fround(0.4));
});

// 0.99 + 0.99 > 1.9 whatever the third is, and 0.99 > 0.9 whatever the others are.
test.each([
  [1.9, [2, 2, 2]],
  [0.9, [3]],
])('a sum above %d takes so many changes, in so many ways', async (bar, changes) => {
  const { found } = await findCounterfactuals(
    linear([1, 1, 1], -bar),
    ...([domain, sign, Float32Array.of(0.99, 0.99, 0.99), ROWS, 4] as const),
  );
  expect(found.map(({ changed }) => changed.length)).toEqual(changes);
});

test('where nothing changes the decision there is none', async () => {
  const result = await findCounterfactuals(linear([0, 0, 0], 1), domain, sign, Float32Array.of(0, 0, 0), ROWS, 3);
  expect(result).toMatchObject({ found: [], unlike: null, unseen: true });
});

test('values that no row has are taken only where those of rows are not enough', async () => {
  const few = takeRows(ROWS, [0, 1]);
  const target = linear([1, 0, 0], -0.01);
  const { found, unseen } = await findCounterfactuals(target, domain, sign, Float32Array.of(0.9, 0, 0), few, 3);
  expect(unseen).toBe(true);
  expect(found[0]?.row[0]).toBe(0);
});

test('two values that turn the decision together, and each alone speaks against it, are found in the last round', async () => {
  const grid: TabularDomain = { kind: 'tabular', shape: [2], range: [0, 8], mean: [0], std: [1] };
  const lock = {
    predict: (inputs: Tensor): Promise<Tensor> => {
      const data = Float32Array.from({ length: rowsOf(inputs) }, (_, i) => {
        const [a = NaN, b = NaN] = row(inputs, i);
        return a === 3 && b === 7 ? -1 : 9 - 0.01 * (a + b) + (a === 3 || b === 7 ? 1 : 0);
      });
      return Promise.resolve({ shape: [data.length, 1], data });
    },
  };
  // Of equal values in both columns, so that no row has the pair.
  const rows = { shape: [9, 2], data: Float32Array.from({ length: 18 }, (_, i) => Math.floor(i / 2)) };
  const { found, unlike, unseen } = await findCounterfactuals(lock, grid, sign, Float32Array.of(0, 0), rows, 3);
  expect(found.map((each) => [...each.row])).toEqual([[3, 7]]);
  expect([unlike, unseen]).toEqual([null, true]);
});

test('distances are in median absolute deviations; a column that hardly varies has its mean one', () => {
  const column = (position: number, kind: 'numeric') =>
    ({
      kind,
      name: `${position}`,
      immutable: false,
      position,
      range: [0, 10],
      grid: null,
      categories: null,
      units: { offset: 0, factor: 1 },
    }) as const;
  const background = { shape: [4, 2], data: Float32Array.of(1, 0, 2, 0, 4, 0, 9, 8) };
  const distance = rowDistance([column(0, 'numeric'), column(1, 'numeric')], background);
  // Median 3: deviations 2, 1, 1, 6, of which the median is 1.5; of the other column 0, and the mean 2.
  expect(distance([0, 0], [3, 0])).toBe(2);
  expect(distance([0, 0], [0, 3])).toBe(1.5);
});

test.each(['credit-mlp', 'churn-mlp'] as const)('%s: valid, legal, of seen values, nothing to spare', async (name) => {
  const fixture = await openTable(name);
  for (const index of [1, 2]) {
    const explained = await counterfactualsOf(fixture, index);
    expect(explained.found.length).toBeGreaterThan(0);
    for (const each of explained.found) expect(await flaws(fixture, explained, each)).toEqual([]);
    const sets = explained.found.map(({ changed }) => changed.map(({ name }) => name).join());
    expect(new Set(sets).size).toBe(sets.length);
    expect(explained.found[0]!.changed.length).toBeLessThanOrEqual(explained.unlike!.changed.length);
  }
  await fixture.target.dispose();
});

test('a row that needs two changes is not turned by any one, to any value of any row', async () => {
  const fixture = await openTable('credit-mlp');
  const { target, domain, samples } = fixture;
  const { original, decision, found } = await counterfactualsOf(fixture, 4);
  expect(found[0]!.changed).toHaveLength(2);
  const [n, size] = [rowsOf(samples.inputs), original.length];
  for (const { immutable, ...column } of domain.columns ?? []) {
    if (immutable) continue;
    const positions = column.kind === 'one-hot' ? column.positions : [column.position];
    const batch = zeros([n, size]);
    for (let i = 0; i < n; i++) {
      row(batch, i).set(original);
      for (const j of positions) row(batch, i)[j] = row(samples.inputs, i)[j]!;
    }
    const scores = await target.predict(batch);
    for (let i = 0; i < n; i++) {
      if (isLegal(domain, row(batch, i), original)) expect(decision(row(scores, i))).toBeGreaterThanOrEqual(0);
    }
  }
  await target.dispose();
});
