import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { digestOfBytes } from '#base/digest';
import { loadTable } from '#data/load-table';
import type { ColumnRole, ColumnType } from '#data/table';
import type { BoundModel, ClassSummary, EncodedTable, Hierarchy, Release } from '../contract.js';
import { encodeTable } from '../encoding/encode.js';
import { listed, uniqueTexts } from './listed.js';
import { MedianFinder } from './median.js';
import { mondrian } from './mondrian.js';
import type { MondrianOptions } from './options.js';

type Value = string | null;

interface ColumnOfTest {
  readonly values: readonly Value[];
  readonly type?: ColumnType;
  readonly role?: ColumnRole;
}

function tableOf(columns: readonly ColumnOfTest[]): EncodedTable {
  return encodeTable({
    name: 'people.csv',
    digest: digestOfBytes(''),
    rows: columns[0]?.values.length ?? 0,
    columns: columns.map(({ values, type = 'text', role = 'quasi-identifier' }, i) => ({
      name: String.fromCharCode(97 + i),
      role,
      type,
      values,
    })),
  });
}

const model = (
  holds: (members: ClassSummary) => boolean,
  facts: Partial<BoundModel['model']> = {},
  sensitive: readonly number[] = [],
): BoundModel => {
  const bound: BoundModel = {
    model: {
      name: 'a model',
      monotone: true,
      sensitive: sensitive.map(String),
      needsPopulation: false,
      bind: () => bound,
      ...facts,
    },
    sensitive,
    holds,
  };
  return bound;
};
const atLeast = (k: number) => model(({ size }) => size >= k);
const values = (l: number, column: number) =>
  model(({ counts: [counts = new Int32Array(0)] }) => counts.filter((count) => count > 0).length >= l, {}, [column]);

const OPTIONS: MondrianOptions = { mode: 'strict', ranges: 'tight', labelLength: 200 };

function run(
  columns: readonly ColumnOfTest[],
  models: readonly BoundModel[],
  options: Partial<MondrianOptions> = {},
  hierarchies: readonly Hierarchy[] = [],
): Release {
  return mondrian({ table: tableOf(columns), models, hierarchies }, { ...OPTIONS, ...options });
}

/** The released quasi-identifiers, row by row. */
const texts = ({ columns, classOf }: Release): Value[][] =>
  Array.from(classOf, (_, row) => columns.map(({ codes, labels }) => labels[codes[row]!] ?? null));

const numbers = (...list: (number | null)[]): ColumnOfTest => ({
  values: list.map((value) => (value === null ? null : String(value))),
  type: 'integer',
});
const words = (text: string): ColumnOfTest => ({ values: text.split(' ').map((word) => (word === '-' ? null : word)) });

/** a, b below x; c, d below y; e below z; x and y below xy. */
const LETTERS = ['a', 'b', 'c', 'd', 'e'];
const ABOVE: Readonly<Record<string, readonly [string, string]>> = {
  a: ['x', 'xy'],
  b: ['x', 'xy'],
  c: ['y', 'xy'],
  d: ['y', 'xy'],
  e: ['z', 'z'],
};

function hierarchyOf(table: EncodedTable, position: number): Hierarchy {
  const { name, dictionary } = table.columns[position]!;
  const level = (labels: readonly (string | null)[], labelOf: (value: string) => string, under: readonly number[]) => ({
    groupOf: Int32Array.from(dictionary, (value) => (value === null ? 0 : labels.indexOf(labelOf(value)))),
    labels,
    leavesUnder: Int32Array.from(under),
  });
  return {
    column: name,
    leaves: 5,
    levels: [
      level(dictionary, (value) => value, [0, ...dictionary.slice(1).map(() => 1)]),
      level([null, 'z', 'y', 'x'], (value) => ABOVE[value]![0], [0, 1, 2, 2]),
      level([null, 'xy', 'z'], (value) => ABOVE[value]![1], [0, 4, 1]),
      { groupOf: new Int32Array(dictionary.length), labels: ['all'], leavesUnder: Int32Array.of(5) },
    ],
  };
}

describe('by hand', () => {
  test('numbers are cut at the median, and ranges are those of the records', () => {
    const release = run([numbers(30, 10, 90, 20, 80, 31)], [atLeast(2)]);
    // 10 20 30 | 31 80 90: with k = 2 no half of three can be cut.
    expect(texts(release)).toEqual([
      ['[10, 30]'],
      ['[10, 30]'],
      ['[31, 90]'],
      ['[10, 30]'],
      ['[31, 90]'],
      ['[31, 90]'],
    ]);
    expect(release.classOf).toEqual(Int32Array.of(0, 0, 1, 0, 1, 1));
    const { codes, shares } = release.columns[0]!;
    expect(shares[codes[0]!]).toBeCloseTo(20 / 80, 15);
    expect(shares[codes[2]!]).toBeCloseTo(59 / 80, 15);
    expect(release.suppressed).toEqual(new Uint8Array(6));
  });

  test('the dimension with the wider share of its domain is cut first', () => {
    // The first cut is of a, at its median; each half is 0 to 9 of b, and is cut there.
    const release = run([numbers(1, 1, 2, 2, 9, 9, 10, 10), numbers(0, 0, 9, 9, 0, 0, 9, 9)], [atLeast(2)]);
    expect(new Set(texts(release).map((row) => row.join()))).toEqual(new Set(['1,0', '2,9', '9,0', '10,9']));
  });

  test('a value of which there are many stays whole, and the cut is where parts are more alike', () => {
    expect(texts(run([numbers(1, 2, 2, 2, 2, 3, 3)], [atLeast(1)])).flat()).toEqual([
      '1',
      '2',
      '2',
      '2',
      '2',
      '3',
      '3',
    ]);
    // Above the median 2: 5 and 2 records; below: 1 and 6. The second half has too few for k = 3, so nothing is cut.
    expect(texts(run([numbers(1, 2, 2, 2, 2, 3, 3)], [atLeast(3)])).flat()).toEqual(Array(7).fill('[1, 3]'));
  });

  test('relaxed shares the records with the median out, so that halves are equal', () => {
    const release = run([numbers(1, 2, 2, 2, 2, 3)], [atLeast(3)], { mode: 'relaxed' });
    const labels = texts(release).flat();
    expect([
      labels.filter((label) => label === '[1, 2]').length,
      labels.filter((label) => label === '[2, 3]').length,
    ]).toEqual([3, 3]);
    expect(release.method.name).toBe('relaxed Mondrian');
  });

  test('lazy ranges are those that the cuts left', () => {
    const columns = [numbers(0, 0, 1, 1, 10, 10, 11, 11), numbers(1, 2, 1, 2, 4, 4, 5, 5)];
    const tight = texts(run(columns, [atLeast(4)]));
    const lazy = texts(run(columns, [atLeast(4)], { ranges: 'lazy' }));
    expect(tight[0]).toEqual(['[0, 1]', '[1, 2]']);
    expect(lazy[0]).toEqual(['[0, 1]', '[1, 5]']);
  });

  test('dates are ranges of dates', () => {
    const release = run(
      [{ values: ['2020-03-01', '2020-01-31', '2019-12-31', '2021-05-05'], type: 'date' }],
      [atLeast(2)],
    );
    expect(texts(release).flat()).toEqual([
      '[2020-03-01, 2021-05-05]',
      '[2019-12-31, 2020-01-31]',
      '[2019-12-31, 2020-01-31]',
      '[2020-03-01, 2021-05-05]',
    ]);
  });

  test('words are in the order of their first appearance, and labels name those that occur', () => {
    const release = run([words('d a d c b a b c')], [atLeast(4)]);
    expect(texts(release).flat()).toEqual([
      '{d, a}',
      '{d, a}',
      '{d, a}',
      '{c, b}',
      '{c, b}',
      '{d, a}',
      '{c, b}',
      '{c, b}',
    ]);
    const { codes, shares } = release.columns[0]!;
    expect(shares[codes[0]!]).toBeCloseTo(1 / 3, 15);
  });

  test('a hierarchy is cut into its branches, and gives the labels and their shares', () => {
    const columns = [words('a b c d e e a b')];
    const hierarchy = hierarchyOf(tableOf(columns), 0);
    const release = run(columns, [atLeast(2)], {}, [hierarchy]);
    expect(texts(release).flat()).toEqual(['a', 'b', 'y', 'y', 'e', 'e', 'a', 'b']);
    const { codes, shares } = release.columns[0]!;
    expect([shares[codes[2]!], shares[codes[0]!]]).toEqual([1 / 4, 0]);
    expect(texts(run(columns, [atLeast(4)], {}, [hierarchy])).flat()).toEqual(Array(8).fill('all'));
  });

  test('missing values are a branch of their own', () => {
    const release = run([numbers(1, null, 2, null, 90, 91)], [atLeast(2)]);
    expect(texts(release).flat()).toEqual(['[1, 2]', null, '[1, 2]', null, '[90, 91]', '[90, 91]']);
  });

  test('too few missing ones stay with the lowest values, and nothing tells them apart', () => {
    const release = run([numbers(1, null, 2, 90, 91)], [atLeast(2)]);
    expect(texts(release).flat()).toEqual(['*', '*', '*', '[90, 91]', '[90, 91]']);
    const { codes, shares } = release.columns[0]!;
    expect(shares[codes[0]!]).toBe(1);
  });

  test('with a hierarchy the word for everything is its own', () => {
    const columns = [words('a - a e e')];
    const release = run(columns, [atLeast(2)], {}, [hierarchyOf(tableOf(columns), 0)]);
    expect(texts(release).flat()).toEqual(['all', 'all', 'all', 'e', 'e']);
  });

  test('a sensitive column keeps a partition whole that sizes would let be cut', () => {
    const columns = [numbers(1, 2, 3, 4), { ...words('flu flu cold cold'), role: 'sensitive' as const }];
    expect(run(columns, [atLeast(2)]).classes).toBe(2);
    expect(run(columns, [atLeast(2), values(2, 1)]).classes).toBe(1);
    const mixed = [numbers(1, 2, 3, 4), { ...words('flu cold flu cold'), role: 'sensitive' as const }];
    expect(run(mixed, [atLeast(2), values(2, 1)]).classes).toBe(2);
  });

  test('a table that is no class itself is suppressed whole', () => {
    const release = run([numbers(1, 2, 3)], [atLeast(4)]);
    expect(release).toMatchObject({
      classes: 0,
      suppressed: Uint8Array.of(1, 1, 1),
      classOf: Int32Array.of(-1, -1, -1),
    });
    expect(run([numbers()], [atLeast(1)])).toMatchObject({ classes: 0, suppressed: new Uint8Array(0) });
  });
});

describe('refuses, in one sentence,', () => {
  test.each([
    [
      'a table without quasi-identifiers',
      [{ ...numbers(1), role: 'sensitive' as const }],
      [atLeast(1)],
      {},
      'no quasi-identifier',
    ],
    ['a model of the population', [numbers(1)], [model(() => true, { needsPopulation: true })], {}, 'population'],
    [
      'relaxed cuts for a model that is not monotone',
      [numbers(1)],
      [model(() => true, { monotone: false })],
      { mode: 'relaxed' as const },
      'mode: strict',
    ],
    ['numbers that are none', [{ ...numbers(1), values: ['1e999'] }], [atLeast(1)], {}, '1e999'],
  ])('%s', (_, columns, models, options, message) => {
    expect(() => run(columns, models, options)).toThrow(message);
  });

  test('a hierarchy of another table', () => {
    const hierarchy = hierarchyOf(tableOf([words('a b')]), 0);
    expect(() => run([words('a b c')], [atLeast(1)], {}, [hierarchy])).toThrow('not one of the values of this column');
  });
});

/** Whether a label covers a value, by what it says; a set is cut at 200 characters, which no table here needs. */
function covers(label: Value, value: Value, numeric: boolean): boolean {
  if (label === value || label === '*' || label === 'all') return true;
  if (label === null || value === null) return false;
  if (numeric) {
    const ends = /^\[(-?[\d.]+), (-?[\d.]+)\]$/.exec(label)?.slice(1).map(Number);
    return ends !== undefined && ends[0]! <= Number(value) && Number(value) <= ends[1]!;
  }
  if (label.startsWith('{')) return label.slice(1, -1).split(', ').includes(value);
  return ABOVE[value]?.includes(label) ?? false;
}

interface Case {
  readonly columns: readonly ColumnOfTest[];
  readonly k: number;
  readonly l: number;
}

const cases: fc.Arbitrary<Case> = fc
  .record({ rows: fc.integer({ min: 1, max: 40 }), dims: fc.integer({ min: 1, max: 4 }) })
  .chain(({ rows, dims }) => {
    const cells = (value: fc.Arbitrary<string>) =>
      fc.array(fc.option(value, { freq: 6 }), { minLength: rows, maxLength: rows });
    const numeric = cells(fc.integer({ min: -5, max: 30 }).map(String)).map((list): ColumnOfTest => ({
      values: list,
      type: 'integer',
    }));
    const text = cells(fc.constantFrom(...LETTERS)).map((list): ColumnOfTest => ({ values: list }));
    return fc.record({
      columns: fc
        .array(fc.oneof(numeric, text), { minLength: dims, maxLength: dims })
        .chain((list) => text.map((last): ColumnOfTest[] => [...list, { ...last, role: 'sensitive' }])),
      k: fc.integer({ min: 1, max: 8 }),
      l: fc.integer({ min: 1, max: 3 }),
    });
  });

const options: fc.Arbitrary<MondrianOptions> = fc.record({
  mode: fc.constantFrom('strict' as const, 'relaxed' as const),
  ranges: fc.constantFrom('tight' as const, 'lazy' as const),
  labelLength: fc.constant(200),
});

/** The classes of the released table, found by what is written in it. */
function naiveClasses(release: Release): number[][] {
  const found = new Map<string, number[]>();
  for (const [row, cells] of texts(release).entries()) {
    const key = JSON.stringify(cells);
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return [...found.values()];
}

test('every class meets the models and covers its records, whatever the table', () => {
  fc.assert(
    fc.property(cases, options, fc.boolean(), ({ columns, k, l }, chosen, withHierarchy) => {
      const table = tableOf(columns);
      const hierarchies = withHierarchy
        ? table.columns.flatMap(({ type, role }, i) =>
            type === 'text' && role === 'quasi-identifier' ? [hierarchyOf(table, i)] : [],
          )
        : [];
      const sensitive = columns.length - 1;
      const models = l > 1 ? [atLeast(k), values(l, sensitive)] : [atLeast(k)];
      const release = mondrian({ table, models, hierarchies }, chosen);
      const fits = (rows: readonly number[]) =>
        rows.length >= k && new Set(rows.map((row) => columns[sensitive]!.values[row])).size >= l;
      if (release.classes === 0) {
        expect(fits(columns[0]!.values.map((_, row) => row))).toBe(false);
        expect(release.suppressed.every((one) => one === 1)).toBe(true);
        return;
      }
      const found = naiveClasses(release);
      expect(found.every(fits)).toBe(true);
      // Classes are numbered by their first rows, as the map has found them.
      expect(found.every((rows, i) => rows.every((row) => release.classOf[row] === i))).toBe(true);
      expect(found).toHaveLength(release.classes);
      const isCovered = texts(release).map((cells, row) =>
        cells.every((label, i) => covers(label, columns[i]!.values[row]!, columns[i]!.type === 'integer')),
      );
      expect(isCovered).not.toContain(false);
      for (const { shares } of release.columns) expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
      expect(mondrian({ table, models, hierarchies }, chosen)).toEqual(release);
    }),
    { numRuns: 600 },
  );
});

test('strict classes never share a combination of values, and no further cut at a median was possible', () => {
  fc.assert(
    fc.property(cases, ({ columns, k }) => {
      const quasi = columns.slice(0, -1);
      const release = run(quasi, [atLeast(k)]);
      const classesOf = new Map<string, Set<number>>();
      for (const row of release.classOf.keys()) {
        const key = JSON.stringify(quasi.map(({ values: list }) => list[row]));
        classesOf.set(key, (classesOf.get(key) ?? new Set()).add(release.classOf[row]!));
      }
      expect([...classesOf.values()].every((found) => found.size === 1)).toBe(true);
      if (release.classes === 0) return;
      for (const rows of naiveClasses(release)) {
        for (const { values: list } of quasi) {
          // Present and missing are parted wherever both are k.
          const missing = rows.filter((row) => list[row] === null).length;
          expect(missing >= k && rows.length - missing >= k).toBe(false);
        }
      }
    }),
    { numRuns: 600 },
  );
});

test('forty columns, one row, all equal, all distinct', () => {
  const forty = Array.from({ length: 40 }, (_, column) =>
    numbers(...Array.from({ length: 64 }, (_row, row) => (row * (2 * column + 1)) % 64)),
  );
  const release = run(forty, [atLeast(4)]);
  expect(release.classes).toBe(16);
  expect(release.columns).toHaveLength(40);
  expect(run([numbers(7)], [atLeast(1)]).classes).toBe(1);
  expect(run([numbers(7, 7, 7, 7)], [atLeast(2)], { mode: 'relaxed' }).classes).toBe(1);
  expect(run([numbers(...Array.from({ length: 32 }, (_, i) => i))], [atLeast(1)]).classes).toBe(32);
});

test('long lists of values end in how many more there are, and different ones never look alike', () => {
  expect(listed(['one', 'two', 'three'], 20)).toBe('{one, two, three}');
  expect(listed(['one', 'two', 'three', 'four', 'five'], 20)).toBe('{one, two, 3 more}');
  expect(listed(['a very long value that does not fit', 'b'], 20)).toBe('{2 more}');
  const unique = uniqueTexts(['{2 more}']);
  expect([unique('{2 more}'), unique('{2 more}'), unique('{3 more}')]).toEqual([
    '{2 more} (2)',
    '{2 more} (3)',
    '{3 more}',
  ]);
});

test('medians found by counting and by selection are those of a sorted list', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 60 }),
      fc.boolean(),
      (list, sparse) => {
        const scale = sparse ? 1000 : 1;
        const ranks = Int32Array.from([0, ...list.map((rank) => scale * (rank + 1)), 0]);
        const sorted = list.map((rank) => scale * (rank + 1)).sort((a, b) => a - b);
        const median = sorted[(sorted.length - 1) >> 1]!;
        const found = new MedianFinder(ranks.length, 31_000).middleOf(ranks, 0, ranks.length, 1, sorted.at(-1)!);
        expect(found).toEqual({
          rank: median,
          below: sorted.filter((rank) => rank < median).length,
          equal: sorted.filter((rank) => rank === median).length,
        });
      },
    ),
    { numRuns: 1000 },
  );
});

describe('the Adult table', () => {
  const ADULT = join(process.cwd(), '../shared/data/adult/adult.csv');
  const isThere = existsSync(ADULT);
  if (!isThere) console.warn(`skipped: ${ADULT} is missing`);

  (isThere ? test : test.skip)('comes out with classes of at least 5 by a plain count', async () => {
    const names = ['sex', 'age', 'race', 'marital-status', 'education', 'native-country', 'workclass', 'occupation'];
    const roles = Object.fromEntries(names.map((name) => [name, 'quasi-identifier' as const]));
    const { table } = await loadTable({ file: ADULT, delimiter: ';', roles });
    const release = mondrian({ table: encodeTable(table), models: [atLeast(5)], hierarchies: [] }, OPTIONS);
    const classes = naiveClasses(release);
    expect(classes).toHaveLength(release.classes);
    expect(Math.min(...classes.map((rows) => rows.length))).toBeGreaterThanOrEqual(5);
    expect(release.classes).toBeGreaterThan(3000);
  });
});
