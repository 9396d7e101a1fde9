import fc from 'fast-check';
import type { BoundModel, ClassSummary, EncodedColumn, EncodedTable, Hierarchy, PrivacyModel } from '../contract.js';
import { builtHierarchy } from '../hierarchies/levels.js';
import { METRICS, type MetricId } from './metrics.js';
import { searchLattice, type SearchRequest, type SearchResult } from './search.js';

type Cell = string | null;

function columnOf(
  name: string,
  values: readonly Cell[],
  role: EncodedColumn['role'] = 'quasi-identifier',
): EncodedColumn {
  const dictionary: Cell[] = [null, ...new Set(values.filter((value) => value !== null))];
  return { name, role, type: 'text', codes: Int32Array.from(values, (value) => dictionary.indexOf(value)), dictionary };
}

/** Labels of levels between the values and `*`, by value. */
function hierarchyOf(column: EncodedColumn, ...levels: readonly Readonly<Record<string, string>>[]): Hierarchy {
  const values = column.dictionary.slice(1).map((value) => value ?? '');
  const between = levels.map((labels) => (code: number) => {
    const label = labels[values[code - 1] ?? ''] ?? '';
    return { label, leavesUnder: values.filter((value) => labels[value] === label).length };
  });
  return builtHierarchy(column, values.length, between);
}

function modelOf(
  facts: Pick<PrivacyModel, 'monotone'> & { readonly absorbs?: boolean; readonly sensitive?: readonly string[] },
  holds: (members: ClassSummary) => boolean,
): PrivacyModel {
  const model: PrivacyModel = {
    name: 'a model',
    needsPopulation: false,
    sensitive: [],
    ...facts,
    bind: (table): BoundModel => ({
      model,
      sensitive: model.sensitive.map((name) => table.columns.findIndex((column) => column.name === name)),
      holds,
    }),
  };
  return model;
}

const anonymity = (k: number) => modelOf({ monotone: true, absorbs: true }, ({ size }) => size >= k);
const diversity = (l: number) =>
  modelOf({ monotone: true, absorbs: true, sensitive: ['s'] }, ({ counts }) => distinct(counts[0]!) >= l);
/** No value has more than half of a class: joining may spoil a class that held. */
const half = modelOf({ monotone: true, sensitive: ['s'] }, ({ counts, size }) => Math.max(...counts[0]!) <= size / 2);
/** Holds of classes of even size alone: not monotone at all. */
const even = modelOf({ monotone: false }, ({ size }) => size % 2 === 0);

function distinct(counts: Int32Array): number {
  return counts.filter((count) => count > 0).length;
}

function search(request: Partial<SearchRequest> & Pick<SearchRequest, 'table' | 'hierarchies'>): Promise<SearchResult> {
  return searchLattice({ models: [anonymity(2)], suppression: 0, metric: 'loss', ...request });
}

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
    expect(second).toEqual(first);
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

/** By the definitions, over all nodes, with rows as texts. */
interface Naive {
  readonly best: number;
  readonly valid: number;
}

const METRIC_OF: Record<
  MetricId,
  (
    kept: string[][],
    suppressed: string[],
    table: EncodedTable,
    levels: number[],
    hierarchies: readonly Hierarchy[],
  ) => number
> = {
  loss: (_, suppressed, table, levels, hierarchies) => {
    const shares = meanByColumn(table, (c, row) => {
      if (suppressed.includes(String(row))) return 1;
      const { leaves, levels: all } = hierarchies[c]!;
      const { groupOf, leavesUnder } = all[levels[c]!]!;
      const under = leavesUnder[groupOf[quasi(table)[c]!.codes[row]!]!]!;
      return leaves < 2 ? 0 : Math.max(0, under - 1) / (leaves - 1);
    });
    return shares.reduce((product, share) => product * (1 + share), 1) ** (1 / shares.length) - 1;
  },
  precision: (_, suppressed, table, levels, hierarchies) => {
    const shares = meanByColumn(table, (c, row) =>
      suppressed.includes(String(row)) ? 1 : levels[c]! / Math.max(1, hierarchies[c]!.levels.length - 1),
    );
    return shares.reduce((a, b) => a + b, 0) / shares.length;
  },
  entropy: (_, suppressed, table, levels, hierarchies) => {
    let [lost, all] = [0, 0];
    for (const [c, { codes }] of quasi(table).entries()) {
      const { groupOf } = hierarchies[c]!.levels[levels[c]!]!;
      for (const [row, code] of codes.entries()) {
        const own = codes.filter((other) => other === code).length;
        const group = codes.filter((other) => groupOf[other] === groupOf[code]).length;
        all += Math.log2(table.rows / own);
        lost += Math.log2((suppressed.includes(String(row)) ? table.rows : group) / own);
      }
    }
    return all === 0 ? 0 : lost / all;
  },
  discernibility: (kept, suppressed, table) =>
    kept.reduce((sum, members) => sum + members.length ** 2, table.rows * suppressed.length),
  'average-class-size': (kept, suppressed, table) =>
    kept.length === 0 ? table.rows : (table.rows - suppressed.length) / kept.length,
};

function quasi(table: EncodedTable): readonly EncodedColumn[] {
  return table.columns.filter(({ role }) => role === 'quasi-identifier');
}

function meanByColumn(table: EncodedTable, cost: (column: number, row: number) => number): number[] {
  return quasi(table).map(({ codes }, c) => [...codes].reduce((sum, _, row) => sum + cost(c, row), 0) / table.rows);
}

function classesOf(table: EncodedTable, levels: readonly number[], hierarchies: readonly Hierarchy[]): string[][] {
  const classes = new Map<string, string[]>();
  for (let row = 0; row < table.rows; row++) {
    const labels = quasi(table).map(({ codes }, c) => {
      const { groupOf, labels: texts } = hierarchies[c]!.levels[levels[c]!]!;
      return texts[groupOf[codes[row]!]!];
    });
    const key = JSON.stringify(labels);
    classes.set(key, [...(classes.get(key) ?? []), String(row)]);
  }
  return [...classes.values()];
}

function meets(members: readonly string[], table: EncodedTable, models: readonly BoundModel[]): boolean {
  const sensitive = table.columns.find(({ name }) => name === 's')!;
  const counts = new Int32Array(sensitive.dictionary.length);
  for (const row of members) counts[sensitive.codes[Number(row)]!] = (counts[sensitive.codes[Number(row)]!] ?? 0) + 1;
  return models.every((model) => model.holds({ size: members.length, population: 0, counts: [counts] }));
}

function naive(request: SearchRequest): Naive {
  const { table, hierarchies, suppression, metric } = request;
  const models = request.models.map((model) => model.bind(table));
  let nodes: number[][] = [[]];
  for (const { levels } of hierarchies) nodes = nodes.flatMap((node) => levels.map((_, level) => [...node, level]));
  let [best, valid] = [Infinity, 0];
  for (const levels of nodes) {
    const classes = classesOf(table, levels, hierarchies);
    const kept = classes.filter((members) => meets(members, table, models));
    const suppressed = classes.filter((members) => !meets(members, table, models)).flat();
    if (suppressed.length / table.rows > suppression) continue;
    valid += 1;
    best = Math.min(best, METRIC_OF[metric](kept, suppressed, table, levels, hierarchies));
  }
  return { best, valid };
}

function smallestClass({ release }: SearchResult): number {
  const sizes = new Map<number, number>();
  for (const index of release!.classOf) if (index >= 0) sizes.set(index, (sizes.get(index) ?? 0) + 1);
  return Math.min(...sizes.values());
}

const randomColumn = fc.record({
  values: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 24, maxLength: 24 }),
  /** Where value, and group of level 1, go at the level above. */
  parents: fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }), { maxLength: 2 }),
});

const randomRequest = fc
  .record({
    rows: fc.integer({ min: 1, max: 24 }),
    columns: fc.array(randomColumn, { minLength: 1, maxLength: 3 }),
    sensitive: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 24, maxLength: 24 }),
    models: fc.subarray([anonymity(2), anonymity(4), diversity(2), half, even], { minLength: 1 }),
    suppression: fc.constantFrom(0, 0.04, 0.1, 0.25, 0.5, 1),
    metric: fc.constantFrom(...METRICS),
  })
  .map(({ rows, columns, sensitive, ...rest }): SearchRequest => {
    const own = columns.map(({ values }, c) =>
      columnOf(
        `q${c}`,
        values.slice(0, rows).map((value) => (value === 0 ? null : String(value))),
      ),
    );
    const hierarchies = columns.map(({ parents }, c) => {
      let group = (value: number) => value;
      const levels = parents.map((parent) => {
        const below = group;
        group = (value) => parent[below(value)]!;
        const above = group;
        return Object.fromEntries([1, 2, 3, 4, 5].map((value) => [String(value), `g${above(value)}`]));
      });
      return hierarchyOf(own[c]!, ...levels);
    });
    const s = columnOf('s', sensitive.slice(0, rows).map(String), 'sensitive');
    return { table: { rows, columns: [...own, s] }, hierarchies, ...rest };
  });

describe('against the definitions over all nodes', () => {
  test('nothing is better, the models hold and the limit is met, on 600 random tables', async () => {
    let [pruned, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(randomRequest, async (request) => {
        const { table, hierarchies, suppression, metric } = request;
        const expected = naive(request);
        const result = await searchLattice(request);
        if (result.release === null) {
          refused += 1;
          expect(expected.valid).toBe(0);
          return;
        }
        const nodes = hierarchies.reduce((product, { levels }) => product * levels.length, 1);
        pruned += Number(result.frontier.count < nodes);
        // Entropy is counted in steps of 2^-20 bits a cell.
        expect(result.value).toBeCloseTo(expected.best, metric === 'entropy' ? 5 : 10);
        const models = request.models.map((model) => model.bind(table));
        const { classOf, suppressed, method } = result.release;
        expect(method.optimal).toBe(true);
        const gone = [...suppressed].filter((flag) => flag === 1).length;
        expect(gone / table.rows).toBeLessThanOrEqual(suppression);
        const kept = classesOf(table, result.levels, hierarchies).filter((members) => meets(members, table, models));
        expect(kept.flat().length).toBe(table.rows - gone);
        for (const members of kept) expect(new Set(members.map((row) => classOf[Number(row)])).size).toBe(1);
        expect(result.release.classes).toBe(kept.length);
        for (const [c, { codes, labels }] of result.release.columns.entries()) {
          const level = hierarchies[c]!.levels[result.levels[c]!]!;
          expect(labels).toBe(level.labels);
          expect(codes).toEqual(table.columns[c]!.codes.map((code) => level.groupOf[code]!));
        }
      }),
      { numRuns: 600, seed: 11 },
    );
    // The test would prove little if nothing were ever left out, or found.
    expect(pruned).toBeGreaterThan(120);
    expect(refused).toBeGreaterThan(10);
  });
});
