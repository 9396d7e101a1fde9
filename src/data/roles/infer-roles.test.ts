import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { rng } from '#stats/random';
import { readCsv } from '../csv.js';
import { loadTable } from '../load-table.js';
import { tableSourceOf, wholeTable } from '../stored-table.js';
import type { RowTable, Table } from '../table.js';
import { inferRoles } from './infer-roles.js';
import { groupedBy, separationOf, together, undivided } from './separation.js';
import { topicOf } from './words.js';

const ROWS = 200;

function tableOf(columns: Readonly<Record<string, (row: number) => string | number>>): Table {
  const names = Object.keys(columns);
  const rows = Array.from({ length: ROWS }, (_, row) =>
    names.map((name) => JSON.stringify(String(columns[name]?.(row)))),
  );
  const bytes = Buffer.from(
    [names.map((name) => JSON.stringify(name)), ...rows].map((fields) => fields.join()).join('\n'),
  );
  return readCsv({ path: 't.csv', bytes, digest: digestOfBytes(bytes) }, { delimiter: ',', roles: {} });
}

const rolesOf = (table: RowTable, stated = {}) =>
  Object.fromEntries(inferRoles(table, stated).map(({ name, role }) => [name, role]));

describe('roles are suggested', () => {
  test('by names in four languages', () => {
    const many = (row: number) => row % 40;
    expect(
      rolesOf(
        tableOf({
          Vorname: (row) => `n${row % 50}`,
          customer_name: (row) => `n${row % 50}`,
          PLZ: many,
          Geschlecht: (row) => (row % 2 === 0 ? 'm' : 'w'),
          fecha_nacimiento: many,
          'marital-status': (row) => `s${row % 5}`,
          Code_Postal: many,
          Nationalität: (row) => `n${row % 6}`,
          monthlyIncome: (row) => 1000 + (row % 90),
          Religion: (row) => `r${row % 4}`,
          diagnóstico: (row) => `d${row % 9}`,
          colour: (row) => `c${row % 3}`,
        }),
      ),
    ).toEqual({
      Vorname: 'identifier',
      customer_name: 'identifier',
      PLZ: 'quasi-identifier',
      Geschlecht: 'quasi-identifier',
      fecha_nacimiento: 'quasi-identifier',
      'marital-status': 'quasi-identifier',
      Code_Postal: 'quasi-identifier',
      Nationalität: 'quasi-identifier',
      monthlyIncome: 'sensitive',
      Religion: 'sensitive',
      diagnóstico: 'sensitive',
      colour: 'insensitive',
    });
  });

  test('by values, where names say nothing', () => {
    const random = rng('values');
    const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random.uniform() * 10)).join('');
    const roles = inferRoles(
      tableOf({
        a: (row) => `user${row}@example.org`,
        b: () => ['DE89370400440532013000', 'GB82WEST12345698765432'][Math.floor(random.uniform() * 2)] ?? '',
        c: () => `+49 30 ${digits(7)}`,
        d: (row) => `0b8f3c1a-1111-4222-8333-${String(row).padStart(12, '0')}`,
        e: (row) => 1001 + row,
        f: (row) => `K-${row}-${digits(3)}`,
        g: (row) => `2024-01-${String((row % 28) + 1).padStart(2, '0')}`,
        h: (row) => `DE${row % 3}0370400440532013000`,
        i: () => 1,
      }),
    );
    expect(roles.map(({ role }) => role)).toEqual([
      ...['identifier', 'identifier', 'identifier', 'identifier', 'identifier', 'identifier'],
      'quasi-identifier',
      'insensitive',
      'insensitive',
    ]);
    expect(roles.map(({ evidence }) => evidence).slice(0, 6)).toEqual([
      '100.0 % of its values are e-mail addresses.',
      '100.0 % of its values are IBANs.',
      '100.0 % of its values are phone numbers.',
      '100.0 % of its values are UUIDs.',
      'It is a running number: all of its 200 values are different.',
      'Nearly every record has a value of its own (100.0 %): it is a key.',
    ]);
  });

  test('by what a column adds to the quasi-identifiers: closed form', () => {
    // Of 200 records in 2 groups of sex none is unique; with 100 values that cross them all are, with 4 none.
    const [sex, shoe, team] = inferRoles(
      tableOf({
        sex: (row) => (row % 2 === 0 ? 'm' : 'f'),
        shoe: (row) => `s${row >> 1}`,
        team: (row) => `t${row % 4}`,
      }),
    );
    expect(sex?.role).toBe('quasi-identifier');
    expect(shoe).toMatchObject({
      role: 'quasi-identifier',
      evidence:
        'Beside the 1 quasi-identifier told by names it makes 100.0 % of the records unique, 0.0 % without it; it separates 99.5 % of all pairs.',
    });
    expect(team?.role).toBe('insensitive');
  });

  test('never for a yes or no about phones, nor for a constant', () => {
    const roles = rolesOf(tableOf({ phone_service: (row) => (row % 2 === 0 ? 'Yes' : 'No'), age: () => 40 }));
    expect(roles).toEqual({ phone_service: 'insensitive', age: 'insensitive' });
  });
});

test('a stated role wins, and the suggestion stays beside it', () => {
  const table = tableOf({ age: (row) => row % 50, mail: (row) => `u${row}@example.org` });
  const [age, mail] = inferRoles(table, { age: 'sensitive' });
  expect(age).toMatchObject({ role: 'sensitive', source: 'stated', suggested: 'quasi-identifier' });
  expect(mail).toMatchObject({ role: 'identifier', source: 'suggested', suggested: 'identifier' });
  expect(table.columns.map(({ role }) => role)).toEqual(['insensitive', 'insensitive']);
});

test('no value of an identifier is shown, nor one that fewer than five records share', () => {
  const table = tableOf({
    id: (row) => 5000 + row,
    email: (row) => `mail${row % 12}@example.org`,
    city: (row) => (row < 4 ? 'Rare' : `City${row % 7}`),
    secret: (row) => `v${row % 3}`,
  });
  const shown = JSON.stringify(inferRoles(table, { secret: 'identifier' }));
  for (const value of ['5000', 'mail1@', 'Rare', 'v1']) expect(shown).not.toContain(value);
  expect(shown).toContain('City4');
});

test('evidence of types', () => {
  const [age, sex] = inferRoles(
    tableOf({ age: (row) => (row === 0 ? '' : 17 + (row % 60)), sex: (row) => 'mf'[row % 2] ?? '' }),
  );
  expect(age?.typeEvidence).toBe('integer: 60 different values from 17 to 76, 0.5 % missing');
  expect(sex?.typeEvidence).toBe('text: 2 different values, none missing, such as "m", "f"');
});

test('a table without rows or columns', () => {
  const empty = (text: string) => {
    const bytes = Buffer.from(text);
    return inferRoles(readCsv({ path: 't.csv', bytes, digest: digestOfBytes(bytes) }, { roles: {} }));
  };
  expect(empty('age,x\n').map(({ role }) => role)).toEqual(['insensitive', 'insensitive']);
});

test.each([
  ['page', null],
  ['garage', null],
  ['DateOfBirth', 'birth'],
  ['HIVStatus', 'hiv'],
  ['code_postal', 'postal'],
  ['Straße', 'strasse'],
])('%s is about %p', (name, word) => {
  expect(topicOf(name)?.word ?? null).toBe(word);
});

test('distinction and separation: closed forms', () => {
  // 4 records in groups of 2, 1 and 1: 3 of 4 are different, 5 of 6 pairs differ, 2 of 4 stand alone.
  expect(separationOf(groupedBy(['a', 'a', 'b', null]))).toEqual({
    distinction: 3 / 4,
    separation: 1 - 2 / 12,
    unique: 1 / 2,
  });
  const both = together(groupedBy(['a', 'a', 'b', 'b']), groupedBy(['x', 'y', 'x', 'x']));
  expect(Array.from(both.groupOf)).toEqual([0, 1, 2, 2]);
  expect(together(undivided(4), both)).toEqual(both);
});

const DATA = join(process.cwd(), '../shared/data');
if (!existsSync(DATA)) console.warn(`skipped: ${DATA} is missing`);

(existsSync(DATA) ? describe : describe.skip)('of tables of others', () => {
  test('Adult', async () => {
    const { stored, card } = await loadTable({ file: join(DATA, 'adult/adult.csv'), roles: {} });
    const table = await wholeTable(tableSourceOf(stored));
    expect(card.reading).toBe('CSV, semicolon, UTF-8');
    const { 'salary-class': salary, ...others } = rolesOf(table);
    expect(salary).toBe('sensitive');
    expect(new Set(Object.values(others))).toEqual(new Set(['quasi-identifier']));
  });

  test.each([
    ['attrition', ['Age', 'Gender', 'MaritalStatus', 'JobRole', 'Education'], ['MonthlyIncome']],
    ['credit', ['Age', 'Marital', 'Home', 'Job'], ['Income', 'Assets', 'Debt']],
    ['customer-churn', ['female', 'senior_citizen', 'partner', 'dependents', 'total_charges'], []],
  ])('%s', async (name, quasi, sensitive) => {
    const { stored } = await loadTable({ file: join(DATA, `tabular/${name}.csv`), roles: {} });
    const table = await wholeTable(tableSourceOf(stored));
    const roles = rolesOf(table);
    for (const column of quasi) expect([column, roles[column]]).toEqual([column, 'quasi-identifier']);
    for (const column of sensitive) expect([column, roles[column]]).toEqual([column, 'sensitive']);
    expect(Object.values(roles)).not.toContain('identifier');
  });
});
