import fc from 'fast-check';
import type { PredictLabels } from '#plugin/anonymizing';
import { rng } from '#stats/random';
import { releaseFrom, tableFrom } from '../risk/testing/tables.js';
import { classifierUtility, labelColumn } from './classifier.js';
import { aggregateLoss } from './loss.js';
import { modelUtility, predictedLabels } from './model-accuracy.js';
import { representativeTable } from './representatives.js';
import { utilityOf } from './utility.js';

const times = <T>(count: number, value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i));

describe('measures by hand', () => {
  // Ages of a domain of five leaves, in classes of 3 and 2; the last record is suppressed.
  const table = tableFrom({ age: ['1', '2', '2', '4', '4', '5'], sex: ['f', 'f', 'f', 'm', 'm', 'm'] });
  const release = releaseFrom(
    { age: ['1-2', '1-2', '1-2', '4', '4', '4'], sex: ['f', 'f', 'f', 'm', 'm', 'm'] },
    { '1-2': 1 / 4 },
    [5],
  );
  const found = utilityOf(table, release, [
    { column: 'age', level: 1, height: 2 },
    { column: 'sex', level: 0, height: 1 },
  ]);

  test('classes: suppressed records are none, but in the name that says so', () => {
    expect(found.discernibility).toBe(9 + 4 + 6 * 1);
    expect(found.averageClassSize).toBe(5 / 2);
    expect(found.arxAverageClassSize).toBe(6 / 3);
    expect(found.suppressedShare).toBe(1 / 6);
  });

  test('loss: a suppressed record counts 1', () => {
    const age = (3 * 0.25 + 1) / 6;
    const sex = 1 / 6;
    expect(found.columns.map(({ share }) => share)).toEqual([age, sex]);
    expect(found.loss).toBeCloseTo(Math.sqrt((1 + age) * (1 + sex)) - 1, 14);
  });

  test('entropy: a value that is alone under its label loses nothing', () => {
    // Of 6 records: 1 has one, 2 two, 4 two, 5 one. Under 1-2 are three records.
    const lost = Math.log2(3) + 2 * Math.log2(3 / 2) + Math.log2(6);
    const most = Math.log2(6) + 2 * Math.log2(3) + 2 * Math.log2(3) + Math.log2(6);
    expect(found.columns[0]?.entropy).toBeCloseTo(lost / most, 14);
    expect(found.columns[1]?.entropy).toBeCloseTo(1 / 6, 14);
    expect(found.entropy).toBeCloseTo((lost + 1) / (most + 6), 14);
  });

  test('precision: a suppressed cell climbed all levels; null without levels', () => {
    expect(found.precision).toBeCloseTo(1 - (5 * 0.5 + 1 + 1) / 12, 14);
    expect(utilityOf(table, release).precision).toBeNull();
  });

  test('the table itself costs nothing, everything suppressed costs all', () => {
    const same = releaseFrom({ age: ['1', '2', '2', '4', '4', '5'], sex: ['f', 'f', 'f', 'm', 'm', 'm'] }, {});
    expect(utilityOf(table, same)).toMatchObject({ loss: 0, entropy: 0, suppressedShare: 0 });
    const nothing = releaseFrom({ age: times(6, () => null), sex: times(6, () => null) }, {}, [0, 1, 2, 3, 4, 5]);
    const all = utilityOf(table, nothing);
    expect(all).toMatchObject({
      entropy: 1,
      suppressedShare: 1,
      discernibility: 36,
      averageClassSize: null,
      arxAverageClassSize: 6,
    });
    expect(all.loss).toBeCloseTo(1, 14);
  });

  test('no records and no columns are no division by zero', () => {
    const none = utilityOf(tableFrom({ age: [] }), releaseFrom({ age: [] }, {}), [
      { column: 'age', level: 0, height: 0 },
    ]);
    expect(none).toMatchObject({
      loss: 0,
      entropy: 0,
      discernibility: 0,
      averageClassSize: null,
      arxAverageClassSize: null,
      precision: 1,
    });
    expect(aggregateLoss([])).toBe(0);
  });
});

test('on random releases the measures are sums over records, written plainly', () => {
  const cell = fc.integer({ min: 0, max: 4 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, fc.boolean()), { minLength: 1, maxLength: 30 }), (records) => {
      // Pairs of values become one: 0 and 1, 2 and 3, 4 alone.
      const up = (value: number) => String(Math.floor(value / 2));
      const table = tableFrom({ a: records.map(([a]) => String(a)), b: records.map(([, b]) => String(b)) });
      const suppressed = records.flatMap(([, , isSuppressed], row) => (isSuppressed ? [row] : []));
      const release = releaseFrom(
        { a: records.map(([a]) => `a${up(a)}`), b: records.map(([, b]) => `b${up(b)}`) },
        { a0: 0.25, a1: 0.25, b0: 0.25, b1: 0.25 },
        suppressed,
      );
      const found = utilityOf(table, release);
      const n = records.length;
      const sizes = records.map(([a, b, isGone]) =>
        isGone ? n : records.filter((other) => !other[2] && up(other[0]) === up(a) && up(other[1]) === up(b)).length,
      );
      expect(found.discernibility).toBe(sizes.reduce((x, y) => x + y, 0));
      const share =
        records.map(([a, , isGone]): number => (isGone ? 1 : a === 4 ? 0 : 0.25)).reduce((x, y) => x + y, 0) / n;
      expect(found.columns[0]?.share).toBeCloseTo(share, 12);
      expect(found.entropy >= 0 && found.entropy <= 1 + 1e-12).toBe(true);
    }),
    { numRuns: 500, seed: 4 },
  );
});

describe('representative values', () => {
  const table = tableFrom(
    {
      age: ['20', '21', '29', '40', null, '60'],
      town: ['a', 'b', 'b', 'c', 'c', 'd'],
      sick: ['1', '0', '1', '0', '1', '0'],
    },
    { sick: 'sensitive' },
    { age: 'integer' },
  );
  const release = releaseFrom(
    { age: ['20-29', '20-29', '20-29', '*', '*', '60'], town: ['ab', 'ab', 'ab', 'c', 'c', 'd'] },
    {},
    [5],
  );
  const written = representativeTable(table, release).columns.map(({ codes, dictionary }) =>
    [...codes].map((code) => dictionary[code]),
  );

  test('of ranges are nearest to the middle, of categories the most frequent, of suppressed records those of everything', () => {
    // 24.5 is nearer to 21 than to 20 or 29; all ages have 40 as their middle.
    expect(written[0]).toEqual(['21', '21', '21', '40', '40', '40']);
    // b and c are equally frequent, and b comes first.
    expect(written[1]).toEqual(['b', 'b', 'b', 'c', 'c', 'b']);
    expect(written[2]).toEqual(['1', '0', '1', '0', '1', '0']);
  });

  test('of two that are equally near the middle it is the smaller, in whatever order they come', () => {
    const two = tableFrom({ age: ['22', '20'] }, {}, { age: 'integer' });
    const [age] = representativeTable(two, releaseFrom({ age: ['20-22', '20-22'] }, {})).columns;
    expect([...age!.codes].map((code) => age!.dictionary[code])).toEqual(['20', '20']);
  });

  test('of a model that looks at the town alone: what it says before and after', async () => {
    const seen: unknown[] = [];
    const predict: PredictLabels = (columns, label) => {
      seen.push([...columns.map(({ name }) => name), label?.name]);
      return Promise.resolve(columns[1]!.values.map((town) => (town === 'b' ? '1' : '0')));
    };
    const truth = labelColumn(table, 'sick');
    const [before, after] = [
      await predictedLabels(table, truth, predict),
      await predictedLabels(representativeTable(table, release), truth, predict),
    ];
    const found = modelUtility(truth, before, after);
    // Before 0 1 1 0 0 0, after 1 1 1 0 0 1, the truth is 1 0 1 0 1 0.
    expect([found.original.correct, found.released.correct, found.agreed, found.original.n]).toEqual([3, 3, 4, 6]);
    expect(seen).toEqual([
      ['age', 'town', 'sick'],
      ['age', 'town', 'sick'],
    ]);
  });

  test('a model that does not answer each row is no model', async () => {
    await expect(predictedLabels(table, null, () => Promise.resolve(['1']))).rejects.toThrow(
      'gave 1 labels for 6 rows',
    );
    expect(() => labelColumn(table, 'ill')).toThrow('no such column');
  });
});

describe('a classifier', () => {
  const source = rng('classifier');
  const ages = times(400, () => 20 + source.integer(60));
  const towns = times(400, () => source.integer(5));
  const table = tableFrom(
    {
      age: ages.map(String),
      town: towns.map((town) => `t${town}`),
      income: ages.map((age, i) => (age >= 65 || towns[i]! >= 3 ? 'high' : 'low')),
    },
    { income: 'sensitive' },
    { age: 'integer' },
  );
  const options = () => ({ label: 'income', source: rng('folds') });
  const released = (column: 'age' | 'both') =>
    representativeTable(
      table,
      releaseFrom(
        { age: ages.map(() => '*'), town: towns.map((town) => (column === 'both' ? '*' : `t${town}`)) },
        { '*': 1 },
      ),
    );

  test('learns a planted rule; less where a column is gone; the baseline where all are', () => {
    const half = classifierUtility(table, released('age'), options());
    const none = classifierUtility(table, released('both'), options());
    expect(half.features).toEqual(['age', 'town']);
    expect(half.original.correct / 400).toBeGreaterThan(0.98);
    expect(half.released.correct).toBeLessThan(half.original.correct - 40);
    expect(half.released.correct).toBeGreaterThan(half.baseline.correct + 10);
    expect(none.released).toEqual(none.baseline);
    const high = table.columns[2]!.codes.filter((code) => table.columns[2]!.dictionary[code] === 'high').length;
    expect(none.baseline.correct).toBe(Math.max(high, 400 - high));
  });

  test('is the same for the same seed', () => {
    expect(classifierUtility(table, released('age'), options())).toEqual(
      classifierUtility(table, released('age'), options()),
    );
  });

  test('leaves records without a label out, and refuses a table without labels', () => {
    const some = tableFrom({ a: ['1', '2', '3', '4'], y: ['u', null, 'v', 'u'] }, { y: 'sensitive' });
    expect(classifierUtility(some, some, { label: 'y', source: rng('x') })).toMatchObject({
      folds: 3,
      original: { n: 3 },
    });
    expect(() => classifierUtility(some, some, { label: 'z', source: rng('x') })).toThrow('no such column');
    const empty = tableFrom({ a: ['1'], y: [null] });
    expect(() => classifierUtility(empty, empty, { label: 'y', source: rng('x') })).toThrow('at least two records');
  });
});
