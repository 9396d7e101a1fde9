import { heldSource } from '#data/stored-table';
import type { TableSource } from '#data/table';
import { walkClasses, type WalkedClass } from './class-walk.js';
import { countPopulation, countRows } from './encoding/observe.js';
import { binsOf } from './measure-bins.js';
import type { MissingConvention } from './match-counts.js';

function tableOf(columns: Readonly<Record<string, readonly (string | null)[]>>): TableSource {
  const entries = Object.entries(columns);
  return heldSource({
    name: 'people.csv',
    rows: entries[0]?.[1].length ?? 0,
    columns: entries.map(([name, values]) => ({
      name,
      role: name === 's' ? 'sensitive' : 'quasi-identifier',
      type: 'text' as const,
      values,
    })),
  });
}

const RECORDS = tableOf({ age: ['30s', '40s', '30s', null, '40s'], s: ['flu', 'cold', null, 'flu', 'cold'] });
const PEOPLE = tableOf({ age: ['30s', '30s', '50s', null, '40s', '30s'] });

async function walked(missing: MissingConvention) {
  const classes: WalkedClass[] = [];
  const table = await countRows(RECORDS, ['age', 's']);
  const population = await countPopulation(PEOPLE, table);
  const facts = walkClasses({ table, population, missing, sensitive: [1] }, (members) => {
    classes.push({ ...members, counts: members.counts.map((counts) => counts.slice()) });
  });
  return { classes, facts };
}

test.each(['own-value', 'matches-everything'] as const)(
  'counts sensitive values of the table alone beside a population (%s)',
  async (missing) => {
    const { classes, facts } = await walked(missing);
    // Codes: missing, flu, cold. With one quasi-identifier, those without it are in no class under either convention.
    expect(classes).toEqual([
      { row: 0, records: 2, size: 2, population: 3, counts: [Int32Array.from([1, 1, 0])] },
      { row: 1, records: 2, size: 2, population: 1, counts: [Int32Array.from([0, 0, 2])] },
    ]);
    expect(facts).toEqual({ suppressed: 1, combinations: 2, people: 5, absent: 1 });
  },
);

describe('bins', () => {
  test('of counts are whole, and hold everything but what has no bound', () => {
    const bins = binsOf(
      new Map([
        [1, 5],
        [45, 2],
        [Infinity, 9],
      ]),
      'count',
    );
    expect(bins.every(({ from, to }) => Number.isInteger(from) && to - from === 3)).toBe(true);
    expect([bins[0], bins.at(-1)]).toEqual([
      { from: 1, to: 4, records: 5 },
      { from: 43, to: 46, records: 2 },
    ]);
  });

  test('of shares go from 0 to 1, with 1 in the last', () => {
    const bins = binsOf(new Map([[1, 4]]), 'rate');
    expect(bins).toHaveLength(20);
    expect(bins.at(-1)?.records).toBe(4);
  });

  test('of nothing, or of zeros alone', () => {
    expect(binsOf(new Map([[Infinity, 4]]), 'number')).toEqual([]);
    expect(binsOf(new Map([[0, 4]]), 'number')).toEqual([{ from: 0, to: 1, records: 4 }]);
  });
});
