import type { EncodedColumn, EncodedTable, PrivacyModel } from '../contract.js';
import { type MetricId } from './metrics.js';
import type { SearchResult } from './search.js';
import { anonymity, columnOf, hierarchyOf, modelOf, search } from './testing/tables.js';

describe('a table worked by hand', () => {
  const postcode = columnOf('postcode', ['81', '81', '82', '82', '91', '92']);
  const sex = columnOf('sex', ['F', 'M', 'F', 'M', 'F', 'F']);
  const table: EncodedTable = { rows: 6, columns: [postcode, sex] };
  const hierarchies = [hierarchyOf(postcode, { 81: '8*', 82: '8*', 91: '9*', 92: '9*' }), hierarchyOf(sex)];

  test('is generalized as little as two anonymity asks for', async () => {
    // Classes {81,82}xF, {81,82}xM, {91,92}xF with postcode at level 1: share (2 - 1) / (4 - 1) of each, sex exact.
    const { release, levels, value } = await search({ table, hierarchies });
    expect(levels).toEqual([1, 0]);
    expect(value).toBeCloseTo(Math.sqrt(4 / 3) - 1, 14);
    expect(release).toMatchObject({ classes: 3, method: { optimal: true } });
    expect([...release!.classOf]).toEqual([0, 1, 0, 1, 2, 2]);
    expect(release!.columns.map(({ codes, labels }) => Array.from(codes, (code) => labels[code]))).toEqual([
      ['8*', '8*', '8*', '8*', '9*', '9*'],
      ['F', 'M', 'F', 'M', 'F', 'F'],
    ]);
    expect([...release!.columns[0]!.shares]).toEqual([0, 1 / 3, 1 / 3]);
  });

  test('suppresses whole classes where that costs less', async () => {
    // Sex at `*`: 81 and 82 are classes of two. 91 and 92 go: x = 2/6 for the postcode, 1 for the sex: 4/3 * 2 is more than 4/3 * 1.
    const tolerant = await search({ table, hierarchies, suppression: 1 / 3 });
    expect(tolerant).toMatchObject({ levels: [1, 0] });
    // Average class size counts the kept alone: (6 - 2) / 2 = 2 as above, and of equals the one without suppression wins.
    const average = await search({ table, hierarchies, suppression: 1 / 3, metric: 'average-class-size' });
    expect(average).toMatchObject({ levels: [1, 0], value: 2 });
    expect([...average.release!.suppressed]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each<[MetricId, number]>([
    ['loss', Math.sqrt(4 / 3) - 1],
    ['discernibility', 3 * 2 ** 2],
    ['average-class-size', 2],
    // Postcode: 4 records of a half (1 bit each), 2 of a half (1 bit). All: 4 log2 3 + 2 log2 6 for it, 4 log2 1.5 + 2 log2 3 for sex.
    ['entropy', 6 / (4 * Math.log2(3) + 2 * Math.log2(6) + 4 * Math.log2(1.5) + 2 * Math.log2(3))],
    ['precision', (1 / 2 + 0) / 2],
  ])('%s is what the definition says', async (metric, expected) => {
    const { levels, value } = await search({ table, hierarchies, metric });
    expect(levels).toEqual([1, 0]);
    // Entropy is counted in steps of 2^-20 bits a cell.
    expect(value).toBeCloseTo(expected, 6);
  });

  test('a suppressed record costs everything that it could', async () => {
    const rare = columnOf('a', ['x', 'x', 'y']);
    const request = { table: { rows: 3, columns: [rare] }, hierarchies: [hierarchyOf(rare)], suppression: 1 / 3 };
    await expect(search(request)).resolves.toMatchObject({ levels: [0], value: expect.closeTo(1 / 3, 14) as number });
    await expect(search({ ...request, metric: 'precision' })).resolves.toMatchObject({
      levels: [0],
      value: expect.closeTo(1 / 3, 14) as number,
    });
    await expect(search({ ...request, metric: 'discernibility' })).resolves.toMatchObject({ value: 2 ** 2 + 3 });
    const kept = await search({ ...request, suppression: 0 });
    expect(kept).toMatchObject({ levels: [1], value: 1 });
  });

  test('says in one sentence that nothing meets the models', async () => {
    const { release, refused } = await search({ table, hierarchies, models: [anonymity(7)] });
    expect(release).toBeNull();
    expect(refused).toMatch(
      /^No generalization meets .* at best 6 records of 6 \(100\.0 %\) would have to be suppressed, and 0 may be\./,
    );
  });
});

describe('the limit of suppression', () => {
  // 0.29 * 100 is 28.999999999999996, and 29 / 100 is 0.29.
  test('is met by the division, not by the rounded product', async () => {
    const column = columnOf('a', [...Array<string>(71).fill('x'), ...Array.from({ length: 29 }, (_, i) => `y${i}`)]);
    const request = { table: { rows: 100, columns: [column] }, hierarchies: [hierarchyOf(column)] };
    await expect(search({ ...request, suppression: 0.29 })).resolves.toMatchObject({ levels: [0] });
    await expect(search({ ...request, suppression: 0.289 })).resolves.toMatchObject({ levels: [1] });
  });
});

function smallestClass({ release }: SearchResult): number {
  const sizes = new Map<number, number>();
  for (const index of release!.classOf) if (index >= 0) sizes.set(index, (sizes.get(index) ?? 0) + 1);
  return Math.min(...sizes.values());
}

describe('edges', () => {
  const of = (...columns: EncodedColumn[]) => ({
    table: { rows: columns[0]?.codes.length ?? 0, columns },
    hierarchies: columns.map((column) => hierarchyOf(column)),
  });

  test('no rows', async () => {
    const { release } = await search(of(columnOf('a', [])));
    expect(release).toMatchObject({ classes: 0 });
  });

  test('one row', async () => {
    const single = await search(of(columnOf('a', ['x'])));
    expect(single.release).toBeNull();
  });

  test('all equal stays, all distinct becomes *', async () => {
    await expect(search(of(columnOf('a', ['x', 'x', 'x'])))).resolves.toMatchObject({ levels: [0], value: 0 });
    await expect(search(of(columnOf('a', ['x', 'y', 'z'])))).resolves.toMatchObject({ levels: [1], value: 1 });
  });

  test('missing values are a value of their own, and in * like all others', async () => {
    const { release } = await search(of(columnOf('a', [null, null, 'x', 'x'])));
    expect([...release!.classOf]).toEqual([0, 0, 1, 1]);
    const joined = await search(of(columnOf('a', [null, 'x'])));
    expect([...joined.release!.classOf]).toEqual([0, 0]);
  });

  test('40 columns are searched by a heuristic that says so and finds the same again', async () => {
    const columns = Array.from({ length: 40 }, (_, c) =>
      columnOf(
        `c${c}`,
        Array.from({ length: 60 }, (_, i) => String(Math.floor(i / (1 + (c % 7))) % (2 + c))),
      ),
    );
    const request = { ...of(...columns), steps: 300 };
    const [first, second] = [await search(request), await search(request)];
    expect(first.release!.method).toMatchObject({
      name: 'heuristic full-domain generalization, best first from the top',
      optimal: false,
      facts: { 'generalizations counted': 300, 'search ended': 'after 300 nodes' },
    });
    expect({ ...second, releaseAt: null }).toEqual({ ...first, releaseAt: null });
    expect(first.value).toBeLessThan(1);
    expect(smallestClass(first)).toBeGreaterThanOrEqual(2);
  });

  test('no quasi-identifier, no model, no hierarchy, no population', async () => {
    const column = columnOf('a', ['x', 'x']);
    const { table, hierarchies } = of(column);
    const sensitive = { rows: 2, columns: [columnOf('a', ['x', 'x'], 'sensitive')] };
    await expect(search({ table: sensitive, hierarchies })).rejects.toThrow(
      'no column of the table is a quasi-identifier',
    );
    await expect(search({ table, hierarchies, models: [] })).rejects.toThrow('no privacy model is named');
    await expect(search({ table, hierarchies: [] })).rejects.toThrow('a: this quasi-identifier has no hierarchy');
    const map = { ...anonymity(2), needsPopulation: true };
    await expect(search({ table, hierarchies, models: [map] })).rejects.toThrow('compares the table with a population');
  });

  test('is stopped by its signal, and by a limit that its method names', async () => {
    const column = columnOf('a', ['x', 'x', 'y', 'z']);
    const stopped = AbortSignal.abort();
    await expect(search({ ...of(column), signal: stopped })).rejects.toMatchObject({ code: 'interrupted' });
    const limited = await search({ ...of(column), steps: 1 });
    expect(limited.release!.method).toMatchObject({ optimal: false, facts: { 'search ended': 'after 1 nodes' } });
  });
});

describe('a population', () => {
  test('counts people of the same generalized values, of values that the table lacks too', async () => {
    const dictionary = [null, 'x', 'y', 'z'];
    const facts = { name: 'a', role: 'quasi-identifier', type: 'text', dictionary } as const;
    const column: EncodedColumn = { ...facts, codes: Int32Array.of(1, 2) };
    const population = { rows: 4, columns: [{ ...facts, codes: Int32Array.of(1, 2, 3, 3) }] };
    const map: PrivacyModel = {
      ...modelOf({ monotone: true, absorbs: true }, (members) => members.population >= 4),
      needsPopulation: true,
    };
    const { levels } = await search({
      table: { rows: 2, columns: [column] },
      hierarchies: [hierarchyOf(column, { x: 'xy', y: 'xy', z: 'z' })],
      models: [map],
      population,
    });
    expect(levels).toEqual([2]);
  });
});
