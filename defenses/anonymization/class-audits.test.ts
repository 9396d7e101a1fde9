import { completeOptions } from '#plugin/options';
import { pluginPage } from '#plugin/page';
import { check } from '#config/validate';
import { translationFaults } from '#testing/translations';
import type { ClassAuditEvidence } from './class-audit.js';
import {
  audited,
  audits,
  context,
  NINE,
  pluginOf,
  repeat,
  ROLES,
  type Row,
  tableOf,
  valueOf,
} from './testing/audited.js';

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

describe('t-closeness by a hierarchy', () => {
  const rows = ['flu', 'bronchitis'].flatMap((sick) => repeat([sick === 'flu' ? '30s' : '40s', 'F', sick], 3));
  const lungs = 'flu;lungs;*\nbronchitis;lungs;*\nulcer;stomach;*\n';
  const apart = 'flu;head;*\nbronchitis;lungs;*\n';

  /** The distance of both classes: half of the mass moves as high as the lowest group of both values. */
  async function worst(options: object, text = ''): Promise<number | null | undefined> {
    const plugin = pluginOf('t-closeness');
    const asked = { distance: 'hierarchical', ...options };
    const { data } = await plugin.run({
      ...context(plugin, asked, tableOf(rows), null),
      readFile: (path) => Promise.resolve({ name: path, text, sha256: '' }),
    });
    return (data as ClassAuditEvidence).models[0]?.worst;
  }

  test('of a file, or built', async () => {
    const diagnosis = 'diagnosis.csv';
    expect(pluginOf('t-closeness').files?.({ hierarchies: { diagnosis, other: { flat: true } } })).toEqual([diagnosis]);
    // One level up of two, two of two, one of one.
    expect(await worst({ hierarchies: { diagnosis } }, lungs)).toBe(1 / 4);
    expect(await worst({ hierarchies: { diagnosis } }, apart)).toBe(1 / 2);
    expect(await worst({ hierarchies: { diagnosis: { flat: true } } })).toBe(1 / 2);
    expect(await worst({ distance: 'equal' })).toBe(1 / 2);
  });

  test('of no column that is looked at, or of another distance, is one sentence', async () => {
    await expect(worst({ hierarchies: { age: { flat: true } } })).rejects.toThrow('that column has none');
    const unread = { hierarchies: { diagnosis: { flat: true } }, distance: 'equal' };
    expect(() => completeOptions(pluginOf('t-closeness'), unread)).toThrow('looks at no hierarchy');
  });
});
