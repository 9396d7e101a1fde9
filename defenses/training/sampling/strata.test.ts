import type { ImageDomain, ScalarColumn, TabularDomain } from '#target/domain';
import type { Head } from '#target/head';
import { inMemory, samplesAt, type SampleSource } from '#target/sample-source';
import { absentClasses } from './absent-classes.js';
import { checkOversampling, strataOf } from './strata.js';

const CLASSES: Head = { kind: 'classes', count: 4 };
const units = { offset: 0, factor: 1 };
const scalar = (name: string, position: number, change: Partial<ScalarColumn>): ScalarColumn => ({
  ...{ kind: 'numeric', name, immutable: false, position, range: [0, 9], grid: null, categories: null, units },
  ...change,
});

const TABLE: TabularDomain = {
  kind: 'tabular',
  shape: [6],
  range: [0, 9],
  mean: [0],
  std: [1],
  columns: [
    scalar('income', 0, {}),
    { kind: 'one-hot', name: 'colour', immutable: true, positions: [1, 2, 3], categories: ['r', 'g', 'b'] },
    scalar('rooms', 4, { kind: 'integer', grid: { origin: 0, step: 0.1 } }),
    scalar('rank', 5, { kind: 'ordinal', grid: { origin: 1, step: 2 }, categories: ['a', 'b', 'c'] }),
  ],
};
const IMAGE: ImageDomain = { kind: 'image', layout: 'NCHW', shape: [1, 1, 6], range: [0, 9], mean: [0], std: [1] };

function sourceWith(rows: readonly (readonly number[])[], labels: readonly number[], width = 1): SampleSource {
  return inMemory({
    inputs: { shape: [rows.length, 6], data: Float32Array.from(rows.flat()) },
    labels: { width, values: Float64Array.from(labels) },
    indices: rows.map((_, i) => i),
  });
}

/** Rows of (colour, rooms in tenths, rank). */
const rowsOf = (...given: readonly (readonly [number, number, number])[]) =>
  given.map(([colour, rooms, rank]) => [
    0.5,
    ...[0, 1, 2].map((place) => Number(place === colour)),
    rooms / 10,
    1 + 2 * rank,
  ]);

const ROWS = rowsOf([0, 3, 0], [2, 3, 1], [0, 7, 1], [0, 3, 0], [2, 7, 2]);
const FACTS = { source: sourceWith(ROWS, [3, 0, 3, 0, 3]), head: CLASSES, domain: TABLE };

test('nothing oversampled has no strata', async () => {
  expect(await strataOf({ classes: false, groups: [] }, FACTS)).toBeNull();
});

test.each<[boolean, string[], number[]]>([
  [true, [], [0, 1, 0, 1, 0]],
  [false, ['colour'], [0, 1, 0, 0, 1]],
  [false, ['rooms'], [0, 0, 1, 0, 1]],
  [false, ['rank'], [0, 1, 1, 0, 2]],
  [false, ['colour', 'rooms'], [0, 1, 2, 0, 3]],
  [true, ['colour'], [0, 1, 0, 2, 3]],
])('classes %p and the groups %p', async (classes, groups, expected) => {
  expect([...(await strataOf({ classes, groups }, FACTS))!]).toEqual(expected);
});

describe('groups of the training data', () => {
  const samples = { inputs: { shape: [5, 6], data: Float32Array.from(ROWS.flat()) }, indices: [0, 1, 2, 3, 4] };
  const labels = { width: 1, values: Float64Array.of(3, 0, 3, 0, 3) };
  const groups = [
    { name: 'ward', values: ['a', null, 'b', 'a', null] },
    // As the column of the domain says it, which is what counts.
    { name: 'colour', values: ['x', 'x', 'x', 'x', 'x'] },
  ];
  const facts = { ...FACTS, source: inMemory({ ...samples, labels }, groups) };

  test.each<[boolean, string[], number[]]>([
    [false, ['ward'], [0, 1, 2, 0, 1]],
    [true, ['ward'], [0, 1, 2, 3, 4]],
    [false, ['colour', 'ward'], [0, 1, 2, 0, 1]],
    [false, ['colour'], [0, 1, 0, 0, 1]],
  ])('classes %p and the groups %p', async (classes, names, expected) => {
    expect([...(await strataOf({ classes, groups: names }, facts))!]).toEqual(expected);
  });

  test('a target without columns has them too, and keeps them when samples are held out', async () => {
    const source = samplesAt(facts.source, [4, 2, 0]);
    expect([...(await strataOf({ classes: false, groups: ['ward'] }, { ...facts, source, domain: IMAGE }))!]).toEqual([
      0, 1, 2,
    ]);
  });

  test('are not known before data were read, and any name may be one', () => {
    const given = { classes: false, groups: ['ward'] };
    expect(() => checkOversampling(given, { head: CLASSES, domain: IMAGE })).not.toThrow();
    expect(() => checkOversampling(given, { head: CLASSES, domain: IMAGE, trainGroups: ['shift'] })).toThrow(
      'These are: shift.',
    );
  });
});

test('reads inputs chunk by chunk, and only for groups', async () => {
  const n = 600;
  const rows = rowsOf(...Array.from({ length: n }, (_, i): [number, number, number] => [i % 3, i % 7, 0]));
  const source = sourceWith(rows, Array<number>(n).fill(0));
  const sizes: number[] = [];
  const watched: SampleSource = {
    ...source,
    range: (start, end) => {
      sizes.push(end - start);
      return source.range(start, end);
    },
  };
  const facts = { ...FACTS, source: watched };
  await strataOf({ classes: true, groups: [] }, facts);
  expect(sizes).toEqual([]);
  // 21 combinations, of which the first 21 samples have one each.
  const strata = await strataOf({ classes: false, groups: ['rooms', 'colour'] }, facts);
  expect(sizes).toEqual([256, 256, 88]);
  expect([...strata!]).toEqual(Array.from({ length: n }, (_, i) => i % 21));
});

test('of several labels the rarest is the class of a sample, and none is one more', async () => {
  const head: Head = { kind: 'multi-label', count: 3 };
  // The first label is present 4 times, the second and the third 2 times.
  const labels = [
    [1, 0, 0],
    [1, 1, 0],
    [0, 0, 0],
    [1, 1, 1],
    [1, 0, 1],
  ].flat();
  const facts = { source: sourceWith(ROWS, labels, 3), head, domain: TABLE };
  expect([...(await strataOf({ classes: true, groups: [] }, facts))!]).toEqual([0, 1, 2, 1, 3]);
});

test.each<[string[], TabularDomain | ImageDomain, string]>([
  [
    ['colour', 'income'],
    TABLE,
    '`oversampling.groups` names "income", which is neither a categorical column of `target.domain` nor a group of the training data. ' +
      'These are: colour, rooms, rank.',
  ],
  [['age'], TABLE, 'names "age", which is neither'],
  [['colour'], IMAGE, 'There are none: name in `data.train.groups` a table that says them.'],
])('the groups %p are refused', async (groups, domain, sentence) => {
  await expect(strataOf({ classes: false, groups }, { ...FACTS, domain })).rejects.toThrow(sentence);
});

test('a regression has no classes', async () => {
  const facts = { ...FACTS, head: { kind: 'regression', count: 1, tolerance: 1 } as const };
  await expect(strataOf({ classes: true, groups: [] }, facts)).rejects.toThrow(
    'the head `regression` has no classes to oversample. Set `oversampling.classes` to false.',
  );
  expect(await strataOf({ classes: false, groups: ['rank'] }, facts)).toHaveLength(5);
});

test.each<[Head, number, number[], number[]]>([
  [CLASSES, 1, [3, 0, 3], [1, 2]],
  [CLASSES, 1, [0, 1, 2, 3], []],
  [{ kind: 'binary' }, 1, [1, 1], [0]],
  [{ kind: 'multi-label', count: 3 }, 3, [1, 0, 0, 1, 0, 1], [1]],
  [{ kind: 'regression', count: 1, tolerance: 1 }, 1, [0.5], []],
])('the head %p lacks classes', (head, width, values, expected) => {
  expect(absentClasses({ width, values: Float64Array.from(values) }, head)).toEqual(expected);
});
