import { digestOfBytes } from '#base/digest';
import type { JsonObject } from '#base/json';
import type { ColumnRole, Table } from '#data/table';
import { completeOptions } from '#plugin/options';
import type { Plugin, RunContext, Verdict } from '#plugin/plugin';
import { pluginPage } from '#plugin/page';
import { check } from '#config/validate';
import { randomStreams, rng } from '#stats/random';
import { noSamples } from '#target/sample-source';
import { translationFaults } from '#testing/translations';
import type { ClassAuditEvidence } from './class-audit.js';
import { anonymization } from './index.js';

type Row = readonly (string | null)[];

const ROLES: readonly ColumnRole[] = ['quasi-identifier', 'quasi-identifier', 'sensitive'];
const audits = anonymization
  .map(({ plugin }): Plugin => plugin as unknown as Plugin)
  .filter(({ id }) => id !== 'anonymization/k-anonymity');

function tableOf(rows: readonly Row[], roles = ROLES, names: readonly string[] = ['age', 'sex', 'diagnosis']): Table {
  return {
    name: 'people.csv',
    digest: digestOfBytes(''),
    rows: rows.length,
    columns: roles.map((role, i) => ({
      name: names[i] ?? String(i),
      role,
      type: 'text' as const,
      values: rows.map((row) => row[i] ?? null),
    })),
  };
}

function pluginOf(name: string): Plugin {
  const plugin = audits.find(({ id }) => id === `anonymization/${name}`);
  if (plugin === undefined) throw new Error(name);
  return plugin;
}

function context(
  plugin: Plugin,
  options: JsonObject,
  table: Table | null,
  population: Table | null,
): RunContext<JsonObject> {
  return {
    options: completeOptions(plugin, options) as JsonObject,
    target: null,
    test: noSamples([]),
    train: null,
    ...{ table, population },
    random: randomStreams(0),
    keep: 64,
    step: (_, compute) => compute(),
    bookmark: () => ({ recall: () => Promise.resolve(null), keep: () => Promise.resolve() }),
    progress: () => undefined,
  };
}

/** Evidence as it is read again, and what is made of it. */
async function audited(
  name: string,
  options: JsonObject,
  rows: readonly Row[] | Table,
  people: readonly Row[] | null = null,
  atMost = 0,
): Promise<{ data: ClassAuditEvidence; verdict: Verdict }> {
  const plugin = pluginOf(name);
  const table = 'digest' in rows ? rows : tableOf(rows);
  const population = people === null ? null : tableOf(people, ['insensitive', 'insensitive']);
  const evidence = await plugin.run(context(plugin, options, table, population));
  const data = JSON.parse(JSON.stringify(evidence.data)) as ClassAuditEvidence;
  const policy = { thresholds: { recordsAtRisk: { atMost } }, setBy: 'policy file', minimumSamples: 100 };
  const verdict = plugin.judge(data, policy);
  expect(plugin.details(data, verdict, { examples: [], maps: [], mapScale: 0 })).toBeDefined();
  return { data, verdict };
}

const valueOf = ({ measures }: Verdict, id: string) => measures.find((measure) => measure.id === id)?.value;
const repeat = (row: Row, times: number): Row[] => Array.from({ length: times }, () => row);

/** Classes of 4 (flu 2, cold 1, ulcer 1), 3 (flu 3) and 2 (cold, missing). */
const NINE: readonly Row[] = [
  ...repeat(['30s', 'F', 'flu'], 2),
  ['30s', 'F', 'cold'],
  ['30s', 'F', 'ulcer'],
  ...repeat(['30s', 'M', 'flu'], 3),
  ['40s', 'F', 'cold'],
  ['40s', 'F', null],
];

describe.each(audits.map((plugin) => [plugin.id, plugin] as const))('%s', (_, plugin) => {
  test('says what it is, completely and in every language', () => {
    expect(translationFaults(plugin)).toEqual([]);
    expect(Object.keys(plugin.texts ?? {}).sort()).toEqual(['de', 'zh-CN']);
    expect(plugin).toMatchObject({ kind: 'defense', area: 'data', needs: [], threat: null });
    expect(plugin.title).not.toBe(plugin.failureTitle);
    expect(pluginPage(plugin)).toContain(plugin.id);
    expect(Object.values(plugin.frameworks).flat().length).toBeGreaterThan(0);
    for (const preset of Object.values(plugin.presets)) {
      check(plugin.policy, preset, { code: 'policy', file: plugin.id, path: [] });
    }
    expect(() => completeOptions(plugin, { 'not an option': 1 })).toThrow('not an option');
  });

  test('refuses to run without a table, or without the population that it reads', async () => {
    await expect(async () => plugin.run(context(plugin, {}, null, null))).rejects.toThrow('needs a table');
    if (!plugin.data.includes('population')) return;
    await expect(async () => plugin.run(context(plugin, {}, tableOf(NINE), null))).rejects.toThrow(
      'needs a population. Set `data.population`.',
    );
  });

  test.each([
    ['no quasi-identifier', tableOf(NINE, ['insensitive', 'insensitive', 'sensitive']), 'declared a quasi-identifier'],
    ['no records', tableOf([]), 'has no records'],
    ['only suppressed records', tableOf(repeat([null, null, 'flu'], 9)), 'no class to look at'],
  ])('is inconclusive with %s, whatever the policy allows', async (__, table, claim) => {
    const { verdict } = await audited(plugin.id.replace(/.*\//, ''), {}, table, [['30s', 'F']], 1);
    expect(verdict).toMatchObject({ status: 'inconclusive', measures: [] });
    expect(verdict.claim).toMatch(claim);
  });
});

describe.each(['l-diversity', 't-closeness', 'alpha-k', 'beta-likeness', 'delta-disclosure'])('%s', (name) => {
  test('is inconclusive without a sensitive column, and says what to declare', async () => {
    const table = tableOf(NINE, ['quasi-identifier', 'quasi-identifier', 'insensitive']);
    const { verdict } = await audited(name, {}, table, null, 1);
    expect(verdict.status).toBe('inconclusive');
    expect(verdict.reasons.join(' ')).toContain('`data.table.roles: { "diagnosis": "sensitive" }`');
    expect((await audited(name, { columns: ['diagnosis'] }, table, null, 1)).verdict.status).toBe('pass');
  });

  test('is inconclusive where the sensitive column is empty', async () => {
    const { verdict } = await audited(name, {}, repeat(['30s', 'F', null], 9), null, 1);
    expect(verdict.status).toBe('inconclusive');
    expect(verdict.claim).toMatch('diagnosis has no value at all');
  });

  test('refuses a column that the table lacks', async () => {
    await expect(audited(name, { columns: ['salary'] }, NINE)).rejects.toThrow('`columns` names `salary`');
  });
});

describe('l-diversity', () => {
  test('fails where classes have fewer values than l', async () => {
    const { data, verdict } = await audited('l-diversity', { l: 2 }, NINE);
    expect(verdict.status).toBe('fail');
    expect(verdict.claim).toBe(
      '5 of 9 records (55.6 %) are in classes without distinct 2-diversity of diagnosis ' +
        '(a missing value is a value of its own); the policy allows none.',
    );
    expect(verdict.measures[0]).toMatchObject({
      ...{ id: 'records-at-risk', value: 5 / 9, n: 9 },
      threshold: { comparison: 'at-most', value: 0, holds: false, setBy: 'policy file' },
    });
    expect(valueOf(verdict, 'worst-class:diagnosis')).toBe(1);
    // (4 * 3 + 3 * 1 + 2 * 1) / 9
    expect(valueOf(verdict, 'average:diagnosis')).toBeCloseTo(17 / 9, 14);
    expect(data.models[0]).toMatchObject({
      ...{ known: 8, recordsAtRisk: 5, classesAtRisk: 2, reachable: true },
      bins: [
        { from: 1, to: 2, records: 5 },
        { from: 2, to: 3, records: 0 },
        { from: 3, to: 4, records: 4 },
      ],
      examples: [
        { record: 5, values: ['30s', 'M'], size: 3, measure: 1 },
        { record: 8, values: ['40s', 'F'], size: 2, measure: 1 },
        { record: 1, values: ['30s', 'F'], size: 4, measure: 3 },
      ],
    });
  });

  test('passes at the share that the policy allows, and where every class is diverse', async () => {
    expect((await audited('l-diversity', { l: 2 }, NINE, null, 5 / 9)).verdict.status).toBe('pass');
    const { verdict } = await audited('l-diversity', { l: 3 }, NINE.slice(0, 4));
    expect(verdict.claim).toBe(
      'Each of 4 records is in a class with distinct 3-diversity of diagnosis (a missing value is a value of its own).',
    );
  });

  test('says when no generalization can reach it', async () => {
    const { verdict } = await audited('l-diversity', { l: 4 }, NINE);
    expect(verdict.reasons[1]).toBe(
      'Even all records as one class would not have distinct 4-diversity of diagnosis: no generalization of the quasi-identifiers can reach it.',
    );
  });

  test('takes the members of every matching class where missing matches everything', async () => {
    const rows: Row[] = [
      ['30s', 'F', 'flu'],
      ['30s', null, 'cold'],
      ['30s', 'M', 'flu'],
      ['40s', 'M', 'flu'],
    ];
    expect((await audited('l-diversity', { missing: 'own-value' }, rows)).data.recordsAtRisk).toBe(4);
    // Each of the 30s agrees with the second; the last with itself alone.
    const { data } = await audited('l-diversity', { missing: 'matches-everything' }, rows);
    expect(data).toMatchObject({ recordsAtRisk: 1, combinations: 4 });
    expect(data.models[0]?.examples[0]).toMatchObject({ record: 4, size: 1, measure: 1 });
  });

  test('looks at each sensitive column, and says that it does so one by one', async () => {
    const rows = NINE.map((row, i): Row => [...row, i % 2 === 0 ? 'high' : 'low']);
    const table = tableOf(rows, [...ROLES, 'sensitive'], ['age', 'sex', 'diagnosis', 'salary']);
    const { verdict, data } = await audited('l-diversity', { l: 2 }, table);
    expect(data.models.map(({ column, recordsAtRisk }) => [column, recordsAtRisk])).toEqual([
      ['diagnosis', 5],
      ['salary', 0],
    ]);
    expect(data.recordsAtRisk).toBe(5);
    expect(verdict.reasons.join(' ')).toContain('Each sensitive column was looked at alone');
  });

  test('shows no bound as no number', async () => {
    const { data, verdict } = await audited('l-diversity', { kind: 'recursive', l: 2, c: 3 }, NINE);
    expect(data.models[0]).toMatchObject({ worst: null, unbounded: 5 });
    expect(verdict.status).toBe('fail');
    expect(valueOf(verdict, 'worst-class:diagnosis')).toBeNull();
  });
});

describe('with a population', () => {
  const people: Row[] = [...repeat(['30s', 'F'], 8), ...repeat(['30s', 'M'], 3), ...repeat(['50s', 'M'], 5)];

  test('k-map counts people, and nobody who agrees is nobody', async () => {
    const { data, verdict } = await audited('k-map', { k: 3 }, NINE, people);
    expect(data.population).toEqual({ lacking: [], people: 16, absent: 5, strangers: 2, absentCount: false });
    expect(data.recordsAtRisk).toBe(2);
    expect(valueOf(verdict, 'worst-class')).toBe(0);
    expect(verdict.reasons).toContain('2 records of the table agree with nobody of the population.');
    expect((await audited('k-map', { k: 4 }, NINE, people)).data.recordsAtRisk).toBe(5);
  });

  test('k-map lets missing values match', async () => {
    const rows: Row[] = [['30s', null, 'flu']];
    expect((await audited('k-map', { k: 11 }, rows, people)).verdict.status).toBe('inconclusive');
    const { data, verdict } = await audited('k-map', { k: 11, missing: 'matches-everything' }, rows, people);
    expect(verdict.status).toBe('pass');
    expect(data.population).toMatchObject({ absent: 5 });
  });

  test('delta-presence takes the share of the people who are in the table', async () => {
    const rows = NINE.slice(0, 7);
    const { data, verdict } = await audited('delta-presence', { maximum: 0.5 }, rows, people);
    expect(data.models[0]).toMatchObject({ worst: 1, recordsAtRisk: 3 });
    expect(verdict.status).toBe('fail');
    expect((await audited('delta-presence', { maximum: 1 }, rows, people)).verdict.status).toBe('pass');
  });

  test('delta-presence with a minimum finds people who are known to be absent', async () => {
    const { verdict } = await audited('delta-presence', { minimum: 0.1, maximum: 1 }, NINE.slice(0, 7), people);
    expect(verdict.status).toBe('fail');
    expect(valueOf(verdict, 'people-known-absent')).toBe(5 / 16);
    expect(verdict.claim).toContain('5 of 16 people of the population are known not to be in the table');
  });

  test('is inconclusive where the population is another one, or lacks a column', async () => {
    const strangers = await audited('k-map', { k: 2 }, NINE, repeat(['33', 'female'], 9), 1);
    expect(strangers.verdict.status).toBe('inconclusive');
    expect(strangers.verdict.claim).toMatch('Nobody of the population agrees');
    const plugin = pluginOf('k-map');
    const population = tableOf([['30s']], ['insensitive']);
    const { data } = await plugin.run(context(plugin, {}, tableOf(NINE), population));
    expect((data as ClassAuditEvidence).population?.lacking).toEqual(['sex']);
    const policy = { thresholds: { recordsAtRisk: { atMost: 1 } }, setBy: 'policy file', minimumSamples: 100 };
    expect(plugin.judge(data, policy)).toMatchObject({ status: 'inconclusive' });
  });
});

test('contradicting options are refused', () => {
  expect(() => completeOptions(pluginOf('t-closeness'), { order: ['a', 'b'] })).toThrow('looks at no order');
  expect(() => completeOptions(pluginOf('delta-presence'), { minimum: 0.6 })).toThrow('no share lies between them');
});

/** The definitions, record by record and without any code of the product. */
describe('against the definitions, on random tables', () => {
  function randomRows(seed: number): Row[] {
    const source = rng(`classes ${seed}`);
    const value = (below: number, missing: number) =>
      source.uniform() < missing ? null : String(source.integer(below));
    return Array.from({ length: 1 + source.integer(40) }, () => [value(3, 0.2), value(2, 0.2), value(4, 0.15)]);
  }

  const agrees = (a: Row, b: Row, missing: string) =>
    [0, 1].every((i) => a[i] === b[i] || (missing === 'matches-everything' && (a[i] == null || b[i] == null)));

  const shares = (rows: readonly Row[]) => {
    const known = rows.map((row) => row[2]).filter((value) => value != null);
    const count = new Map<string, number>();
    for (const value of known) count.set(value, (count.get(value) ?? 0) + 1);
    return new Map([...count].map(([value, n]) => [value, n / known.length]));
  };

  const NAIVE: readonly (readonly [string, JsonObject, (members: readonly Row[], all: readonly Row[]) => boolean])[] = [
    ['l-diversity', { l: 2 }, (members) => shares(members).size >= 2],
    [
      'l-diversity',
      { l: 2, kind: 'entropy' },
      (members) => {
        const p = [...shares(members).values()];
        return p.length > 0 && Math.exp(-p.reduce((sum, q) => sum + q * Math.log(q), 0)) >= 2 - 1e-9;
      },
    ],
    [
      'l-diversity',
      { l: 2, kind: 'recursive', c: 1.7 },
      (members) => {
        const [first = 0, ...rest] = [...shares(members).values()].sort((a, b) => b - a);
        return first < 1.7 * rest.reduce((a, b) => a + b, 0);
      },
    ],
    [
      't-closeness',
      { t: 0.3137 },
      (members, all) => {
        const [q, p] = [shares(members), shares(all)];
        if (q.size === 0) return true;
        return [...p].reduce((sum, [value, share]) => sum + Math.abs(share - (q.get(value) ?? 0)), 0) / 2 <= 0.3137;
      },
    ],
    [
      'alpha-k',
      { alpha: 0.61, k: 3 },
      (members) => members.length >= 3 && [...shares(members).values()].every((q) => q <= 0.61),
    ],
    [
      'beta-likeness',
      { beta: 0.93, kind: 'enhanced' },
      (members, all) => {
        const p = shares(all);
        return [...shares(members)].every(([value, q]) => {
          const base = p.get(value) ?? 0;
          return q <= base + 1e-12 || (q - base) / base <= Math.min(0.93, -Math.log(base));
        });
      },
    ],
    [
      'delta-disclosure',
      { delta: 0.57 },
      (members, all) => {
        const p = shares(all);
        return [...shares(members)].every(([value, q]) => Math.abs(Math.log(q / (p.get(value) ?? 0))) < 0.57);
      },
    ],
  ];

  test.each(NAIVE)('%s %j', async (name, options, holds) => {
    let risky = 0;
    for (let seed = 0; seed < 60; seed++) {
      const rows = randomRows(seed);
      const kept = rows.filter((row) => row[0] != null || row[1] != null);
      if (shares(rows).size === 0 || kept.length === 0) continue;
      for (const missing of ['own-value', 'matches-everything']) {
        const classOf = (row: Row) => kept.filter((other) => agrees(row, other, missing));
        const expected = kept.filter((row) => !holds(classOf(row), rows)).length;
        const { data } = await audited(name, { ...options, missing }, rows);
        expect(data.recordsAtRisk).toBe(expected);
        risky += expected;
      }
    }
    expect(risky).toBeGreaterThan(100);
  });

  test('k-map and delta-presence', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const [rows, people] = [randomRows(seed), randomRows(seed + 1000)];
      const hasQuasi = (row: Row) => row[0] != null || row[1] != null;
      const [kept, known] = [rows.filter(hasQuasi), people.filter(hasQuasi)];
      for (const missing of ['own-value', 'matches-everything']) {
        const matching = (row: Row, of: readonly Row[]) => of.filter((other) => agrees(row, other, missing)).length;
        const map = await audited('k-map', { k: 4, missing }, rows, people);
        expect(map.data.recordsAtRisk).toBe(kept.filter((row) => matching(row, known) < 4).length);
        const presence = await audited('delta-presence', { minimum: 0.3, maximum: 1, missing }, rows, people);
        const ratio = (row: Row) => matching(row, kept) / matching(row, known);
        expect(presence.data.recordsAtRisk).toBe(kept.filter((row) => !(ratio(row) >= 0.3 && ratio(row) <= 1)).length);
        expect(presence.data.population?.absent).toBe(known.filter((row) => matching(row, kept) === 0).length);
      }
    }
  });
});
