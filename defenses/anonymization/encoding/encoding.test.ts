import fc from 'fast-check';
import { heldSource } from '#data/stored-table';
import type { Column, RowTable } from '#data/table';
import type { EncodedColumn } from '../contract.js';
import { encodeTable } from './encode.js';
import { histogramOfRows, joinGroups, type Histogram } from './histogram.js';
import { KeyNumbers } from './key-numbers.js';
import { MixedRadix } from './mixed-radix.js';
import { countPopulation } from './observe.js';
import { distinctTuples } from './tuples.js';

type Cell = string | null;

function tableOf(columns: readonly (readonly Cell[])[], roles: readonly Column['role'][] = []): RowTable {
  return {
    name: 'test.csv',
    rows: columns[0]?.length ?? 0,
    columns: columns.map((values, c) => ({
      name: `c${c}`,
      role: roles[c] ?? 'quasi-identifier',
      type: 'text',
      values,
    })),
  };
}

const decoded = ({ codes, dictionary }: EncodedColumn) => Array.from(codes, (code) => dictionary[code]);

describe('encoding', () => {
  test('numbers values by first appearance, with 0 for missing', () => {
    const [column] = encodeTable(tableOf([['b', null, 'a', 'b', '', '__proto__']])).columns;
    expect([...column!.codes]).toEqual([1, 0, 2, 1, 3, 4]);
    expect(column!.dictionary).toEqual([null, 'b', 'a', '', '__proto__']);
  });

  test('gives a population the codes of its table, and the table codes for what only the population has', async () => {
    const table = tableOf(
      [
        ['x', 'y'],
        ['1', '2'],
      ],
      ['quasi-identifier', 'sensitive'],
    );
    const own = encodeTable(table);
    const population = await countPopulation(heldSource(tableOf([['z', 'y', null]])), own);
    expect(population.columns).toHaveLength(1);
    expect([...population.columns[0]!.codes]).toEqual([3, 2, 0]);
    expect(population.columns[0]!.dictionary).toBe(own.columns[0]!.dictionary);
    await expect(countPopulation(heldSource({ ...tableOf([]), name: 'people.csv' }), own)).rejects.toThrow(
      'people.csv: the population has no column "c0", which is a quasi-identifier of the table.',
    );
  });
});

const cell = fc.option(fc.constantFrom('a', 'b', 'c'), { nil: null });

describe('different tuples', () => {
  test('are those of rows joined as texts, of any number of columns, with what is counted of them', () => {
    const random = fc
      .integer({ min: 1, max: 45 })
      .chain((columns) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 30 }),
      );
    fc.assert(
      fc.property(random, (rows) => {
        const columns = rows[0]!.map((_, c) => rows.map((row) => row[c] ?? null));
        const encoded = encodeTable(
          tableOf(
            [...columns, rows.map((_, i) => String(i % 3))],
            [...columns.map(() => 'quasi-identifier' as const), 'sensitive'],
          ),
        );
        const sensitive = encoded.columns.at(-1)!;
        const tuples = distinctTuples(encoded, { sensitive: [sensitive] });
        const keys = rows.map((row) => JSON.stringify(row));
        const known = [...new Set(keys)];
        expect([...tuples.tupleOf]).toEqual(keys.map((key) => known.indexOf(key)));
        expect([...tuples.sizes]).toEqual(known.map((key) => keys.filter((other) => other === key).length));
        for (const [c, codes] of tuples.codes.entries()) {
          expect(Array.from(codes, (code) => encoded.columns[c]!.dictionary[code])).toEqual(
            known.map((key) => (JSON.parse(key) as Cell[])[c]),
          );
        }
        expect(dense(tuples.histograms[0]!)).toEqual(
          known.map((key) =>
            sensitive.dictionary.map(
              (value) => keys.filter((other, i) => other === key && decoded(sensitive)[i] === value).length,
            ),
          ),
        );
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  test('of a population stand behind those of the table', async () => {
    const table = encodeTable(tableOf([['x', 'y', 'x']]));
    const population = await countPopulation(heldSource(tableOf([['z', 'x', 'x']])), table);
    const { tupleOf, sizes, population: people } = distinctTuples(table, { population });
    expect([[...tupleOf], [...sizes], [...people!]]).toEqual([
      [0, 1, 0],
      [2, 1, 0],
      [2, 0, 1],
    ]);
  });
});

describe('keys', () => {
  test('take one lane up to a product of 2^31, and more beyond', () => {
    expect(new MixedRadix([2 ** 16, 2 ** 15]).lanes).toBe(1);
    expect(new MixedRadix([2 ** 16, 2 ** 15, 2]).lanes).toBe(2);
    expect(new MixedRadix(Array<number>(40).fill(1000)).lanes).toBe(14);
    expect(new MixedRadix([]).lanes).toBe(1);
  });

  test.each([1, 2, 5])('are numbered by first appearance, call after call (%i lanes)', (lanes) => {
    const numbers = new KeyNumbers();
    for (let call = 0; call < 50; call++) {
      const count = 1 + ((call * 37) % 400);
      const keys = Int32Array.from(
        { length: count * lanes },
        (_, i) => (Math.imul(i + call, 2654435761) % (call % 3 === 0 ? 1009 : 7)) | 0,
      );
      const texts = Array.from({ length: count }, (_, i) => keys.slice(i * lanes, (i + 1) * lanes).join());
      const known = [...new Set(texts)];
      const [given, first] = [new Int32Array(count), new Int32Array(count)];
      // Whether the table is large enough from the beginning or has to grow.
      const expected = call % 2 === 0 ? count : 1;
      expect(numbers.number(keys, lanes, count, given, first, expected)).toBe(known.length);
      expect([...given]).toEqual(texts.map((text) => known.indexOf(text)));
      expect([...first.subarray(0, known.length)]).toEqual(known.map((text) => texts.indexOf(text)));
      expect(known.map((_, i) => keys.slice(i * lanes, (i + 1) * lanes).join())).toEqual(known);
    }
  });

  test('of a regular pattern take no longer than others', () => {
    // A multiple of any power of two: what a plain mask would put into few slots.
    for (const stride of [1, 2 ** 10, 2 ** 20]) {
      const count = Math.min(200_000, 2 ** 31 / stride);
      const keys = Int32Array.from({ length: count }, (_, i) => i * stride);
      const begin = performance.now();
      expect(new KeyNumbers().number(keys, 1, count, new Int32Array(count), new Int32Array(count))).toBe(count);
      // Colliding all, it would take minutes.
      expect(performance.now() - begin).toBeLessThan(5000);
    }
  });
});

test('joined histograms are those of the joined rows', () => {
  const codes = Int32Array.of(0, 1, 1, 2, 0, 2, 2);
  const column = { name: 's', role: 'sensitive', type: 'text', codes, dictionary: [null, 'a', 'b'] } as const;
  const fine = histogramOfRows(column, Int32Array.of(0, 0, 1, 1, 2, 2, 2), 3);
  expect(dense(joinGroups(fine, Int32Array.of(1, 0, 1), 2))).toEqual([
    [0, 1, 1],
    [2, 1, 2],
  ]);
});

function dense({ values, starts, codes, counts }: Histogram): number[][] {
  return Array.from({ length: starts.length - 1 }, (_, group) => {
    const row = Array<number>(values).fill(0);
    for (let at = starts[group]!; at < starts[group + 1]!; at++) row[codes[at]!] = counts[at]!;
    return row;
  });
}
