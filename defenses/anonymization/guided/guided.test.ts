import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadTable } from '#data/load-table';
import { rng } from '#stats/random';
import type { Release } from '../contract.js';
import { encodeTable } from '../encoding/encode.js';
import { tableFrom } from '../risk/testing/tables.js';
import type { PredictLabels } from '../utility/model-accuracy.js';
import { guidedAnonymization } from './guided.js';

const times = <T>(count: number, value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i));
const written = (release: Release, row: number) =>
  release.columns.map(({ codes, labels }) => labels[codes[row]!] ?? null);

/** A model that looks at one column alone. */
const lookingAt =
  (name: string, say: (value: string | null) => string): PredictLabels =>
  ({ columns, rows }) =>
    Promise.resolve(rows.map((row) => say(row[columns.indexOf(name)] ?? null)));

describe('a model that looks at the age alone', () => {
  const source = rng('guided');
  const ages = times(300, () => String(20 + source.integer(60)));
  const table = tableFrom(
    {
      age: ages,
      town: times(300, () => `t${source.integer(8)}`),
      sick: ages.map((age) => (Number(age) >= 50 ? 'yes' : 'no')),
    },
    { sick: 'sensitive' },
    { age: 'integer' },
  );
  const says = lookingAt('age', (age) => (Number(age) >= 50 ? 'yes' : 'no'));

  test('has two cells that part where it does, and is as accurate as before', async () => {
    const { release, fidelity, model } = await guidedAnonymization(table, says, { k: 10, label: 'sick' });
    expect(release.classes).toBe(2);
    for (let row = 0; row < 300; row++) {
      expect(written(release, row)[0]).toBe(Number(ages[row]) >= 50 ? '[50, 79]' : '[20, 49]');
    }
    expect(fidelity).toBe(1);
    expect(model).toMatchObject({ original: { correct: 300 }, released: { correct: 300 }, agreed: 300 });
  });

  test('that does not know the label column is asked without it', async () => {
    const seen = new Set<string>();
    const spy: PredictLabels = (rows) => {
      rows.columns.forEach((name) => seen.add(name));
      return says(rows);
    };
    await guidedAnonymization(table, spy, { k: 10, label: 'sick' });
    expect([...seen]).toEqual(['age', 'town']);
  });

  test('a constant model needs no value: one cell', async () => {
    const { release } = await guidedAnonymization(table, () => Promise.resolve([]), { k: 301, label: null });
    expect(release).toMatchObject({ classes: 0 });
    expect(release.suppressed.every((flag) => flag === 1)).toBe(true);
    const one = await guidedAnonymization(table, ({ rows }) => Promise.resolve(rows.map(() => 'x')), {
      k: 5,
      label: null,
    });
    expect(one.release.classes).toBe(1);
    expect(one.model).toBeNull();
  });
});

test('every class has k records, and what is written stands for what was there, on random tables', async () => {
  const cell = fc.option(fc.integer({ min: 0, max: 6 }), { freq: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, fc.integer({ min: 0, max: 2 })), { minLength: 0, maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      async (records, k) => {
        const texts = (column: 0 | 1) =>
          records.map((record) => (record[column] === null ? null : String(record[column])));
        const table = tableFrom({ n: texts(0), c: texts(1) }, {}, { n: 'integer' });
        let asked = 0;
        const says: PredictLabels = ({ rows }) => Promise.resolve(rows.map(() => String(records[asked++]![2])));
        const { release } = await guidedAnonymization(table, says, { k, label: null });
        const keys = records.map((_, row) => JSON.stringify(written(release, row)));
        records.forEach((record, row) => {
          if (records.length < k) return expect(release.suppressed[row]).toBe(1);
          expect(keys.filter((key) => key === keys[row]).length).toBeGreaterThanOrEqual(k);
          // Classes are those of equal labels, and number them.
          expect(keys.indexOf(keys[row]!)).toBe([...release.classOf].indexOf(release.classOf[row]!));
          const [n, c] = written(release, row);
          const range = /^\[(\d+), (\d+)\]$/.exec(n ?? '');
          if (range !== null)
            expect(record[0] !== null && +range[1]! <= record[0] && record[0] <= +range[2]!).toBe(true);
          else if (n !== '*') expect(n).toBe(table.columns[0]!.dictionary[table.columns[0]!.codes[row]!]);
          if (c?.startsWith('{')) expect(c.slice(1, -1).split(', ')).toContain(String(record[1]));
          else if (c !== '*') expect(c).toBe(table.columns[1]!.dictionary[table.columns[1]!.codes[row]!]);
        });
        expect(release.classes).toBe(records.length < k ? 0 : new Set(keys).size);
      },
    ),
    { numRuns: 300, seed: 6 },
  );
});

test('refuses a table without quasi-identifiers', async () => {
  const table = tableFrom({ a: ['1'] }, { a: 'insensitive' });
  await expect(guidedAnonymization(table, () => Promise.resolve([]), { k: 2, label: null })).rejects.toThrow(
    'no quasi-identifier',
  );
});

describe('the Adult table', () => {
  const ADULT = join(process.cwd(), '../shared/data/adult/adult.csv');
  const isThere = existsSync(ADULT);
  if (!isThere) console.warn(`skipped: ${ADULT} is missing`);

  (isThere ? test : test.skip)('keeps what a model looks at', async () => {
    const roles = {
      age: 'quasi-identifier',
      sex: 'quasi-identifier',
      education: 'quasi-identifier',
      'marital-status': 'quasi-identifier',
    } as const;
    const { table } = await loadTable({
      file: ADULT,
      delimiter: ';',
      roles: { ...roles, 'salary-class': 'sensitive' },
    });
    const says: PredictLabels = ({ columns, rows }) =>
      Promise.resolve(
        rows.map((row) =>
          row[columns.indexOf('marital-status')] === 'Married-civ-spouse' && Number(row[columns.indexOf('age')]) > 35
            ? '>50K'
            : '<=50K',
        ),
      );
    const { release, model } = await guidedAnonymization(encodeTable(table), says, { k: 50, label: 'salary-class' });
    expect(model?.agreed).toBe(table.rows);
    expect(release.classes).toBeGreaterThan(1);
  });
});
