import fc from 'fast-check';
import type { ColumnType } from '#data/table';
import { encodeTable } from '../encoding/encode.js';
import { mdavGroups } from './mdav.js';
import { microaggregate, type Microaggregation } from './microaggregate.js';
import type { MicroaggregationOptions } from './options.js';

type Value = string | number | null;

const run = (
  columns: readonly (readonly Value[])[],
  options: Partial<MicroaggregationOptions> = {},
  types: readonly ColumnType[] = [],
): Microaggregation =>
  microaggregate(
    encodeTable({
      name: 'people.csv',
      rows: columns[0]?.length ?? 0,
      columns: columns.map((values, i) => ({
        name: String.fromCharCode(97 + i),
        role: 'quasi-identifier',
        type: types[i] ?? 'number',
        values: values.map((value) => (value === null ? null : String(value))),
      })),
    }),
    { k: 3, decimals: 'exact', ...options },
  );

const texts = ({ release: { columns, classOf } }: Microaggregation) =>
  Array.from(classOf, (_, row) => columns.map(({ codes, labels }) => labels[codes[row]!] ?? null));

/** The paper's steps, with lists of records that are sorted anew each time. */
function naiveGroups(points: readonly (readonly number[])[], k: number): number[] {
  const distance = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, d) => sum + (x - b[d]!) ** 2, 0);
  const groupOf = points.map(() => -1);
  let left = points.map((_, i) => i);
  let group = 0;
  const take = (members: readonly number[]) => {
    for (const member of members) groupOf[member] = group;
    group++;
    left = left.filter((i) => !members.includes(i));
  };
  const nearest = (to: readonly number[]) =>
    [...left].sort((a, b) => distance(points[a]!, to) - distance(points[b]!, to) || a - b).slice(0, k);
  const farthest = (from: readonly number[]) =>
    [...left].sort((a, b) => distance(points[b]!, from) - distance(points[a]!, from) || a - b)[0]!;
  const mean = () => points[0]!.map((_, d) => left.reduce((sum, i) => sum + points[i]![d]!, 0) / left.length);
  while (left.length >= 3 * k) {
    const one = points[farthest(mean())]!;
    take(nearest(one));
    take(nearest(points[farthest(one)]!));
  }
  if (left.length >= 2 * k) take(nearest(points[farthest(mean())]!));
  if (left.length > 0) take(left);
  return groupOf;
}

test('the groups are those of a plain implementation, ties too', () => {
  const table = fc
    .record({ rows: fc.integer({ min: 1, max: 40 }), dimensions: fc.integer({ min: 1, max: 3 }) })
    .chain(({ rows, dimensions }) => {
      const point = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: dimensions, maxLength: dimensions });
      return fc.array(point, { minLength: rows, maxLength: rows });
    });
  fc.assert(
    fc.property(table, fc.integer({ min: 2, max: 7 }), (points, k) => {
      const groups = mdavGroups(Float64Array.from(points.flat()), points[0]!.length, k);
      expect([...groups]).toEqual(naiveGroups(points, k));
      const sizes = [...groups].reduce(
        (counts, group) => counts.set(group, (counts.get(group) ?? 0) + 1),
        new Map<number, number>(),
      );
      const all = [...sizes.values()];
      expect(all.every((size) => (size >= k || points.length < k) && size < 2 * k)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe('by hand', () => {
  test('two clouds of three are replaced by their means, and the loss is what lies within', () => {
    const result = run([[1, 10, 2, 11, 3, 12]]);
    expect(texts(result).flat()).toEqual(['2', '11', '2', '11', '2', '11']);
    // Within: 2 * (1 + 0 + 1) = 4; in all, around 6.5: 2 * (5.5^2 + 4.5^2 + 3.5^2) = 125.5.
    expect(result.loss.percent).toBeCloseTo((100 * 4) / 125.5, 12);
    // Standardized with n - 1, the squares of a column add up to n - 1.
    expect(result.loss.sst).toBeCloseTo(5, 12);
    expect(result.release).toMatchObject({ classes: 2, classOf: Int32Array.of(0, 1, 0, 1, 0, 1) });
    expect(result.release.columns[0]!.shares[1]).toBeCloseTo(2 / 11, 15);
    expect(result.release.method.facts).toMatchObject({ k: 3, groups: 2 });
  });

  test('columns count the same whatever their unit', () => {
    const [small, large] = [
      [1, 2, 3, 7, 8, 9],
      [5, 1, 4, 2, 6, 3],
    ];
    const grams = run([small, large.map((value) => 1000 * value)]).release.classOf;
    expect(run([small, large]).release.classOf).toEqual(grams);
  });

  test('missing values stay missing, with others of their kind or not at all', () => {
    const result = run([
      [1, 2, 3, null, null, null, 4],
      [1, 2, 3, 4, 5, 6, null],
    ]);
    expect(texts(result).slice(0, 6)).toEqual([
      ['2', '2'],
      ['2', '2'],
      ['2', '2'],
      [null, '5'],
      [null, '5'],
      [null, '5'],
    ]);
    expect(result.release.suppressed).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 1));
    expect(result.release.classOf[6]).toBe(-1);
  });

  test('dates have a mean day, and means are rounded on request', () => {
    expect(texts(run([['2020-01-01', '2020-01-02', '2020-01-09']], {}, ['date'])).flat()).toEqual(
      Array(3).fill('2020-01-04'),
    );
    expect(texts(run([[1, 2, 2]], {}, ['integer']))[0]).toEqual([String(5 / 3)]);
    expect(texts(run([[1, 2, 2]], { decimals: 'column' }, ['integer']))[0]).toEqual(['2']);
    expect(texts(run([[1.25, 2, 2]], { decimals: 'column' }))[0]).toEqual(['1.75']);
  });

  test('equal means of different groups are one class', () => {
    // 9, 10, 10 and 10, 10, 11.
    const result = run([[9, 10, 10, 10, 10, 11]], { decimals: 'column' }, ['integer']);
    expect(texts(result).flat()).toEqual(Array(6).fill('10'));
    expect(result.release).toMatchObject({ classes: 1, method: { facts: { groups: 2 } } });
  });

  test('too few rows are suppressed', () => {
    expect(run([[1, 2]]).release).toMatchObject({ classes: 0, suppressed: Uint8Array.of(1, 1) });
    expect(run([[]]).release.classes).toBe(0);
    expect(run([[5, 5, 5]]).loss.percent).toBe(0);
  });

  test.each([
    ['words', () => run([['a', 'b']], {}, ['text']), 'a: microaggregation needs numbers, dates or times'],
    ['a column that is not there', () => run([[1]], { columns: ['z'] }), 'no column z. It has a.'],
    ['a million rows', () => run([Array<number>(3_000_000).fill(1)]), 'the square of the rows'],
  ])('%s end in a sentence', (_, ask, sentence) => {
    expect(ask).toThrow(sentence);
  });
});

test('every class has k records, and means of columns stay', () => {
  const cell = fc.option(fc.integer({ min: -20, max: 20 }), { freq: 8 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 40 }), fc.integer({ min: 2, max: 6 }), (rows, k) => {
      const result = run([rows.map(([a]) => a), rows.map(([, b]) => b)], { k });
      const classes = new Map<string, number>();
      for (const [row, cells] of texts(result).entries()) {
        if (result.release.suppressed[row] === 1) continue;
        const key = JSON.stringify(cells);
        classes.set(key, (classes.get(key) ?? 0) + 1);
      }
      expect([...classes.values()].every((size) => size >= k)).toBe(true);
      expect(classes.size).toBe(result.release.classes);
      const kept = rows.filter((_, row) => result.release.suppressed[row] === 0);
      const sum = (values: readonly (number | null)[]) =>
        values.reduce<number>((total, value) => total + (value ?? 0), 0);
      const released = texts(result).filter((_, row) => result.release.suppressed[row] === 0);
      // Sums of at most 40 numbers below 20, each off by a few units in the last place.
      expect(sum(released.map(([a]) => (a === null ? null : Number(a))))).toBeCloseTo(sum(kept.map(([a]) => a)), 10);
      expect(result.loss.percent).toBeLessThanOrEqual(100 + 1e-9);
    }),
    { numRuns: 500 },
  );
});
