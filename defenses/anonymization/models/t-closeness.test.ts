import fc from 'fast-check';
import type { Hierarchy } from '../contract.js';
import { equalDistance, hierarchicalDistance, orderedDistance, type DistanceOf } from './distances.js';
import { tClosenessModel } from './t-closeness.js';
import { classOf, tableOf, type Value } from './testing/classes.js';
import type { EncodedTable } from '../contract.js';

function distance(of: DistanceOf, table: EncodedTable, values: readonly Value[]): number {
  const model = tClosenessModel({ column: 's', missing: 'left-out', t: 0.5, distanceName: 'a distance', distance: of });
  return model.bind(table).measure(classOf(table, values));
}

/** Li, Li & Venkatasubramanian 2007, tables 3 and 5: records 1 to 9. */
const SALARY = ['3', '4', '5', '6', '11', '8', '7', '9', '10'];
const DISEASE = [
  'gastric ulcer',
  'gastritis',
  'stomach cancer',
  'gastritis',
  'flu',
  'bronchitis',
  'bronchitis',
  'pneumonia',
  'stomach cancer',
];
const CLASSES = [
  [1, 3, 8],
  [4, 5, 6],
  [2, 7, 9],
];
const chosen = (values: readonly string[], records: readonly number[]) => records.map((i) => values[i - 1] ?? '');

describe('the examples of the paper', () => {
  const salary = tableOf(SALARY, 'integer');

  test('salaries of {3, 4, 5} are 0.375 from the table, those of {6, 8, 11} 0.167', () => {
    expect(distance(orderedDistance(null), salary, ['3', '4', '5'])).toBe(0.375);
    expect(distance(orderedDistance(null), salary, ['6', '8', '11'])).toBe(1 / 6);
  });

  test('its table 5 is 0.167-close in salary', () => {
    const distances = CLASSES.map((records) => distance(orderedDistance(null), salary, chosen(SALARY, records)));
    expect(Math.max(...distances)).toBe(1 / 6);
  });

  test('flu is 1/3 from bronchitis, 2/3 from pulmonary embolism and 3/3 from stomach cancer', () => {
    const values = ['flu', 'bronchitis', 'pulmonary embolism', 'stomach cancer'];
    const hierarchy = hierarchyOf([
      [1, 2, 3, 4],
      [1, 1, 2, 3],
      [1, 1, 1, 2],
      [1, 1, 1, 1],
    ]);
    // Between a class of flu alone and a table of two values, half of the mass moves as far as they are apart.
    for (const [other, expected] of [
      ['bronchitis', 1 / 6],
      ['pulmonary embolism', 2 / 6],
      ['stomach cancer', 3 / 6],
    ] as const) {
      const table = tableOf(['flu', other], 'text', [null, ...values]);
      expect(distance(hierarchicalDistance(hierarchy), table, ['flu'])).toBeCloseTo(expected, 15);
    }
  });

  test('diseases of its table 5, by hand', () => {
    // In ninths: ulcer +2, cancer +1, gastritis -2 below stomach; pneumonia +2, flu -1, bronchitis -2 below infections. So 2/9 move
    // a third of the way on both sides, and 1/9 the whole way: 7/27; and so on for the other classes.
    const table = tableOf(DISEASE);
    // In order of appearance: ulcer, gastritis, cancer | flu, bronchitis, pneumonia.
    const hierarchy = hierarchyOf([
      [1, 2, 3, 4, 5, 6],
      [1, 1, 1, 2, 2, 2],
      [1, 1, 1, 2, 2, 2],
      [1, 1, 1, 1, 1, 1],
    ]);
    const distances = CLASSES.map((records) =>
      distance(hierarchicalDistance(hierarchy), table, chosen(DISEASE, records)),
    );
    expect(distances).toEqual([7 / 27, 8 / 27, 5 / 27]);
  });
});

test('equal distance is half the L1 distance', () => {
  const table = tableOf(['a', 'a', 'b', 'c']);
  expect(distance(equalDistance, table, ['a', 'a', 'b', 'c'])).toBe(0);
  expect(distance(equalDistance, table, ['b'])).toBe(0.75);
  expect(distance(equalDistance, table, ['a', 'b'])).toBe(0.25);
});

test('what is t by hand holds at t, whatever the sizes', () => {
  for (let n = 1; n < 200; n++) {
    const table = tableOf([...Array.from({ length: n }, () => 'a'), ...Array.from({ length: n }, () => 'b')]);
    const model = tClosenessModel({
      ...({ column: 's', missing: 'left-out', t: 0.5 } as const),
      ...{ distanceName: 'equal distance', distance: equalDistance },
    });
    expect(
      model.bind(table).holds(
        classOf(
          table,
          Array.from({ length: n }, () => 'a'),
        ),
      ),
    ).toBe(true);
  }
});

describe('an order', () => {
  test('is that of numbers, not of texts', () => {
    const table = tableOf(['2', '10', '9'], 'integer');
    // 2 9 10: all mass at 2 against a third each: (2/3 + 1/3) / 2.
    expect(distance(orderedDistance(null), table, ['2'])).toBe(0.5);
    expect(distance(orderedDistance(null), table, ['9'])).toBeCloseTo(1 / 3, 15);
  });

  test('may be given, with values that the table lacks', () => {
    const table = tableOf(['low', 'high']);
    expect(distance(orderedDistance(['low', 'high']), table, ['low'])).toBe(0.5);
    expect(distance(orderedDistance(['low', 'middle', 'high']), table, ['low'])).toBe(0.5);
    expect(distance(orderedDistance(['low', 'high', 'highest']), table, ['low'])).toBe(0.25);
  });

  test('of texts has to be given, and has to have all values', () => {
    const table = tableOf(['low', 'high']);
    expect(() => distance(orderedDistance(null), table, ['low'])).toThrow(
      't-closeness by an order is asked for `s`, whose values are texts. List its values from the least to the greatest in `order`',
    );
    expect(() => distance(orderedDistance(['low', 'middle']), table, ['low'])).toThrow('`s` has the value "high"');
  });

  test('has no place for a missing value', () => {
    const table = tableOf(['1', null], 'integer');
    const model = tClosenessModel({
      ...({ column: 's', missing: 'own-value', t: 0.5 } as const),
      ...{ distanceName: 'ordered distance', distance: orderedDistance(null) },
    });
    expect(() => model.bind(table)).toThrow('a missing value of `s` has no place in an order');
  });
});

test('a class whose values are all missing tells nothing of the known ones', () => {
  const table = tableOf(['1', '2', null], 'integer');
  for (const each of [equalDistance, orderedDistance(null)]) expect(distance(each, table, [null])).toBe(0);
});

test('a value that the table lacks moves its whole share', () => {
  const table = tableOf(['1', '2'], 'integer', [null, '1', '2', '3']);
  expect(distance(equalDistance, table, ['3'])).toBe(1);
  expect(distance(orderedDistance(null), table, ['3'])).toBe(0.75);
});

describe('a hierarchy', () => {
  test('without one group at its top has a root above it', () => {
    const table = tableOf(['a', 'b', 'c', 'd']);
    const open = hierarchyOf([
      [1, 2, 3, 4],
      [1, 1, 2, 2],
    ]);
    const whole = hierarchyOf([
      [1, 2, 3, 4],
      [1, 1, 2, 2],
      [1, 1, 1, 1],
    ]);
    for (const values of [['a'], ['a', 'b'], ['a', 'c'], ['a', 'b', 'c']]) {
      expect(distance(hierarchicalDistance(open), table, values)).toBe(
        distance(hierarchicalDistance(whole), table, values),
      );
    }
    expect(distance(hierarchicalDistance(open), table, ['a', 'b'])).toBe(0.5);
  });

  test('of its values alone is the equal distance', () => {
    const table = tableOf(['a', 'a', 'b', 'c']);
    const flat = hierarchyOf([[1, 2, 3]]);
    for (const values of [['a'], ['b', 'c'], ['a', 'b']]) {
      expect(distance(hierarchicalDistance(flat), table, values)).toBe(distance(equalDistance, table, values));
    }
  });

  test('of another table is refused', () => {
    const table = tableOf(['a', 'b', 'c']);
    expect(() => distance(hierarchicalDistance(hierarchyOf([[1, 2]])), table, ['a'])).toThrow('is of another table');
  });

  test('measures as flows along the edges of a tree do', () => {
    // Leaves whose lowest common group has height h are 2h edges apart: with edges of 1/(2H) the same metric, and on a tree the
    // distance is the sum over edges of what crosses them.
    fc.assert(
      fc.property(trees, ({ hierarchy, table, values }) => {
        expect(distance(hierarchicalDistance(hierarchy), table, values)).toBeCloseTo(
          flow(hierarchy, table, values),
          12,
        );
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

function flow({ levels }: Hierarchy, { columns: [column], rows }: EncodedTable, values: readonly Value[]): number {
  const height = levels.length - 1;
  const codeOf = (value: Value) => column?.dictionary.indexOf(value) ?? 0;
  let sum = 0;
  for (const { groupOf } of levels.slice(0, height)) {
    const extra = new Map<number, number>();
    const add = (code: number, share: number) => {
      const group = groupOf[code] ?? 0;
      extra.set(group, (extra.get(group) ?? 0) + share);
    };
    for (const value of values) add(codeOf(value), 1 / values.length);
    for (const code of column?.codes ?? []) add(code, -1 / rows);
    for (const share of extra.values()) sum += Math.abs(share);
  }
  return sum / (2 * height);
}

/** Levels by the group of each value; code 0, the missing, stays a group of its own below the top. */
function hierarchyOf(levels: readonly (readonly number[])[]): Hierarchy {
  return {
    column: 's',
    leaves: levels[0]?.length ?? 0,
    levels: levels.map((groups) => {
      const count = Math.max(...groups) + 1;
      const labels = Array.from({ length: count }, (_, group) => (group === 0 ? null : `group ${group}`));
      return { groupOf: Int32Array.from([0, ...groups]), labels, leavesUnder: new Int32Array(count) };
    }),
  };
}

/** Each level joins random groups of the one before, and the last is one group. */
const trees = fc
  .record({
    leaves: fc.integer({ min: 2, max: 8 }),
    merges: fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 9, maxLength: 9 }), { maxLength: 3 }),
    table: fc.array(fc.nat(7), { minLength: 1, maxLength: 30 }),
    members: fc.array(fc.nat(29), { minLength: 1, maxLength: 10 }),
  })
  .map(({ leaves, merges, table: drawn, members }) => {
    const levels = [Array.from({ length: leaves }, (_, i) => i + 1)];
    for (const merge of merges) levels.push((levels.at(-1) ?? []).map((group) => merge[group] ?? 1));
    levels.push(Array.from({ length: leaves }, () => 1));
    const values = drawn.map((value) => String(value % leaves));
    const dictionary = [null, ...Array.from({ length: leaves }, (_, i) => String(i))];
    return {
      hierarchy: hierarchyOf(levels),
      table: tableOf(values, 'text', dictionary),
      values: members.map((i) => values[i % values.length] ?? '0'),
    };
  });
