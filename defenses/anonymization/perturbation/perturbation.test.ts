import fc from 'fast-check';
import type { Column, ColumnType } from '#data/table';
import { randomStreams } from '#stats/random';
import type { EncodedColumn, EncodedTable } from '../contract.js';
import { encodeTable } from '../encoding/encode.js';
import { countMatches } from '../match-counts.js';
import { suppressLocally } from './local-suppression.js';
import { addNoise } from './noise.js';
import { pram } from './pram.js';
import { rankSwap } from './rank-swapping.js';
import type { NoiseOptions, PramOptions } from './options.js';
import { topBottomCode } from './top-bottom.js';

type Value = string | number | null;

const textsOf = (values: readonly Value[]): Column['values'] =>
  values.map((value) => (value === null ? null : String(value)));

function tableOf(columns: readonly (readonly Value[])[], type: ColumnType = 'text'): EncodedTable {
  return encodeTable({
    name: 'people.csv',
    rows: columns[0]?.length ?? 0,
    columns: columns.map((values, i) => ({
      name: String.fromCharCode(97 + i),
      role: 'quasi-identifier',
      type,
      values: textsOf(values),
    })),
  });
}

const columnOf = (values: readonly Value[], type: ColumnType = 'integer'): EncodedColumn =>
  tableOf([values], type).columns[0]!;
const written = ({ codes, dictionary }: EncodedColumn): (string | null)[] =>
  Array.from(codes, (code) => dictionary[code] ?? null);
const range = (length: number) => Array.from({ length }, (_, i) => i);
const streams = (name: string | number = 0) => randomStreams(7, name);

describe('top and bottom coding', () => {
  test('writes the threshold for all beyond it, and leaves the rest', () => {
    const { column, effect } = topBottomCode(columnOf([3, 95, null, 90, 12, 101]), {
      top: { at: { value: 90 } },
      bottom: { at: { value: 10 } },
    });
    expect(written(column)).toEqual(['10', '90', null, '90', '12', '90']);
    expect(effect).toMatchObject({ changed: 3, emptied: 0, present: 5 });
    expect(effect.numbers?.sse).toBe(7 ** 2 + 5 ** 2 + 11 ** 2);
    expect(effect.numbers?.mean).toEqual({ before: 301 / 5, after: 292 / 5 });
  });

  test('a quantile is the least value that at least that share is not above', () => {
    const ten = columnOf([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(written(topBottomCode(ten, { top: { at: { quantile: 0.8 } } }).column).slice(7)).toEqual(['80', '80', '80']);
    expect(written(topBottomCode(ten, { top: { at: { quantile: 0.75 } } }).column).slice(6)).toEqual([
      '70',
      '80',
      '80',
      '80',
    ]);
    expect(written(topBottomCode(ten, { bottom: { at: { quantile: 0 } } }).column)).toEqual(written(ten));
  });

  test('writes a mean, or a label, which makes texts', () => {
    const ages = columnOf([30, 91, 94]);
    const mean = topBottomCode(ages, { top: { at: { value: 89 }, write: 'mean' } });
    expect(written(mean.column)).toEqual(['30', '93', '93']);
    const label = topBottomCode(ages, { top: { at: { value: 89 }, write: { label: '90+' } } });
    expect(written(label.column)).toEqual(['30', '90+', '90+']);
    expect([mean.column.type, label.column.type]).toEqual(['integer', 'text']);
    expect(label.effect.numbers).toBeNull();
  });

  test('dates have thresholds, too', () => {
    const { column } = topBottomCode(columnOf(['1920-05-01', '1980-01-01'], 'date'), {
      bottom: { at: { value: '1936-01-01' } },
    });
    expect(written(column)).toEqual(['1936-01-01', '1980-01-01']);
  });

  test.each([
    ['words', () => topBottomCode(columnOf(['a'], 'text'), {}), 'needs numbers, dates or times'],
    [
      'a threshold that is no date',
      () => topBottomCode(columnOf(['2020-01-01'], 'date'), { top: { at: { value: 'old' } } }),
      'the threshold old is no date',
    ],
    [
      'thresholds the wrong way round',
      () => topBottomCode(columnOf([1]), { top: { at: { value: 2 } }, bottom: { at: { value: 3 } } }),
      'the bottom threshold 3 is above the top threshold 2',
    ],
  ])('%s end in a sentence', (_, ask, sentence) => {
    expect(ask).toThrow(sentence);
  });
});

describe('post-randomization', () => {
  const OPTIONS: PramOptions = { kind: 'invariant', keep: 0.8, amount: 1 };

  test('the plain matrix keeps a value with the probability that is asked for', () => {
    const { transition, values } = pram(
      columnOf(['a', 'b', 'c', null], 'text'),
      { ...OPTIONS, kind: 'plain' },
      streams(),
    );
    expect(values).toEqual(['a', 'b', 'c']);
    expect(transition.map((row) => [...row].map((p) => Number(p.toFixed(12))))).toEqual([
      [0.8, 0.1, 0.1],
      [0.1, 0.8, 0.1],
      [0.1, 0.1, 0.8],
    ]);
  });

  test('the invariant matrix of two values by hand', () => {
    // t = (3, 1), P = .8 .2 / .2 .8: tP = (2.6, 1.4). q_1 = (2.4, .2) / 2.6, q_2 = (.6, .8) / 1.4.
    const { transition } = pram(columnOf(['a', 'a', 'a', 'b'], 'text'), OPTIONS, streams());
    expect(transition[0]![0]).toBeCloseTo((0.8 * 2.4) / 2.6 + (0.2 * 0.6) / 1.4, 14);
    expect(transition[1]![0]).toBeCloseTo((0.2 * 2.4) / 2.6 + (0.8 * 0.6) / 1.4, 14);
  });

  test('rows add up to 1, and the invariant matrix leaves any frequencies as they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, keep, amount) => {
          const { transition, counts } = pram(columnOf(values, 'text'), { kind: 'invariant', keep, amount }, streams());
          for (const row of transition) expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
          counts.before.forEach((count, j) => {
            const expected = counts.before.reduce((sum, t, i) => sum + t * transition[i]![j]!, 0);
            expect(expected).toBeCloseTo(count, 10);
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  test('frequencies come out within three standard errors, of the plain kind as its matrix says', () => {
    const values = range(3000).map((i) => (i % 10 < 6 ? 'a' : i % 10 < 9 ? 'b' : 'c'));
    for (const kind of ['invariant', 'plain'] as const) {
      const { counts, transition, effect } = pram(columnOf(values, 'text'), { ...OPTIONS, kind }, streams(kind));
      counts.after.forEach((after, j) => {
        const mean = counts.before.reduce((sum, t, i) => sum + t * transition[i]![j]!, 0);
        const variance = counts.before.reduce(
          (sum, t, i) => sum + t * transition[i]![j]! * (1 - transition[i]![j]!),
          0,
        );
        expect(Math.abs(after - mean)).toBeLessThan(3 * Math.sqrt(variance));
        if (kind === 'invariant') expect(mean).toBeCloseTo(counts.before[j]!, 8);
      });
      expect(effect.changed).toBeGreaterThan(0);
    }
  });

  test('a given matrix moves values as it says, to new ones too; missing values stay', () => {
    const { column, effect } = pram(
      columnOf(['a', 'b', null], 'text'),
      { ...OPTIONS, kind: 'plain', matrix: { a: { c: 1 }, b: { b: 1 } } },
      streams(),
    );
    expect(written(column)).toEqual(['c', 'b', null]);
    expect(effect).toMatchObject({ changed: 1, present: 2 });
  });

  test('amount 0 changes nothing, and a row depends on nothing but its place', () => {
    const values = range(200).map((i) => 'abc'[i % 3]!);
    expect(pram(columnOf(values, 'text'), { ...OPTIONS, amount: 0 }, streams()).effect.changed).toBe(0);
    const plain = { ...OPTIONS, kind: 'plain' as const };
    const all = written(pram(columnOf(values, 'text'), plain, streams()).column);
    expect(written(pram(columnOf(values.slice(0, 90), 'text'), plain, streams()).column)).toEqual(all.slice(0, 90));
  });

  test.each([
    ['rows that do not add up', { a: { a: 0.5 } }, 'the probabilities of the value a add up to 0.5'],
    ['a value without a row', { z: { z: 1 } }, 'says nothing of the value a'],
  ])('%s end in a sentence', (_, matrix, sentence) => {
    expect(() => pram(columnOf(['a'], 'text'), { ...OPTIONS, matrix }, streams())).toThrow(sentence);
  });

  test('a thousand and one values are no categories', () => {
    expect(() => pram(columnOf(range(1001)), OPTIONS, streams())).toThrow('1001 different values');
  });
});

describe('rank swapping', () => {
  test('keeps the values, and swaps none further apart than the window', () => {
    const cell = fc.option(fc.integer({ min: 0, max: 60 }), { freq: 9 });
    fc.assert(
      fc.property(
        fc.array(cell, { maxLength: 80 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer(),
        (values, window, seed) => {
          const result = rankSwap(columnOf(values), { window }, streams(seed));
          const after = written(result.column);
          const sorted = (list: readonly Value[]) => [...textsOf(list)].sort();
          expect(sorted(after)).toEqual(sorted(values));
          expect(after.map((value) => value === null)).toEqual(values.map((value) => value === null));
          const present = values.filter((value) => value !== null).sort((a, b) => a - b);
          const reach = Math.floor((window / 100) * present.length);
          expect(result.farthest).toBeLessThanOrEqual(reach);
          const isNear = after.map((text, row) => {
            const [a, b] = [values[row]!, Number(text)].sort((x, y) => x - y);
            // Of equal values those that lie nearest each other.
            return text === null || present.indexOf(b!) - present.lastIndexOf(a!) <= reach;
          });
          expect(isNear).not.toContain(false);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('of four values with a window of one rank each trades with its neighbour', () => {
    const result = rankSwap(columnOf([40, 10, 30, 20]), { window: 25 }, streams());
    expect(written(result.column)).toEqual(['30', '20', '40', '10']);
    expect(result).toMatchObject({ pairs: 2, farthest: 1, effect: { changed: 4 } });
  });

  test('draws partners evenly from the window', () => {
    // The lowest of 9 values trades with one of the 4 above it.
    const partners = range(2000).map(
      (seed) => written(rankSwap(columnOf(range(9)), { window: 45 }, streams(seed)).column)[0],
    );
    for (const partner of ['1', '2', '3', '4']) {
      // 500 expected, standard deviation 19.4.
      expect(Math.abs(partners.filter((value) => value === partner).length - 500)).toBeLessThan(4 * 19.4);
    }
  });
});

describe('additive noise', () => {
  const OPTIONS: NoiseOptions = { amount: 0.5, correlated: false, round: true, limit: false };

  test('has the standard deviation that is asked for, and rounds as the column does', () => {
    const values = range(3000).map((i) => (i % 100) / 10);
    const [result] = addNoise([columnOf(values, 'number')], OPTIONS, streams());
    const { effect, column } = result!;
    const deviation = effect.numbers!.deviation.before;
    // sse / n estimates the variance with a relative standard error of sqrt(2 / 3000) = 0.026; rounding adds 1/1200.
    expect(effect.numbers!.sse / 3000 / (0.25 * deviation ** 2)).toBeCloseTo(1, 0.7);
    expect(Math.abs(effect.numbers!.sse / 3000 / (0.25 * deviation ** 2) - 1)).toBeLessThan(3 * 0.026);
    expect(Math.abs(effect.numbers!.correlation! - 1 / Math.sqrt(1.25))).toBeLessThan(0.02);
    expect(column.dictionary.every((text) => text === null || /^-?\d+(\.\d)?$/.test(text))).toBe(true);
  });

  test('keeps integers, or makes numbers of them on request; missing stays missing', () => {
    const column = columnOf([1, null, 1000]);
    const [rounded] = addNoise([column], OPTIONS, streams());
    expect(written(rounded!.column)[1]).toBeNull();
    expect(written(rounded!.column).every((text) => text === null || /^-?\d+$/.test(text))).toBe(true);
    const [exact] = addNoise([column], { ...OPTIONS, round: false }, streams());
    expect(exact!.column.type).toBe('number');
    const [limited] = addNoise([column], { ...OPTIONS, amount: 50, limit: true }, streams());
    expect(written(limited!.column).every((text) => text === null || (Number(text) >= 1 && Number(text) <= 1000))).toBe(
      true,
    );
  });

  test('correlated noise keeps the correlation, noise of each its own weakens it', () => {
    const first = range(3000).map((i) => (i * 7919) % 1000);
    const second = first.map((value, i) => 2 * value + ((i * 104729) % 100));
    const correlation = (columns: readonly EncodedColumn[]) => {
      const [x, y] = columns.map((column) => written(column).map(Number));
      const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
      const [mx, my] = [mean(x!), mean(y!)];
      const dot = (a: readonly number[], ma: number, b: readonly number[], mb: number) =>
        a.reduce((sum, value, i) => sum + (value - ma) * (b[i]! - mb), 0);
      return dot(x!, mx, y!, my) / Math.sqrt(dot(x!, mx, x!, mx) * dot(y!, my, y!, my));
    };
    const columns = [columnOf(first), columnOf(second)];
    const noisy = (correlated: boolean) =>
      correlation(addNoise(columns, { ...OPTIONS, correlated }, streams()).map(({ column }) => column));
    const before = correlation(columns);
    expect(before).toBeGreaterThan(0.99);
    expect(Math.abs(noisy(true) - before)).toBeLessThan(0.002);
    // In expectation before / 1.25.
    expect(Math.abs(noisy(false) - before / 1.25)).toBeLessThan(0.02);
  });

  test('a constant column gets none, nor does a column and its double get different ones', () => {
    const [constant] = addNoise([columnOf([5, 5, 5])], OPTIONS, streams());
    expect(constant!.effect.changed).toBe(0);
    const [one, two] = addNoise(
      [
        columnOf(range(50), 'number'),
        columnOf(
          range(50).map((i) => 2 * i),
          'number',
        ),
      ],
      { ...OPTIONS, correlated: true, round: false },
      streams(),
    );
    const [x, y] = [written(one!.column).map(Number), written(two!.column).map(Number)];
    expect(Math.max(...x.map((value, i) => Math.abs(2 * value - y[i]!)))).toBeLessThan(1e-9);
  });
});

describe('local suppression', () => {
  const k2 = { k: 2 };

  test('empties the cell that keeps a record from the others', () => {
    const table = tableOf([
      ['x', 'x', 'x', 'y'],
      ['m', 'm', 'f', 'f'],
    ]);
    // x f is one cell from x m, and y f then one from x *.
    const result = suppressLocally(table, { ...k2, importance: ['a', 'b'] });
    expect(result.columns.map(({ column }) => written(column))).toEqual([
      ['x', 'x', 'x', null],
      ['m', 'm', null, 'f'],
    ]);
    expect(result).toMatchObject({ cells: 2, emptiedRows: 0, smallestClass: 2 });
  });

  test('spares the columns that matter more', () => {
    const table = tableOf([
      ['x', 'x', 'y'],
      ['m', 'm', 'm'],
      ['p', 'q', 'q'],
    ]);
    for (const [importance, emptied] of [
      [['a', 'c', 'b'], 2],
      [['c', 'a', 'b'], 0],
    ] as const) {
      const { columns } = suppressLocally(table, { k: 2, importance: [...importance] });
      expect(columns[emptied]!.effect.emptied).toBeGreaterThan(0);
      expect(columns[1]!.effect.emptied).toBe(0);
    }
  });

  test('fewer records than k lose everything', () => {
    const result = suppressLocally(tableOf([['x', 'x']]), { k: 3 });
    expect(result).toMatchObject({ cells: 2, emptiedRows: 2, smallestClass: 0 });
    expect(suppressLocally(tableOf([[]]), { k: 3 })).toMatchObject({ cells: 0, smallestClass: 0, rounds: 0 });
  });

  test('whatever the table, every record that has a value left agrees with k', () => {
    const cell = fc.option(fc.constantFrom('a', 'b', 'c'), { freq: 8 });
    const table = fc
      .integer({ min: 1, max: 5 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 25 }),
      );
    fc.assert(
      fc.property(table, fc.integer({ min: 2, max: 5 }), (rows, k) => {
        const columns = rows[0]!.map((_, i) => rows.map((row) => row[i]!));
        const encoded = tableOf(columns);
        const result = suppressLocally(encoded, { k });
        const after = rows.map((_, row) => result.columns.map(({ column }) => written(column)[row] ?? null));
        const left = after.filter((row) => row.some((value) => value !== null));
        const agree = (one: readonly Value[], other: readonly Value[]) =>
          one.every((value, i) => value === null || other[i] === null || value === other[i]);
        expect(left.every((row) => left.filter((other) => agree(row, other)).length >= k)).toBe(true);
        // Nothing but emptying, and nothing where all was well.
        expect(after.every((row, i) => row.every((value, j) => value === null || value === rows[i]![j]))).toBe(true);
        const { combinations } = countMatches(
          encoded.columns.map(({ codes, dictionary }) => ({ codes, size: dictionary.length })),
          rows.length,
          'matches-everything',
        );
        expect(result.cells > 0).toBe(combinations.some(({ matches }) => matches < k));
        expect(suppressLocally(encoded, { k })).toEqual(result);
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ['an unknown column', () => suppressLocally(tableOf([['x']]), { k: 2, importance: ['z'] }), 'importance names z'],
    [
      '31 columns',
      () => suppressLocally(tableOf(Array.from({ length: 31 }, () => ['x'])), k2),
      '1 to 30 quasi-identifiers',
    ],
  ])('%s end in a sentence', (_, ask, sentence) => {
    expect(ask).toThrow(sentence);
  });
});
