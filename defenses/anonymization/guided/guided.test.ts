import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { storeTable } from '#data/load-table';
import { tableSourceOf, wholeTable } from '#data/stored-table';
import { rng } from '#stats/random';
import { encodeTable } from '../encoding/encode.js';
import { tableFrom } from '../risk/testing/tables.js';
import type { EncodedColumn, EncodedTable, Release } from '../contract.js';
import { representativeTable } from '../utility/representatives.js';
import { guidedAnonymization } from './guided.js';

const times = <T>(count: number, value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i));
const written = (release: Release, row: number) =>
  release.columns.map(({ codes, labels }) => labels[codes[row]!] ?? null);

/** What a model says that looks at one column alone. */
const lookingAt = ({ columns }: EncodedTable, name: string, say: (value: string | null) => string) => {
  const { codes, dictionary } = columns.find((column) => column.name === name)!;
  return Array.from(codes, (code) => say(dictionary[code] ?? null));
};

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
  const says = lookingAt(table, 'age', (age) => (Number(age) >= 50 ? 'yes' : 'no'));

  test('has two cells that part where it does', () => {
    const { release, fidelity } = guidedAnonymization(table, says, { k: 10 });
    expect(release.classes).toBe(2);
    for (let row = 0; row < 300; row++) {
      expect(written(release, row)[0]).toBe(Number(ages[row]) >= 50 ? '[50, 79]' : '[20, 49]');
    }
    expect(fidelity).toBe(1);
  });

  test('a constant model needs no value: one cell; a table below k is suppressed', () => {
    const constant = times(300, () => 'x');
    const { release } = guidedAnonymization(table, constant, { k: 301 });
    expect(release).toMatchObject({ classes: 0 });
    expect(release.suppressed.every((flag) => flag === 1)).toBe(true);
    expect(guidedAnonymization(table, constant, { k: 5 }).release.classes).toBe(1);
  });
});

test('every class has k records, and what is written stands for what was there, on random tables', () => {
  const cell = fc.option(fc.integer({ min: 0, max: 6 }), { freq: 6 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, fc.integer({ min: 0, max: 2 })), { minLength: 0, maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      (records, k) => {
        const texts = (column: 0 | 1) =>
          records.map((record) => (record[column] === null ? null : String(record[column])));
        const table = tableFrom({ n: texts(0), c: texts(1) }, {}, { n: 'integer' });
        const said = records.map(([, , label]) => String(label));
        const { release } = guidedAnonymization(table, said, { k });
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

test('refuses a table without quasi-identifiers', () => {
  const table = tableFrom({ a: ['1'] }, { a: 'insensitive' });
  expect(() => guidedAnonymization(table, ['x'], { k: 2 })).toThrow('no quasi-identifier');
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
    const { stored } = await storeTable({
      file: ADULT,
      delimiter: ';',
      roles: { ...roles, 'salary-class': 'sensitive' },
    });
    const says = ({ columns, rows }: EncodedTable) => {
      const [age, status] = ['age', 'marital-status'].map((name) => columns.find((column) => column.name === name)!);
      const at = ({ codes, dictionary }: EncodedColumn, row: number) => dictionary[codes[row]!];
      return times(rows, (row) =>
        at(status!, row) === 'Married-civ-spouse' && Number(at(age!, row)) > 35 ? '>50K' : '<=50K',
      );
    };
    const encoded = encodeTable(await wholeTable(tableSourceOf(stored)));
    const { release } = guidedAnonymization(encoded, says(encoded), { k: 50 });
    expect(says(representativeTable(encoded, release))).toEqual(says(encoded));
    expect(release.classes).toBeGreaterThan(1);
  });
});
