import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '#base/json';
import { check } from '#config/validate';
import { storeTable } from '#data/load-table';
import { heldSource, tableSourceOf, wholeTable } from '#data/stored-table';
import type { ColumnRole, RowTable } from '#data/table';
import type { JudgePolicy } from '#plugin/plugin';
import { Detail } from '#report/details';
import { translationFaults } from '#testing/translations';
import { anonymization } from '../index.js';
import {
  takeEvidence,
  type ReidentificationEvidence,
  type ReidentificationQuestion,
} from './re-identification-evidence.js';
import type { ReidentificationPolicy } from './re-identification-judge.js';
import { reidentification } from './re-identification.js';

function tableOf(columns: Readonly<Record<string, readonly [ColumnRole, readonly (string | null)[]]>>): RowTable {
  return {
    name: 'people.csv',
    rows: Object.values(columns)[0]?.[1].length ?? 0,
    columns: Object.entries(columns).map(([name, [role, values]]) => ({ name, role, type: 'text' as const, values })),
  };
}

const question = { riskThreshold: 0.2, samplingFraction: null, distinguishing: 0.5, columnsTogether: 3 };
const policy = (highest = 0.2, average = 0.1, atRisk = 0): JudgePolicy<ReidentificationPolicy> => ({
  thresholds: { highestRisk: { atMost: highest }, averageRisk: { atMost: average }, recordsAtRisk: { atMost: atRisk } },
  setBy: 'policy file',
  minimumSamples: 100,
});
const evidenceOf = (table: RowTable, asked: ReidentificationQuestion) => takeEvidence(heldSource(table), asked);
const { plugin } = reidentification;
const judge = (data: ReidentificationEvidence, bars = policy()) => plugin.judge(data, bars);
const times = <T>(count: number, value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i));

/** 40 people in four classes of ten. */
const age = times(40, (i) => `${Math.floor(i / 10)}0s`);
const safe = { age: ['quasi-identifier', age] } as const;

describe('the verdict', () => {
  test('passes four classes of ten, and its measures are the closed forms', async () => {
    const verdict = judge(await evidenceOf(tableOf(safe), question));
    expect(verdict.status).toBe('pass');
    const value = (id: string) => verdict.measures.find((measure) => measure.id === id)?.value;
    expect(
      ['highest-risk', 'average-risk', 'records-at-risk', 'marketer-risk', 'sample-uniques', 'smallest-class'].map(
        value,
      ),
    ).toEqual([0.1, 0.1, 0, 0.1, 0, 10]);
  });

  test.each([
    ['the highest', policy(0.09, 1, 1)],
    ['the average', policy(1, 0.09, 1)],
  ])('fails by %s risk alone', async (_, bars) => {
    expect(judge(await evidenceOf(tableOf(safe), question), bars).status).toBe('fail');
  });

  test('fails by records at risk alone', async () => {
    const data = await evidenceOf(tableOf({ age: ['quasi-identifier', [...age, 'a century']] }), question);
    expect(judge(data, policy(1, 1, 0.02)).status).toBe('fail');
    expect(judge(data, policy(1, 1, 1 / 41)).status).toBe('pass');
    expect(judge(data).claim).toContain('1 of 41 records (2.4 %) are above 20.0 %');
  });

  test('is open where an undeclared column tells people apart, and names it; a fail stays a fail', async () => {
    const data = await evidenceOf(tableOf({ ...safe, phone: ['insensitive', times(40, String)] }), question);
    const open = judge(data);
    expect(open.status).toBe('inconclusive');
    expect(open.claim).toContain('phone has a distinction of 100.0 %');
    const failed = judge(data, policy(0.01));
    expect(failed.status).toBe('fail');
    expect(failed.reasons.join(' ')).toContain('phone');
  });

  test('is open where a column does so only together with the declared ones', async () => {
    const digit = times(40, (i) => String(i % 10));
    const data = await evidenceOf(tableOf({ ...safe, digit: ['insensitive', digit] }), question);
    expect(data.undeclared.sets).toMatchObject([
      { columns: ['digit'], distinction: 0.25, withDeclared: { distinction: 1 } },
    ]);
    expect(judge(data).status).toBe('inconclusive');
    // Once it is declared, its risk is counted.
    expect(judge(await evidenceOf(tableOf({ ...safe, digit: ['quasi-identifier', digit] }), question)).status).toBe(
      'fail',
    );
    expect(judge(await evidenceOf(tableOf({ ...safe, digit: ['sensitive', digit] }), question)).status).toBe('pass');
  });

  test('is open where the search did not end', async () => {
    const data = await evidenceOf(tableOf(safe), question);
    expect(judge({ ...data, undeclared: { ...data.undeclared, isComplete: false } }).status).toBe('inconclusive');
  });

  test.each([
    ['without quasi-identifiers', tableOf({ phone: ['insensitive', times(40, String)] })],
    ['without records', tableOf({ age: ['quasi-identifier', []] })],
    ['with suppressed records only', tableOf({ age: ['quasi-identifier', [null, null]] })],
  ])('never passes %s, whatever is allowed', async (_, table) => {
    expect(judge(await evidenceOf(table, question), policy(1, 1, 1)).status).toBe('inconclusive');
  });

  test('is the same for evidence that was written and read again', async () => {
    const table = tableOf({
      age: ['quasi-identifier', [...age, 'x', 'y', 'y']],
      phone: ['insensitive', times(43, String)],
    });
    const data = await evidenceOf(table, { ...question, samplingFraction: 0.05 });
    expect(judge(JSON.parse(canonicalJson(data)) as ReidentificationEvidence)).toEqual(judge(data));
    expect(judge(data).measures.map(({ id }) => id)).toContain('population-uniques');
  });
});

test('the details are what reporters read', async () => {
  const table = tableOf({
    age: ['quasi-identifier', [...age, 'x', 'y', 'y']],
    phone: ['insensitive', times(43, String)],
  });
  const data = await evidenceOf(table, { ...question, samplingFraction: 0.05 });
  const details = plugin.details(data, judge(data), { examples: [], maps: [], mapScale: 0 });
  for (const detail of details) check(Detail, detail, { code: 'plugin', file: plugin.id, path: [] });
  expect(details.map(({ kind }) => kind)).toEqual(['histogram', 'table', 'table']);
  const [histogram] = details;
  const counts = histogram?.kind === 'histogram' ? histogram.bins.map(({ count }) => count) : [];
  expect(counts.reduce((a, b) => a + b, 0)).toBe(43);
});

test('the plugin is in its family, needs a table, and says the same in every language', async () => {
  expect(anonymization).toContain(reidentification);
  expect(translationFaults(plugin)).toEqual([]);
  for (const preset of Object.values(plugin.presets))
    check(plugin.policy, preset, { code: 'policy', file: plugin.id, path: [] });
  expect(plugin).toMatchObject({ needs: [], data: ['table'] });
  await expect(plugin.run({ table: null } as never)).rejects.toThrow('needs a table. Set `data.table`.');
});

describe('the Adult table', () => {
  const ADULT = join(process.cwd(), '../shared/data/adult/adult.csv');
  const isThere = existsSync(ADULT);
  if (!isThere) console.warn(`skipped: ${ADULT} is missing`);

  (isThere ? test : test.skip)('has its undeclared columns counted in good time', async () => {
    const { stored } = await storeTable({
      file: ADULT,
      delimiter: ';',
      roles: { age: 'quasi-identifier', sex: 'quasi-identifier' },
    });
    const table = await wholeTable(tableSourceOf(stored));
    const data = await evidenceOf(table, { ...question, samplingFraction: 0.01, distinguishing: 0.2 });
    const [first] = data.undeclared.sets;
    const keys = (first?.columns ?? [])
      .concat('age', 'sex')
      .map((name) => table.columns.find((column) => column.name === name)!.values);
    const combinations = new Set(times(table.rows, (row) => keys.map((values) => values[row]).join('|')));
    expect(first?.withDeclared?.distinction).toBe(combinations.size / table.rows);
    expect(data.undeclared.isComplete).toBe(true);
    expect(data.uniqueness?.estimates).toHaveLength(3);
  });
});
