import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { randomStreams, rng } from '#stats/random';
import type { TabularDomain } from '#target/domain';
import type { Target } from '#target/target';
import { freshPrecision, OPTIONS, tableAnchor } from '../../../../test/anchors.js';
import { openTable } from '../../../../test/table-fixtures.js';
import { findAnchor } from './anchor.js';
import { maskSpace } from './mask-space.js';
import { tableSpace } from './table-space.js';

/** Four columns, each uniform on [0, 1] over 400 rows. */
const domain: TabularDomain = { kind: 'tabular', shape: [4], range: [0, 1], mean: [0], std: [1] };
const background: Tensor = { shape: [400, 4], data: uniform(1600) };

function uniform(length: number): Float32Array {
  const source = rng('background');
  return Float32Array.from({ length }, () => source.uniform());
}

/** One score of each input. */
function model(score: (values: Float32Array) => number): Pick<Target, 'predict'> {
  return {
    predict(inputs) {
      const scores = zeros([rowsOf(inputs), 1]);
      for (let i = 0; i < rowsOf(inputs); i++) scores.data[i] = score(row(inputs, i));
      return Promise.resolve(scores);
    },
  };
}

const sign = (scores: ArrayLike<number>) => scores[0] ?? NaN;
const at = (values: Float32Array, i: number) => values[i] ?? NaN;
const anchorOf = (target: Pick<Target, 'predict'>, sample: Float32Array) =>
  findAnchor(
    target,
    ([4, 16, 'values'] as const).map((bins) => tableSpace(domain, sample, background, bins)),
    sign,
    OPTIONS,
    randomStreams(7),
    0,
  );

test('a decision by two columns is fixed by these two, and by no more', async () => {
  const both = model((x) => Math.min(at(x, 0) - 0.25, 0.75 - at(x, 2)));
  const anchor = await anchorOf(both, Float32Array.of(0.9, 0.5, 0.1, 0.5));
  const { predicates, precision, coverage, holds, rule } = anchor;
  expect(predicates.map((each) => each.slice(0, 12))).toEqual(['position 0 ≥', 'position 2 ≤']);
  expect(rule.filter((level) => level > 0)).toHaveLength(2);
  expect(holds).toBe(true);
  expect(precision).toBeGreaterThan(0.95);
  // The quartiles of 400 uniform numbers are within 0.1 of 1/4 and 3/4 but once in 10,000 times.
  expect(Math.abs(coverage - 9 / 16)).toBeLessThan(0.15);
  // Same seed, same bytes.
  const { space: _, ...again } = await anchorOf(both, Float32Array.of(0.9, 0.5, 0.1, 0.5));
  expect(anchor).toMatchObject(again);
});

test('where quartiles are too wide, narrower predicates are tried', async () => {
  const narrow = model((x) => 0.02 - Math.abs(at(x, 1) - 0.5));
  const { predicates, holds, space } = await anchorOf(narrow, Float32Array.of(0.9, 0.5, 0.1, 0.5));
  expect(holds).toBe(true);
  expect(predicates).toEqual(['position 1 = 0.5']);
  expect(space.depths).toEqual([1, 1, 1, 1]);
});

test('a decision that nothing changes needs no rule', async () => {
  const { predicates, coverage, precision } = await anchorOf(
    model(() => 1),
    Float32Array.of(0.9, 0.5, 0.1, 0.5),
  );
  expect([predicates, coverage, precision]).toEqual([[], 1, 1]);
});

test('a model that tosses a coin has no anchor, and it is said', async () => {
  const coin = rng('coin');
  const { holds, precision } = await anchorOf(
    model(() => coin.uniform() - 0.5),
    Float32Array.of(0.9, 0.5, 0.1, 0.5),
  );
  expect(holds).toBe(false);
  expect(precision).toBeLessThan(0.6);
});

test('what is there of a picture: the region that decides, which half of the draws would keep anyway', async () => {
  const features = { names: ['left', 'middle', 'right'], of: Int32Array.of(0, 0, 1, 1, 2, 2) };
  const space = maskSpace(new Float32Array(6).fill(1), features, { shape: [1, 6], data: new Float32Array(6) });
  const middle = model((x) => at(x, 2) + at(x, 3) - 1);
  const anchor = await findAnchor(middle, [space], sign, OPTIONS, randomStreams(7), 0);
  expect(anchor).toMatchObject({ predicates: ['middle'], coverage: 0.5, precision: 1, holds: true });
});

test('a search that has no more draws takes what it has, judged as ever, and says so', async () => {
  const names = Array.from({ length: 24 }, (_, i) => `region ${i}`);
  const space = maskSpace(
    new Float32Array(24).fill(1),
    { names, of: Int32Array.from(names.keys()) },
    { shape: [1, 24], data: new Float32Array(24) },
  );
  let asked = 0;
  const all = model((x) => {
    asked++;
    return x.every((value) => value === 1) ? 1 : -1;
  });
  const options = { ...OPTIONS, maximumDraws: 5000, verification: 1000 };
  const anchor = await findAnchor(all, [space], sign, options, randomStreams(7), 0);
  expect(anchor).toMatchObject({ predicates: names, precision: 1, holds: true, spent: true });
  // One round of draws may end the search, and two rules are verified, of which one is given up at a tenth.
  expect(asked).toBeLessThan(5000 + 300 + 1100);
});

test('of credit: precise on 10,000 draws that nobody has seen', async () => {
  const fixture = await openTable('credit-mlp');
  const { anchor, decision } = await tableAnchor(fixture, 7);
  expect(anchor.holds).toBe(true);
  expect(await freshPrecision(fixture.target, anchor, decision, 7)).toBeGreaterThanOrEqual(0.95);
  await fixture.target.dispose();
});
