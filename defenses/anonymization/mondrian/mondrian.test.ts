import { atLeast, hierarchyOf, model, numbers, run, tableOf, texts, values, words } from './testing/tables.js';

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
