import fc from 'fast-check';
import { classSizes, classSizesOfRelease, classSizesOfTable } from './class-sizes.js';
import { distinctionOf, distinguishingSets } from './distinction.js';
import { oneGroup } from './partition.js';
import { journalistRisks, marketerRisk, prosecutorRisks, sampleUniqueness } from './record-risks.js';
import { apart, candidateOf, releaseFrom, tableFrom } from './testing/tables.js';

describe('risks of records', () => {
  // 10 records in classes of 5, 3, 1 and 1.
  const sizes = classSizes([1, 5, 3, 1], 2);

  test('by hand', () => {
    expect(sizes).toEqual({
      records: 10,
      suppressed: 2,
      classes: 4,
      counts: [
        { size: 1, classes: 2 },
        { size: 3, classes: 1 },
        { size: 5, classes: 1 },
      ],
    });
    // (5/5 + 3/3 + 1 + 1) / 10; a risk of 1/5 is not above 0.2.
    expect(prosecutorRisks(sizes, 0.2)).toEqual({ highest: 1, average: 0.4, recordsAtRisk: 5, shareAtRisk: 0.5 });
    expect(marketerRisk(sizes)).toBe(0.4);
    expect(sampleUniqueness(sizes)).toBe(0.2);
  });

  test('of a journalist, by hand', () => {
    const classes = [
      { size: 1, population: 4 },
      { size: 3, population: 10 },
    ];
    expect(journalistRisks(classes, 0.2)).toEqual({
      highest: 0.25,
      average: (1 / 4 + 3 / 10) / 4,
      recordsAtRisk: 1,
      shareAtRisk: 0.25,
    });
  });

  test('a class of more records than people is no sample', () => {
    expect(() => journalistRisks([{ size: 3, population: 2 }], 0.2)).toThrow('was not drawn from it');
  });

  test('of nothing are nothing', () => {
    const none = { highest: 0, average: 0, recordsAtRisk: 0, shareAtRisk: 0 };
    expect(prosecutorRisks(classSizes([]), 0.1)).toEqual(none);
    expect(journalistRisks([], 0.1)).toEqual(none);
    expect([marketerRisk(classSizes([])), sampleUniqueness(classSizes([]))]).toEqual([0, 0]);
  });

  test('suppressed records are no class of a release, nor of a table', () => {
    const release = releaseFrom({ a: ['x', 'x', 'y', 'y', 'y', 'z'] }, {}, [5]);
    expect(classSizesOfRelease(release, { rows: release.classOf.length })).toEqual(classSizes([2, 3], 1));
    expect(classSizesOfTable(tableFrom({ a: ['x', 'x', null, null], b: ['1', '1', '2', null] }))).toEqual(
      classSizes([2, 1], 1),
    );
  });
});

/** Small tables with many equal values; the last column is a label. */
const tables = fc
  .record({
    width: fc.integer({ min: 1, max: 5 }),
    rows: fc.integer({ min: 0, max: 25 }),
    values: fc.integer({ min: 1, max: 6 }),
  })
  .chain(({ width, rows, values }) =>
    fc.array(
      fc.array(fc.option(fc.integer({ min: 0, max: values }).map(String), { freq: 8 }), {
        minLength: rows,
        maxLength: rows,
      }),
      { minLength: width, maxLength: width },
    ),
  );
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const named = (columns: readonly (readonly (string | null)[])[]) =>
  Object.fromEntries(columns.map((values, i) => [NAMES[i]!, values]));
const rowsOf = (columns: readonly (readonly (string | null)[])[]) =>
  (columns[0] ?? []).map((_, row) => JSON.stringify(columns.map((values) => values[row])));

test('risks are the definitions, record by record, on random tables', () => {
  fc.assert(
    fc.property(tables, fc.double({ min: 0, max: 1, noNaN: true }), (columns, threshold) => {
      const keys = rowsOf(columns).filter((_, row) => columns.some((values) => values[row] !== null));
      const risks = keys.map((key) => 1 / keys.filter((other) => other === key).length);
      const sizes = classSizesOfTable(tableFrom(named(columns)));
      const found = prosecutorRisks(sizes, threshold);
      expect(found.highest).toBe(Math.max(0, ...risks));
      expect(found.average).toBeCloseTo(risks.reduce((a, b) => a + b, 0) / Math.max(1, risks.length), 12);
      expect(found.recordsAtRisk).toBe(risks.filter((risk) => risk > threshold).length);
      expect(sizes.suppressed).toBe((columns[0]?.length ?? 0) - keys.length);
    }),
    { numRuns: 400, seed: 1 },
  );
});

test('distinction and separation are the definitions, pair by pair', () => {
  fc.assert(
    fc.property(tables, (columns) => {
      const keys = rowsOf(columns);
      const pairs = keys.flatMap((key, i) => keys.slice(i + 1).map((other) => key !== other));
      const table = tableFrom(named(columns));
      const found = distinctionOf(oneGroup(table.rows), table.columns.map(candidateOf));
      expect(found.distinction).toBe(keys.length === 0 ? 0 : new Set(keys).size / keys.length);
      expect(found.separation).toBeCloseTo(pairs.length === 0 ? 1 : pairs.filter(Boolean).length / pairs.length, 12);
    }),
    { numRuns: 400, seed: 2 },
  );
});

test('the search finds the minimal sets that trying all of them finds', () => {
  fc.assert(
    fc.property(tables, fc.constantFrom(0.3, 0.6, 0.9), fc.boolean(), (columns, bar, hasDeclared) => {
      const roles = Object.fromEntries(
        columns.map((_, i) => [
          NAMES[i]!,
          hasDeclared && i === 0 ? ('quasi-identifier' as const) : ('insensitive' as const),
        ]),
      );
      const table = tableFrom(named(columns), roles);
      const candidates = columns.map((_, i) => i).filter((i) => !(hasDeclared && i === 0));
      const share = (set: readonly number[]) =>
        table.rows === 0 ? 0 : new Set(rowsOf(set.map((i) => columns[i]!))).size / table.rows;
      const base = hasDeclared && share([0]) < bar ? [0] : [];
      const subsets = Array.from({ length: 2 ** candidates.length - 1 }, (_, mask) =>
        candidates.filter((_, bit) => ((mask + 1) >> bit) & 1),
      ).filter((set) => set.length <= 3 && table.rows >= 2 && share([...base, ...set]) >= bar);
      const minimal = subsets.filter(
        (set) => !subsets.some((other) => other.length < set.length && other.every((i) => set.includes(i))),
      );
      const found = distinguishingSets(apart(table), { bar, maximumSize: 3 });
      expect(found.isComplete).toBe(true);
      expect(found.sets.map((set) => set.columns.join()).sort()).toEqual(
        minimal.map((set) => set.map((i) => NAMES[i]).join()).sort(),
      );
    }),
    { numRuns: 300, seed: 3 },
  );
});

test('a planted key of two columns is found among others, and ranked after a single one', () => {
  const rows = Array.from({ length: 400 }, (_, i) => i);
  const table = tableFrom(
    {
      noise: rows.map((i) => String(i % 3)),
      street: rows.map((i) => String(i % 20)),
      house: rows.map((i) => String(Math.floor(i / 20))),
      serial: rows.map((i) => String(i)),
      diagnosis: rows.map((i) => String(i)),
      name: rows.map((i) => String(i)),
    },
    {
      ...{ noise: 'insensitive', street: 'insensitive', house: 'insensitive', serial: 'insensitive' },
      diagnosis: 'sensitive',
      name: 'identifier',
    },
  );
  const found = distinguishingSets(apart(table), { bar: 0.9, maximumSize: 3 });
  expect(found.sets).toEqual([
    { columns: ['serial'], distinction: 1, separation: 1, uniques: 1, withDeclared: null },
    { columns: ['street', 'house'], distinction: 1, separation: 1, uniques: 1, withDeclared: null },
  ]);
  // With room for the four single columns and no more, it says that it did not finish.
  const cut = distinguishingSets(apart(table), { bar: 0.9, maximumSize: 3, maximumWork: 400 * 3 });
  expect(cut.isComplete).toBe(false);
});
