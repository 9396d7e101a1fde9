import { rng } from '#stats/random';
import type { DomainConfig } from '#config/domain-schema';
import { hasColumns, tableDomain } from './declare-table.js';
import type { TabularDomain } from './domain.js';
import { boundsOf, excessOf, immutablePositions, isLegal, nearestLegal, violations } from './table-domain.js';

type Columns = NonNullable<DomainConfig['columns']>;

const LOAN: Columns = [
  { name: 'Age', kind: 'integer', range: [18, 68], mean: 40, std: 10, immutable: true },
  { name: 'Income', range: [0, 1000], mean: 150, std: 80 },
  { name: 'Home', kind: 'one-hot', categories: ['owner', 'rent', 'other'] },
  { name: 'Grade', kind: 'ordinal', categories: ['low', 'middle', 'high'] },
  { name: 'Amount', kind: 'integer', step: 50, range: [100, 5020] },
  { name: 'Price', range: [100, 10_000] },
];
const RELATIONS: NonNullable<DomainConfig['relations']> = [{ sum: { Amount: 1, Price: -1 }, atMost: 0 }];

function domainOf(config: Partial<DomainConfig> = {}, size = 8): TabularDomain {
  const whole: DomainConfig = { kind: 'tabular', columns: LOAN, relations: RELATIONS, ...config };
  if (!hasColumns(whole)) throw new Error('no columns');
  return tableDomain(whole, [size], 'model.onnx');
}

/** Age, Income, Home (3), Grade, Amount, Price. */
const LEGAL = [30, 129.5, 0, 1, 0, 2, 800, 846];
const changed = (change: Readonly<Record<number, number>>) => LEGAL.map((value, i) => change[i] ?? value);
/** In shares of each range. */
const scaled = (row: readonly number[]) => {
  const bounds = boundsOf(domainOf());
  return row.map((value, i) => (value - bounds.low[i]!) / (bounds.high[i]! - bounds.low[i]!));
};

describe('tableDomain', () => {
  test('lays columns side by side, each with its range and its normalization', () => {
    const domain = domainOf();
    const { low, high } = boundsOf(domain);
    expect([...low]).toEqual([18, 0, 0, 0, 0, 0, 100, 100]);
    expect([...high]).toEqual([68, 1000, 1, 1, 1, 2, 5020, 10_000]);
    expect(domain.mean).toEqual([40, 150, 0, 0, 0, 0, 0, 0]);
    expect(domain.std).toEqual([10, 80, 1, 1, 1, 1, 1, 1]);
    // What attacks without an idea of columns move in: no legal value lies outside.
    expect(domain.range).toEqual([0, 10_000]);
    expect([...immutablePositions(domain)]).toEqual([0]);
  });

  test('in shares of the range the model receives the same', () => {
    const data = domainOf();
    const shares = domainOf({ units: 'range' });
    expect(shares.range).toEqual([0, 1]);
    const received = (domain: TabularDomain, row: readonly number[]) =>
      row.map((value, i) => (value - domain.mean[i]!) / domain.std[i]!);
    received(shares, scaled(LEGAL)).forEach((value, i) => {
      expect(value).toBeCloseTo(received(data, LEGAL)[i]!, 9);
    });
  });

  test.each<[string, Partial<DomainConfig>, number, string]>([
    [
      'another number of values',
      {},
      9,
      '`target.domain.columns` make 8 values, and the model takes samples of shape [9].',
    ],
    [
      'two columns of one name',
      { columns: [LOAN[0]!, LOAN[0]!] },
      2,
      '`target.domain.columns[1]`: two columns are named "Age".',
    ],
    [
      'no range at all',
      { columns: [{ name: 'x' }] },
      1,
      'the column "x" has no range, and neither has `target.domain`.',
    ],
    [
      'a range that is upside down',
      { columns: [{ name: 'x', range: [2, 1] }] },
      1,
      'the range [2, 1] does not begin with the lower',
    ],
    [
      'a range of one-hot categories',
      { columns: [{ name: 'x', kind: 'one-hot', range: [0, 1], categories: ['a'] }] },
      1,
      '`range` is given, and the column is one-hot.',
    ],
    [
      'categories of a number',
      { columns: [{ name: 'x', range: [0, 1], categories: ['a'] }] },
      1,
      '`categories` is given, and the column is numeric.',
    ],
    [
      'no categories',
      { columns: [{ name: 'x', kind: 'ordinal' }] },
      1,
      'the column is ordinal and has no `categories`.',
    ],
    [
      'a category twice',
      { columns: [{ name: 'x', kind: 'ordinal', categories: ['a', 'a'] }] },
      1,
      'the category "a" is listed twice.',
    ],
    [
      'no whole step in the range',
      { columns: [{ name: 'x', kind: 'integer', range: [0.2, 0.8] }] },
      1,
      'there is no multiple of 1 in the range [0.2, 0.8].',
    ],
    ['a mean for all', { mean: [0] }, 8, '`target.domain.mean` is given beside `target.domain.columns`.'],
    [
      'pictures with columns',
      { kind: 'image' },
      8,
      '`target.domain.columns` are of a table, and `target.domain.kind` is "image".',
    ],
    [
      'a relation to nothing',
      { relations: [{ sum: { Rent: 1 }, atMost: 0 }] },
      8,
      'there is no column "Rent", which the relation names.',
    ],
    [
      'a relation with two bounds',
      { relations: [{ sum: { Age: 1 }, atMost: 0, equals: 0 }] },
      8,
      'a relation has exactly one of',
    ],
  ])('refuses %s', (_, config, size, sentence) => {
    expect(() => domainOf({ relations: [], ...config }, size)).toThrow(sentence);
  });
});

describe('legality', () => {
  test.each<[string, Readonly<Record<number, number>>, string]>([
    ['a value above its range', { 1: 1200 }, 'Income is 1200, above its highest legal value 1000'],
    ['a value below its range', { 1: -1 }, 'Income is -1, below its lowest legal value 0'],
    ['half a year', { 0: 30.5 }, 'Age is 30.5, which is no whole number of steps of 1'],
    ['half a step', { 6: 825 }, 'Amount is 825, which is no whole number of steps of 50'],
    ['no category', { 3: 0 }, 'Home has no category, and exactly one is legal'],
    ['two categories', { 2: 1 }, 'Home has 2 categories (owner, rent), and exactly one is legal'],
    ['half a category', { 2: 0.5, 3: 0.5 }, 'Home is 0.5 at owner, which is neither 0 nor 1'],
    ['a code between two', { 5: 1.5 }, 'Grade has the code 1.5, which no category has'],
    ['what is not a number', { 1: NaN }, 'Income is NaN, which is no number'],
    ['a relation that does not hold', { 6: 900 }, 'Amount - Price <= 0 does not hold: it is off by 54'],
    ['an immutable value that changed', { 0: 31 }, 'Age is immutable, and was changed from 30 to 31'],
  ])('%s', (_, change, sentence) => {
    const row = changed(change);
    expect(violations(domainOf(), row, LEGAL)).toEqual([sentence]);
    expect(isLegal(domainOf(), row, LEGAL)).toBe(false);
    // The same row in shares of the ranges, in the same words.
    expect(violations(domainOf({ units: 'range' }), scaled(row), scaled(LEGAL))).toEqual([sentence]);
  });

  test('a legal row is legal in both units, and as float32', () => {
    for (const units of ['data', 'range'] as const) {
      const row = Float32Array.from(units === 'data' ? LEGAL : scaled(LEGAL));
      expect(violations(domainOf({ units }), row, row)).toEqual([]);
    }
  });

  test('counts all that is wrong, or as many as are wanted', () => {
    const row = changed({ 0: 10, 1: 2000, 3: 0 });
    expect(violations(domainOf(), row)).toHaveLength(3);
    expect(violations(domainOf(), row, undefined, 2)).toHaveLength(2);
  });

  test('an equality holds from both sides, in weights of categories too', () => {
    const relations = [{ sum: { Price: 2, 'Home=rent': 100 }, equals: 1792 }];
    for (const units of ['data', 'range'] as const) {
      const domain = domainOf({ units, relations });
      const row = (given: readonly number[]) => (units === 'data' ? given : scaled(given));
      expect(isLegal(domain, row(LEGAL))).toBe(true);
      expect(isLegal(domain, row(changed({ 7: 847 })))).toBe(false);
      expect(isLegal(domain, row(changed({ 7: 845 })))).toBe(false);
      expect(domain.relations).toHaveLength(1);
      expect(excessOf(domain.relations![0]!, row(LEGAL))).toBeLessThan(1e-9);
    }
  });

  test('at least is at most of the negative', () => {
    const domain = domainOf({ relations: [{ sum: { Income: 1 }, atLeast: 100 }] });
    expect(violations(domain, changed({ 1: 90 }))).toEqual(['Income >= 100 does not hold: it is off by 10']);
  });

  test('without columns the range holds for every position', () => {
    const domain: TabularDomain = { kind: 'tabular', shape: [2], range: [0, 1], mean: [0], std: [1] };
    expect(violations(domain, [0.5, 2])).toEqual(['position 1 is 2, above its highest legal value 1']);
  });
});

describe('nearestLegal', () => {
  const random = rng('nearest legal');
  const anything = () => Array.from({ length: 8 }, () => (random.uniform() - 0.3) * 3000);

  test.each(['data', 'range'] as const)(
    'is legal but for relations, and leaves legal rows alone: units %s',
    (units) => {
      const domain = domainOf({ units, relations: [] });
      for (let round = 0; round < 200; round++) {
        const row = units === 'data' ? anything() : anything().map((value) => value / 1000);
        const nearest = nearestLegal(domain, row);
        expect(violations(domain, nearest)).toEqual([]);
        const again = nearestLegal(domain, nearest);
        again.forEach((value, i) =>
          expect(Math.abs(value - nearest[i]!)).toBeLessThanOrEqual(1e-3 * (units === 'data' ? 1 : 1e-4)),
        );
      }
    },
  );

  test('no legal row is nearer: against all legal rows of a small table', () => {
    const columns: Columns = [
      { name: 'a', kind: 'integer', range: [-1, 3] },
      { name: 'b', kind: 'one-hot', categories: ['x', 'y', 'z'] },
      { name: 'c', kind: 'ordinal', categories: ['p', 'q', 'r'] },
    ];
    const domain = domainOf({ columns, relations: [] }, 5);
    const all: number[][] = [];
    for (let a = -1; a <= 3; a++) {
      for (let b = 0; b < 3; b++)
        for (let c = 0; c < 3; c++) all.push([a, ...[0, 1, 2].map((i) => Number(i === b)), c]);
    }
    const distance = (p: ArrayLike<number>, q: ArrayLike<number>) =>
      Array.from(p).reduce((sum, value, i) => sum + (value - q[i]!) ** 2, 0);
    for (let round = 0; round < 300; round++) {
      const row = Array.from({ length: 5 }, () => (random.uniform() - 0.5) * 6);
      const least = Math.min(...all.map((each) => distance(row, each)));
      expect(distance(row, nearestLegal(domain, row))).toBeCloseTo(least, 5);
    }
  });

  test('takes what is immutable from the original', () => {
    const nearest = nearestLegal(domainOf(), changed({ 0: 55 }), LEGAL);
    expect(nearest[0]).toBe(30);
  });

  test('a step that does not divide the range ends at the last step inside', () => {
    expect(nearestLegal(domainOf(), changed({ 6: 9999 }))[6]).toBe(5000);
  });
});
