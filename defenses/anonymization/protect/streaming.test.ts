import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readSourceFile } from '#data/file';
import { openTable } from '#data/open-table';
import { readTable } from '#data/read-table';
import { heldSource, tableSourceOf, wholeTable } from '#data/stored-table';
import type { ColumnRole, TableSource } from '#data/table';
import type { Protection } from '#plugin/anonymizing';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { auditClasses } from '../class-audit.js';
import { takeCensus } from '../k-anonymity-census.js';
import { distinctDiversity } from '../models/l-diversity.js';
import { kMapModel } from '../models/size-models.js';
import { takeEvidence } from '../risk/re-identification-evidence.js';
import { protectSource } from './testing/request.js';

const NAMES = ['id', 'age', 'town', 'hobby', 'sick'];
const ROLES: Readonly<Record<string, ColumnRole>> = {
  id: 'identifier',
  age: 'quasi-identifier',
  town: 'quasi-identifier',
  hobby: 'insensitive',
  sick: 'sensitive',
};
type Row = readonly string[];

const row = fc
  .record({
    age: fc.oneof({ arbitrary: fc.integer({ min: 20, max: 30 }).map(String), weight: 8 }, fc.constant('')),
    town: fc.oneof({ arbitrary: fc.constantFrom('a', 'b', 'c,"d"'), weight: 8 }, fc.constant('')),
    hobby: fc.constantFrom('chess', 'running', 'pottery'),
    sick: fc.constantFrom('flu', 'cold', ''),
  })
  .map(({ age, town, hobby, sick }): Row => [age, town, hobby, sick]);
/** So that every column has a value, and ages are numbers. */
const FIRST: Row = ['25', 'a', 'chess', 'flu'];
const tables = fc
  .array(row, { minLength: 1, maxLength: 30 })
  .map((rows) => [FIRST, ...rows].map((each, i) => [`p${i}`, ...each]));

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const object = (cells: Row) => JSON.stringify(Object.fromEntries(NAMES.map((name, i) => [name, cells[i]])));
const FORMATS = {
  csv: (rows: readonly Row[]) => [NAMES, ...rows].map((cells) => cells.map(quoted).join(',')).join('\n'),
  lines: (rows: readonly Row[]) => rows.map(object).join('\n'),
};

const folder = temporaryFolder();
let files = 0;

/** The same table held in memory, and walked over in its file so many rows at a time. */
async function bothOf(content: string, rows: number): Promise<readonly [TableSource, TableSource]> {
  const path = join(folder, `people-${files++}`);
  writeFileSync(path, content);
  const held = heldSource(await readTable(await readSourceFile(path), { roles: ROLES }));
  const opened = tableSourceOf((await openTable(path, { roles: ROLES })).table);
  return [held, { ...opened, batches: (options) => opened.batches({ ...options, rows }) }];
}

const given = fc.record({
  rows: tables,
  format: fc.constantFrom<keyof typeof FORMATS>('csv', 'lines'),
  size: fc.constantFrom(1, 7, 1000),
  missing: fc.constantFrom('own-value' as const, 'matches-everything' as const),
});

test('audits find in batches of a file what they find in memory', async () => {
  const models = [distinctDiversity({ column: 'sick', missing: 'left-out', l: 2 })];
  const question = { riskThreshold: 0.2, samplingFraction: 0.1, distinguishing: 0.5, columnsTogether: 3 };
  await fc.assert(
    fc.asyncProperty(given, async ({ rows, format, size, missing }) => {
      const [held, filed] = await bothOf(FORMATS[format](rows), size);
      expect(await takeCensus(filed, { k: 3, missing }, 10)).toEqual(await takeCensus(held, { k: 3, missing }, 10));
      expect(await takeEvidence(filed, question)).toEqual(await takeEvidence(held, question));
      const [people, everybody] = await bothOf(FORMATS.csv([...rows, ...rows]), size);
      const asked = { models: [...models, kMapModel({ k: 3 })], missing };
      expect(await auditClasses(filed, everybody, asked, 10)).toEqual(await auditClasses(held, people, asked, 10));
    }),
    { numRuns: 25, seed: 21 },
  );
});

const QUARTERS = { hierarchies: { age: { ranges: [5, 10] } }, suppression: 0.3 };
const ways = fc.constantFrom(
  { models: [{ model: 'k-anonymity', k: 3 }], ...QUARTERS },
  { models: [{ model: 'l-diversity', l: 2, column: 'sick' }], ...QUARTERS, fullDomain: { metric: 'entropy' } },
  { models: [{ model: 't-closeness', t: 0.5, column: 'sick' }], algorithm: 'fixed', levels: { age: 1 }, ...QUARTERS },
  { models: [{ model: 'k-map', k: 4 }], ...QUARTERS, hierarchies: { age: { frequency: [3] } } },
);

/** All that is written of it, but what only records that are held can tell. */
async function tellOf({ released, utility, details: _, ...found }: Protection) {
  return {
    ...found,
    utility: utility.filter(({ id }) => id !== 'classifier-accuracy'),
    table: released === null ? null : await wholeTable(released.table),
    checks: released === null ? null : await released.check(released.table),
  };
}

test('a table that is walked over twice is protected as one in memory, and as one whose records are held', async () => {
  let released = 0;
  await fc.assert(
    fc.asyncProperty(given, ways, async ({ rows, format, size }, options) => {
      const [held, filed] = await bothOf(FORMATS[format](rows), size);
      const [people, everybody] = await bothOf(FORMATS.csv([...rows, ...rows]), size);
      const twice = await protectSource(filed, options, { population: everybody });
      const once = await protectSource(held, options, { population: people });
      expect(twice.details).toEqual(once.details);
      const told = await tellOf(twice);
      expect(told).toEqual(await tellOf(once));
      released += Number(told.table !== null);
      if (rows.filter((cells) => cells[3] !== '').length < 2) return;
      // A classifier learns from records: with it they are held.
      const accuracy = { label: 'hobby', folds: 2 };
      const byRecords = await protectSource(held, { ...options, accuracy }, { population: people });
      expect({ ...(await tellOf(byRecords)) }).toEqual(told);
    }),
    { numRuns: 40, seed: 22 },
  );
  expect(released).toBeGreaterThan(15);
});

test('under differential privacy the sampled records are written sorted, in batches as in memory', async () => {
  const roles = { ...ROLES, hobby: 'identifier', sick: 'identifier' } as const;
  const rows = Array.from({ length: 300 }, (_, i) => [`p${i}`, String(20 + (i % 11)), 'ab'[i % 2] ?? '', '', '']);
  const path = join(folder, 'sampled.csv');
  writeFileSync(path, FORMATS.csv(rows));
  const held = heldSource(await readTable(await readSourceFile(path), { roles }));
  const opened = tableSourceOf((await openTable(path, { roles })).table);
  const options = {
    models: [{ model: 'differential-privacy', epsilon: 2, delta: 0.01 }],
    algorithm: 'fixed',
    levels: { age: 1, town: 1 },
    ...QUARTERS,
    suppression: 1,
  };
  const [once, twice] = [await protectSource(held, options), await protectSource(opened, options)];
  const told = await tellOf(twice);
  expect(told).toEqual(await tellOf(once));
  const [ages = { values: [] }] = told.table?.columns ?? [];
  expect(ages.values).toEqual(ages.values.toSorted());
  expect(ages.values).toHaveLength((told.risk.after?.records ?? 0) - (told.risk.after?.suppressed ?? 0));
});
