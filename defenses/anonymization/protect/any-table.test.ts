import fc from 'fast-check';
import { heldSource } from '#data/stored-table';
import type { Column, RowTable } from '#data/table';
import type { PredictLabels } from '#plugin/anonymizing';
import { ALGORITHMS, type Algorithm } from './options.js';
import { protect, tableOf, writtenOf, type Cell, type ColumnOfTest } from './testing/request.js';

interface Case {
  readonly columns: readonly ColumnOfTest[];
  readonly k: number;
  readonly l: number;
  readonly suppression: number;
  readonly level: number;
  readonly shuffled: boolean;
}

const NUMBERS = fc.integer({ min: -3, max: 30 }).map(String);
const LETTERS = fc.constantFrom('a', 'b', 'c', 'd');

function cases(most: { readonly rows: number; readonly columns: number }, numeric: boolean): fc.Arbitrary<Case> {
  return fc
    .record({
      rows: fc.oneof(
        { arbitrary: fc.constant(1), weight: 1 },
        { arbitrary: fc.integer({ min: 2, max: most.rows }), weight: 6 },
      ),
      count: fc.integer({ min: 1, max: most.columns }),
      // All equal, all different, or anything.
      kind: fc.constantFrom('equal', 'different', 'any', 'any', 'any'),
    })
    .chain(({ rows, count, kind }) => {
      const list = (value: fc.Arbitrary<string>): fc.Arbitrary<Cell[]> => {
        if (kind === 'equal') return value.map((one) => Array.from({ length: rows }, () => one));
        if (kind === 'different') return fc.constant(Array.from({ length: rows }, (_, i) => String(i)));
        return fc.array(fc.option(value, { freq: 6 }), { minLength: rows, maxLength: rows });
      };
      const integers = list(NUMBERS).map((values) => ({ values, type: 'integer' as const }));
      const letters = list(LETTERS).map((values) => ({ values, type: 'text' as const }));
      return fc.record({
        columns: fc
          .tuple(
            fc.array(numeric ? integers : fc.oneof(integers, letters), { minLength: count, maxLength: count }),
            fc.array(LETTERS, { minLength: rows, maxLength: rows }),
          )
          .map(([quasi, sick]): ColumnOfTest[] => [
            { name: 'id', values: sick.map((_, i) => `p${i}`), role: 'identifier' },
            ...quasi.map((column, i) => ({ ...column, name: `q${i}` })),
            { name: 'sick', values: sick, role: 'sensitive' },
          ]),
        k: fc.integer({ min: 2, max: 5 }),
        l: fc.integer({ min: 1, max: 3 }),
        suppression: fc.constantFrom(0, 0.1, 0.5, 1),
        level: fc.integer({ min: 0, max: 1 }),
        shuffled: fc.boolean(),
      });
    });
}

const quasiOf = ({ columns }: RowTable) => columns.filter(({ role }) => role === 'quasi-identifier');
const recordsOf = (table: RowTable) =>
  Array.from({ length: table.rows }, (_, row) => quasiOf(table).map(({ values }) => values[row] ?? null));
const isEmpty = (record: readonly Cell[]) => record.every((cell) => cell === null);

/** Which records are in the class of each, by comparing everybody with everybody; suppressed ones are in none. */
function naiveClasses(records: readonly (readonly Cell[])[], missingAgrees: boolean): number[][] {
  const agree = (a: Cell | undefined, b: Cell | undefined) => a === b || (missingAgrees && (a === null || b === null));
  return records.map((one) =>
    records.flatMap((other, row) =>
      isEmpty(one) || isEmpty(other) || !one.every((cell, i) => agree(cell, other[i])) ? [] : [row],
    ),
  );
}

/** Whether a label says no more of a value than that it is under it. */
function covers(label: Cell, value: Cell, { type }: Column, algorithm: Algorithm): boolean {
  if (label === value || label === null || label === '*') return true;
  if (algorithm === 'microaggregation') return value !== null && Number.isFinite(Number(label));
  if (value === null) return false;
  const half = /^\[(-?[\d.]+), (-?[\d.]+)\)$/.exec(label)?.slice(1).map(Number);
  if (half !== undefined) return half[0]! <= Number(value) && Number(value) < half[1]!;
  if (type === 'integer') {
    const ends = /^\[(-?[\d.]+), (-?[\d.]+)\]$/.exec(label)?.slice(1).map(Number);
    return ends !== undefined && ends[0]! <= Number(value) && Number(value) <= ends[1]!;
  }
  return label.startsWith('{') && label.slice(1, -1).split(', ').includes(value);
}

function optionsOf(algorithm: Algorithm, { columns, k, l, suppression, level, shuffled }: Case): object {
  const quasi = columns.filter(({ role = 'quasi-identifier' }) => role === 'quasi-identifier');
  const ranges = quasi.filter(({ type, values }) => type === 'integer' && values.some((value) => value !== null));
  const hierarchies = Object.fromEntries(ranges.map(({ name }) => [name, { ranges: [5, 20] }]));
  const diversity = { model: 'l-diversity', l, column: 'sick' };
  return {
    models: [{ model: 'k-anonymity', k }, ...(l > 1 && algorithm !== 'local-suppression' ? [diversity] : [])],
    ...{ algorithm, suppression, hierarchies },
    ...(algorithm === 'fixed' ? { levels: Object.fromEntries(quasi.map(({ name }) => [name, level])) } : {}),
    ...(shuffled ? { perturb: [{ method: 'pram', columns: ['sick'], keep: 0.5 }] } : {}),
  };
}

/** Looks at the first column alone. */
const predict: PredictLabels = ([first]) =>
  Promise.resolve((first?.values ?? []).map((value) => (Number(value) > 9 || value === 'c' ? 'yes' : 'no')));

/** @returns whether a table was released */
async function holdsWhatItPromises(algorithm: Algorithm, given: Case): Promise<boolean> {
  const table = tableOf(given.columns);
  const options = optionsOf(algorithm, given);
  const made = await protect(table, options, { predict });
  expect(await writtenOf(await protect(table, options, { predict }))).toEqual(await writtenOf(made));
  expect(made.released === null).toBe(made.refused !== null);
  if (made.released === null) return false;
  const written = await writtenOf(made);
  const [before, after] = [recordsOf(table), recordsOf(written)];
  const classes = naiveClasses(after, algorithm === 'local-suppression');
  const sick = written.columns.find(({ name }) => name === 'sick')?.values ?? [];

  const inClass = [...after.keys()].filter((row) => !isEmpty(after[row]!));
  for (const row of inClass) {
    expect(classes[row]!.length).toBeGreaterThanOrEqual(given.k);
    if (algorithm === 'local-suppression') continue;
    expect(new Set(classes[row]!.map((member) => sick[member])).size).toBeGreaterThanOrEqual(given.l);
  }
  const lost = [...after.keys()].filter((row) => isEmpty(after[row]!) && !isEmpty(before[row]!)).length;
  expect(lost / table.rows).toBeLessThanOrEqual(given.suppression);
  const columns = quasiOf(table);
  for (const [row, record] of after.entries()) {
    const covered = record.map((label, i) => covers(label, before[row]![i]!, columns[i]!, algorithm));
    expect(covered).not.toContain(false);
  }
  expect(written.columns.map(({ name }) => name)).toEqual(given.columns.slice(1).map(({ name }) => name));
  if (!given.shuffled) expect(sick).toEqual(table.columns.at(-1)?.values);
  expect((await made.released.check(heldSource(written))).every(({ holds }) => holds)).toBe(true);
  return true;
}

test.each(ALGORITHMS)(
  '%s: what is written meets the models as a naive count has it, within the limit, and says no more than its labels',
  async (algorithm) => {
    const tables = cases({ rows: 20, columns: 4 }, algorithm === 'microaggregation');
    let released = 0;
    const property = fc.asyncProperty(tables, async (given) => {
      released += Number(await holdsWhatItPromises(algorithm, given));
    });
    await fc.assert(property, { numRuns: 200, seed: 11 });
    // Most of what was looked at is no refusal.
    expect(released).toBeGreaterThan(60);
  },
);

test.each(ALGORITHMS)('%s: the same of 40 columns', async (algorithm) => {
  const rows = 30;
  const columns = Array.from({ length: 40 }, (_, i): ColumnOfTest => ({
    ...{ name: `q${i}`, type: 'integer' },
    values: Array.from({ length: rows }, (_value, row) => (row % (i + 2) === 7 ? null : String((row * (i + 1)) % 4))),
  }));
  // Of what local suppression compares there are at most 30.
  const wide = algorithm === 'local-suppression' ? columns.slice(0, 30) : columns;
  const sick = { name: 'sick', values: columns[0]!.values.map((_, i) => 'abc'[i % 3]!), role: 'sensitive' as const };
  const id = { name: 'id', values: sick.values.map((_, i) => String(i)), role: 'identifier' as const };
  const given = { columns: [id, ...wide, sick], k: 3, l: 2, suppression: 1, level: 1, shuffled: false };
  expect(await holdsWhatItPromises(algorithm, given)).toBe(true);
});
