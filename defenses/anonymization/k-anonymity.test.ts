import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { storeTable } from '#data/load-table';
import { heldSource, tableSourceOf, wholeTable } from '#data/stored-table';
import type { ColumnRole, RowTable } from '#data/table';
import type { JudgePolicy, RunContext } from '#plugin/plugin';
import { randomStreams, rng } from '#stats/random';
import { noSamples } from '#target/sample-source';
import { anonymization } from './index.js';
import { takeCensus, type KAnonymityEvidence } from './k-anonymity-census.js';
import { kAnonymity, type KAnonymityOptions } from './k-anonymity.js';
import type { KAnonymityPolicy } from './k-anonymity-judge.js';
import { countMatches, type MissingConvention } from './match-counts.js';

type Row = readonly (string | null)[];

const CONVENTIONS: readonly MissingConvention[] = ['own-value', 'matches-everything'];

/** A table of quasi-identifiers a, b, c, ... from its rows. */
function tableOf(rows: readonly Row[], roles: readonly ColumnRole[] = []): RowTable {
  const width = rows[0]?.length ?? 1;
  return {
    name: 'people.csv',
    rows: rows.length,
    columns: Array.from({ length: width }, (_, i) => ({
      name: String.fromCharCode(97 + i),
      role: roles[i] ?? 'quasi-identifier',
      type: 'text' as const,
      values: rows.map((row) => row[i] ?? null),
    })),
  };
}

const census = (rows: readonly Row[], options: Partial<KAnonymityOptions> = {}, examples = 10) =>
  takeCensus(heldSource(tableOf(rows)), { k: 5, missing: 'own-value', ...options }, examples);

const policy = (atMost = 0): JudgePolicy<KAnonymityPolicy> => ({
  thresholds: { recordsAtRisk: { atMost } },
  setBy: 'policy file',
  minimumSamples: 100,
});
const judge = (data: KAnonymityEvidence, atMost?: number) => kAnonymity.plugin.judge(data, policy(atMost));

const repeat = (row: Row, times: number): Row[] => Array.from({ length: times }, () => row);

/** Classes of 5, 3, 1 and 1 records. */
const TEN: readonly Row[] = [...repeat(['30s', 'F'], 5), ...repeat(['30s', 'M'], 3), ['40s', 'F'], ['40s', 'M']];

/** The definition, record by record and pair by pair; null for records that are suppressed. */
function matchesByDefinition(rows: readonly Row[], missing: MissingConvention): (number | null)[] {
  const kept = rows.filter((row) => row.some((value) => value !== null));
  const agree = (a: string | null, b: string | null) =>
    a === b || (missing === 'matches-everything' && (a === null || b === null));
  return rows.map((row) =>
    kept.includes(row) ? kept.filter((other) => other.every((value, i) => agree(value, row[i] ?? null))).length : null,
  );
}

function randomRows(seed: number): Row[] {
  const source = rng(`table ${seed}`);
  const width = 1 + source.integer(5);
  const values = 1 + source.integer(4);
  const missing = source.integer(3) * 0.25;
  return Array.from({ length: source.integer(40) }, () =>
    Array.from({ length: width }, () => (source.uniform() < missing ? null : String(source.integer(values)))),
  );
}

describe('the census', () => {
  test('in closed form', async () => {
    expect(await census(TEN)).toEqual({
      k: 5,
      missing: 'own-value',
      quasiIdentifiers: ['a', 'b'],
      identifiers: [],
      records: 10,
      suppressed: 0,
      combinations: 4,
      smallestClass: 1,
      recordsBelowK: 5,
      sampleUniques: 2,
      // (5/5 + 3/3 + 1 + 1) / 10
      risk: { highest: 1, average: 0.4, marketer: 0.4 },
      sizes: [
        { from: 1, to: 2, combinations: 2, records: 2 },
        { from: 2, to: 4, combinations: 1, records: 3 },
        { from: 4, to: 5, combinations: 0, records: 0 },
        { from: 5, to: 10, combinations: 1, records: 5 },
      ],
      smallest: [
        { record: 9, values: ['40s', 'F'], size: 1 },
        { record: 10, values: ['40s', 'M'], size: 1 },
        { record: 6, values: ['30s', 'M'], size: 3 },
        { record: 1, values: ['30s', 'F'], size: 5 },
      ],
    });
  });

  test('of one missing value under both conventions', async () => {
    const rows: Row[] = [
      ['30s', 'F'],
      ['30s', null],
      ['30s', 'M'],
    ];
    // The second agrees with all three; the first and the third with themselves and the second.
    expect(await census(rows, { missing: 'own-value' })).toMatchObject({ sampleUniques: 3, smallestClass: 1 });
    expect(await census(rows, { missing: 'matches-everything' })).toMatchObject({
      sampleUniques: 0,
      smallestClass: 2,
      risk: { highest: 1 / 2, average: (1 / 2 + 1 / 3 + 1 / 2) / 3, marketer: null },
    });
  });

  test.each(CONVENTIONS)('counts suppressed records in no class and lets them protect nobody (%s)', async (missing) => {
    const kept: Row[] = [...repeat(['30s', 'F'], 5), ...repeat(['40s', 'M'], 2)];
    const data = await census([...kept, ...repeat([null, null], 3)], { missing });
    expect(data).toMatchObject({ records: 10, suppressed: 3, combinations: 2, recordsBelowK: 2, smallestClass: 2 });
    expect(data.risk.highest).toBe(1 / 2);
  });

  test('keeps values that only look alike apart', async () => {
    const rows: Row[] = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['', '1'],
      [' ', '1'],
      ['null', '1'],
      [null, '1'],
      ['__proto__', '1'],
    ];
    expect((await census(rows)).combinations).toBe(7);
  });

  test('has many columns, whose combinations no integer could number', async () => {
    const columns = 60;
    const row = (value: (column: number) => string) => Array.from({ length: columns }, (_, i) => value(i));
    const rows = [
      ...Array.from({ length: 100 }, (_, i) => row((column) => String((i * 31 + column * 17) % 97))),
      ...Array.from({ length: 100 }, (_, i) => row((column) => String((i * 31 + column * 17) % 97))),
    ];
    // i and i + 97 give equal rows: three values of i occur twice.
    expect(await census(rows, { k: 2 })).toMatchObject({ combinations: 97, smallestClass: 2, recordsBelowK: 0 });
  });

  test('looks at quasi-identifiers only', async () => {
    const rows: Row[] = [
      ['Ada', '30s', 'x', '1'],
      ['Bob', '30s', 'y', '2'],
    ];
    const table = tableOf(rows, ['identifier', 'quasi-identifier', 'sensitive', 'insensitive']);
    expect(await takeCensus(heldSource(table), { k: 2, missing: 'own-value' }, 10)).toMatchObject({
      quasiIdentifiers: ['b'],
      identifiers: ['a'],
      smallestClass: 2,
    });
  });

  test('keeps no more classes than asked', async () => {
    expect((await census(TEN, {}, 1)).smallest).toHaveLength(1);
    expect((await census(TEN, {}, 0)).smallest).toEqual([]);
  });

  test.each([2, 3, 5, 8, 100])('bins every record once, with an edge at k = %p', async (k) => {
    const rows = randomRows(3).concat(TEN.map(([a]) => [a ?? null]));
    const { sizes, recordsBelowK, records, suppressed } = await census(rows, { k });
    expect(sizes.reduce((sum, bin) => sum + bin.records, 0)).toBe(records - suppressed);
    expect(sizes.filter(({ to }) => to <= k).reduce((sum, bin) => sum + bin.records, 0)).toBe(recordsBelowK);
    expect(sizes.some(({ from, to }) => from === k || to === k)).toBe(true);
    for (const [i, { from }] of sizes.entries()) expect(from).toBe(i === 0 ? 1 : sizes[i - 1]?.to);
  });
});

describe.each(CONVENTIONS)('against the definition by pairs, on 500 random tables (%s)', (missing) => {
  test('every number agrees', async () => {
    let withMissing = 0;
    for (let seed = 0; seed < 500; seed++) {
      const rows = randomRows(seed);
      const expected = matchesByDefinition(rows, missing);
      const sizes = expected.filter((size) => size !== null);
      const data = await census(rows, { k: 3, missing });
      withMissing += Number(rows.flat().includes(null));

      expect(data.suppressed).toBe(rows.length - sizes.length);
      expect(data.smallestClass).toBe(sizes.length === 0 ? 0 : Math.min(...sizes));
      expect(data.recordsBelowK).toBe(sizes.filter((size) => size < 3).length);
      expect(data.sampleUniques).toBe(sizes.filter((size) => size === 1).length);
      const risks = sizes.map((size) => 1 / size);
      expect(data.risk.highest).toBe(Math.max(0, ...risks));
      // Sums of at most 40 terms below 1, in another order.
      expect(data.risk.average).toBeCloseTo(risks.reduce((a, b) => a + b, 0) / Math.max(1, risks.length), 14);
      // In a table that is its own population, marketer and average prosecutor risk are one number.
      if (missing === 'own-value') expect(data.risk.marketer).toBeCloseTo(data.risk.average, 14);
      for (const { record, values, size } of data.smallest) {
        expect(size).toBe(expected[record - 1]);
        expect(values).toEqual(rows[record - 1]);
      }
    }
    expect(withMissing).toBeGreaterThan(250);
  });

  test('neither the order of rows nor of columns matters', async () => {
    for (let seed = 0; seed < 50; seed++) {
      const rows = randomRows(seed);
      const { smallest: _, ...numbers } = await census(rows, { missing });
      const {
        smallest: __,
        quasiIdentifiers: ___,
        ...turned
      } = await census(rows.map((row) => [...row].reverse()).reverse(), {
        missing,
      });
      expect(numbers).toMatchObject(turned);
    }
  });
});

test('a class is never larger when missing is a value of its own', async () => {
  for (let seed = 0; seed < 200; seed++) {
    const rows = randomRows(seed);
    const [own, any] = await Promise.all(CONVENTIONS.map((missing) => census(rows, { missing })));
    expect(own?.smallestClass).toBeLessThanOrEqual(any?.smallestClass ?? 0);
    expect(own?.recordsBelowK).toBeGreaterThanOrEqual(any?.recordsBelowK ?? 0);
  }
});

test('hostile patterns of missing values are refused instead of compared for hours', () => {
  const source = rng('patterns');
  const columns = Array.from({ length: 24 }, () =>
    Array.from({ length: 12_000 }, () => (source.uniform() < 0.5 ? null : 'x')),
  );
  const coded = columns.map((values) => ({
    codes: Int32Array.from(values, (value) => (value === null ? 0 : 1)),
    size: 2,
  }));
  expect(() => countMatches(coded, 12_000, 'matches-everything')).toThrow(
    /different patterns over .* too many to compare each with each\. Use `missing: own-value`/,
  );
  expect(countMatches(coded, 12_000, 'own-value').combinations.length).toBeGreaterThan(11_000);
});

describe('the verdict', () => {
  test('fails where more records are at risk than the policy allows', async () => {
    const verdict = judge(await census(TEN));
    expect(verdict.status).toBe('fail');
    expect(verdict.claim).toBe(
      '5 of 10 records (50.0 %) share their 2 quasi-identifiers with fewer than 4 others ' +
        '(k = 5; a missing value is a value of its own); the policy allows none.',
    );
    expect(verdict.reasons).toEqual([
      'Every record of the table was counted, so the numbers have no sampling error and no interval.',
      '2 records agree with no other.',
    ]);
    expect(verdict.measures[0]).toEqual({
      id: 'records-at-risk',
      label: 'Records in classes of fewer than 5',
      value: 0.5,
      format: 'rate',
      n: 10,
      interval: null,
      threshold: { comparison: 'at-most', value: 0, compared: 0.5, holds: false, setBy: 'policy file' },
    });
    expect(Object.fromEntries(verdict.measures.map(({ id, value }) => [id, value]))).toEqual({
      'records-at-risk': 0.5,
      'smallest-class': 1,
      'sample-uniques': 0.2,
      'highest-risk': 1,
      'average-risk': 0.4,
      'marketer-risk': 0.4,
    });
    expect(verdict.measures.every(({ n, interval }) => n === 10 && interval === null)).toBe(true);
  });

  test('passes at the share that the policy allows, and not below it', async () => {
    expect(judge(await census(TEN), 0.5)).toMatchObject({ status: 'pass' });
    expect(judge(await census(TEN), 0.5).claim).toMatch('the policy allows at most 50.0 %.');
    expect(judge(await census(TEN), 0.49).status).toBe('fail');
  });

  test('passes where every class has k records, also below the number of samples that rates need', async () => {
    const verdict = judge(
      await census([...repeat(['30s'], 5), ...repeat(['40s'], 7)], { missing: 'matches-everything' }),
    );
    expect(verdict.status).toBe('pass');
    expect(verdict.claim).toBe(
      'Each of 12 records shares its 1 quasi-identifier with at least 4 others ' +
        '(k = 5; a missing value agrees with every value).',
    );
    expect(verdict.measures.map(({ id }) => id)).not.toContain('marketer-risk');
  });

  test('changes at exactly k', async () => {
    expect(judge(await census([...repeat(['x'], 5), ...repeat(['y'], 5)])).status).toBe('pass');
    expect(judge(await census([...repeat(['x'], 5), ...repeat(['y'], 4)])).status).toBe('fail');
  });

  test('names what is suppressed and what is taken to be removed', async () => {
    const table = tableOf([...repeat(['Ada', '30s'], 5), ['Bob', null]], ['identifier', 'quasi-identifier']);
    const { status, reasons } = judge(await takeCensus(heldSource(table), { k: 5, missing: 'own-value' }, 10));
    expect(status).toBe('pass');
    expect(reasons.slice(1)).toEqual([
      '1 record has no quasi-identifier left: it is suppressed and counted in no class.',
      'The identifiers a are taken to be removed before the table is released.',
    ]);
  });

  test.each([
    [
      'no quasi-identifier',
      takeCensus(heldSource(tableOf(TEN, ['sensitive', 'insensitive'])), { k: 5, missing: 'own-value' }, 10),
      'No column is declared a quasi-identifier',
      'as in `data.table.roles: { "age": "quasi-identifier" }`.',
    ],
    ['no records', census([]), 'The table has no records.', '`data.table.file`'],
    [
      'fewer records than k',
      census(repeat(['x'], 4)),
      'The table has 4 records with a quasi-identifier',
      'for a smaller `k`',
    ],
    [
      'only suppressed records',
      census(repeat([null], 20)),
      'The table has 0 records with a quasi-identifier, and a class of k = 5 needs 5.',
      '20 records have no quasi-identifier left',
    ],
  ])('is inconclusive with %s, whatever the policy allows', async (_, data, claim, mend) => {
    for (const atMost of [0, 1]) {
      const verdict = judge(await data, atMost);
      expect(verdict.status).toBe('inconclusive');
      expect(verdict.claim).toMatch(claim);
      expect(verdict.reasons.join(' ')).toContain(mend);
    }
  });

  test('is the same for evidence that was written and read again', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const data = await census(randomRows(seed), { missing: 'matches-everything' });
      expect(judge(JSON.parse(JSON.stringify(data)) as KAnonymityEvidence)).toEqual(judge(data));
    }
  });
});

describe('the details', () => {
  const details = (data: KAnonymityEvidence) =>
    kAnonymity.plugin.details(data, judge(data), { examples: [], maps: [], mapScale: 0 });

  test('show a histogram and the smallest classes', async () => {
    const [histogram, table, ...rest] = details(await census(TEN));
    expect(histogram).toMatchObject({
      kind: 'histogram',
      bins: [
        { from: 1, to: 2, count: 2 },
        { from: 2, to: 4, count: 3 },
        { from: 4, to: 5, count: 0 },
        { from: 5, to: 10, count: 5 },
      ],
      threshold: { x: 5, label: 'k = 5' },
    });
    expect(table).toMatchObject({
      kind: 'table',
      columns: [{ label: 'a' }, { label: 'b' }, { label: 'Records in the class' }, { label: 'First record' }],
      rows: [
        ['40s', 'F', 1, 9],
        ['40s', 'M', 1, 10],
        ['30s', 'M', 3, 6],
        ['30s', 'F', 5, 1],
      ],
    });
    expect(rest).toEqual([]);
  });

  test('cut long values, at whole characters', async () => {
    const [, table] = details(await census(repeat(['\u{1F511}'.repeat(100_000)], 6)));
    expect(table).toMatchObject({ rows: [[`${'\u{1F511}'.repeat(59)}…`, 6, 1]] });
  });

  test('show no values where no inputs are kept, and nothing where there is nothing', async () => {
    expect(details(await census(TEN, {}, 0)).map(({ kind }) => kind)).toEqual(['histogram']);
    expect(details(await census([]))).toEqual([]);
  });
});

describe('the plugin', () => {
  const context = (table: RowTable | null, keep: number): RunContext<KAnonymityOptions> => ({
    options: { k: 5, missing: 'own-value' },
    target: null,
    test: noSamples([]),
    train: null,
    table: table && heldSource(table),
    population: null,
    readFile: () => Promise.reject(new Error('no file is named')),
    random: randomStreams(0),
    keep,
    step: (_, compute) => compute(),
    bookmark: () => ({ recall: () => Promise.resolve(null), keep: () => Promise.resolve() }),
    progress: () => undefined,
  });
  const many = tableOf(Array.from({ length: 30 }, (_, i) => [String(i)]));

  test('is in its family, needs no target and reads a table', () => {
    expect(anonymization).toContain(kAnonymity);
    expect(kAnonymity.plugin).toMatchObject({ kind: 'defense', area: 'data', needs: [], data: ['table'] });
    expect(kAnonymity.plugin.cost(1000, { k: 5, missing: 'own-value' })).toEqual({ predictions: 0, gradients: 0 });
  });

  test('keeps at most ten classes, and none where no inputs are to be kept', async () => {
    expect((await kAnonymity.plugin.run(context(many, 64))).data.smallest).toHaveLength(10);
    expect((await kAnonymity.plugin.run(context(many, 0))).data.smallest).toEqual([]);
  });

  test('refuses to run without a table', async () => {
    await expect(kAnonymity.plugin.run(context(null, 64))).rejects.toThrow('needs a table. Set `data.table`.');
  });
});

describe('the Adult table', () => {
  const ADULT = join(process.cwd(), '../shared/data/adult/adult.csv');
  const isThere = existsSync(ADULT);
  if (!isThere) console.warn(`skipped: ${ADULT} is missing`);

  (isThere ? test : test.skip)('has the classes that a plain count by joined values finds', async () => {
    const names = ['sex', 'age', 'race', 'marital-status', 'education', 'native-country', 'workclass', 'occupation'];
    const roles = Object.fromEntries(names.map((name) => [name, 'quasi-identifier' as const]));
    const { stored } = await storeTable({ file: ADULT, delimiter: ';', roles });
    const table = await wholeTable(tableSourceOf(stored));
    const data = await takeCensus(heldSource(table), { k: 5, missing: 'own-value' }, 10);

    const classes = new Map<string, number>();
    for (let row = 0; row < table.rows; row++) {
      const key = names.map((name) => table.columns.find((column) => column.name === name)?.values[row]).join('|');
      classes.set(key, (classes.get(key) ?? 0) + 1);
    }
    const sizes = [...classes.values()];
    expect(data.records).toBe(30_162);
    expect(data.combinations).toBe(classes.size);
    expect(data.sampleUniques).toBe(sizes.filter((size) => size === 1).length);
    expect(data.recordsBelowK).toBe(sizes.filter((size) => size < 5).reduce((a, b) => a + b, 0));
    expect(data.smallestClass).toBe(1);
    // No value is missing in this copy, so the conventions agree.
    expect((await takeCensus(heldSource(table), { k: 5, missing: 'matches-everything' }, 10)).recordsBelowK).toBe(
      data.recordsBelowK,
    );
  });
});
