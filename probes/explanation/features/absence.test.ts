import { randomStreams } from '#stats/random';
import type { Domain, ImageDomain, TextDomain } from '#target/domain';
import { labelsOf } from '#target/head';
import { inMemory } from '#target/sample-source';
import { absenceOf, type AbsenceOptions } from './absence.js';

const picture: ImageDomain = {
  kind: 'image',
  layout: 'NCHW',
  shape: [2, 2, 2],
  range: [0, 9],
  mean: [0, 0],
  std: [1, 1],
};
const table: Domain = { kind: 'tabular', shape: [8], range: [0, 9], mean: [0], std: [1] };

function request(
  domain: Domain,
  rows: readonly number[][],
  sample: readonly number[],
  of = new Int32Array(sample.length),
) {
  const shape = [sample.length === 8 && domain.kind === 'image' ? [2, 2, 2] : [sample.length]].flat();
  return {
    domain,
    sample: { shape: [1, ...shape], data: Float32Array.from(sample) },
    features: { names: Array.from({ length: Math.max(...of) + 1 }, (_, i) => `${i}`), of },
    background: inMemory({
      inputs: { shape: [rows.length, ...shape], data: Float32Array.from(rows.flat()) },
      labels: labelsOf(new Float64Array(rows.length)),
      indices: rows.map((_, i) => i),
    }),
    random: randomStreams(7, 'absence'),
  };
}

const options = (absent: AbsenceOptions['absent'], backgroundRows = 100): AbsenceOptions => ({
  absent,
  backgroundRows,
});
const rows = [
  [0, 0, 0, 0, 4, 4, 4, 4],
  [2, 4, 6, 8, 0, 0, 0, 0],
];
const sample = [1, 2, 3, 4, 5, 6, 7, 8];
const dataOf = async (...parts: Parameters<typeof absenceOf>) => [...(await absenceOf(...parts)).background.data];

test('a table takes rows of the background, as many as asked for, and always the same', async () => {
  expect(await dataOf(request(table, rows, sample), options('auto'))).toEqual(rows.flat());
  const one = await dataOf(request(table, rows, sample), options('background', 1));
  expect(rows).toContainEqual(one);
  expect(await dataOf(request(table, rows, sample), options('background', 1))).toEqual(one);
  expect(await dataOf(request(table, rows, sample), options('mean'))).toEqual([1, 2, 3, 4, 2, 2, 2, 2]);
});

test('a picture takes the mean of each channel, or of its regions, or is blurred', async () => {
  expect(await dataOf(request(picture, rows, sample), options('auto'))).toEqual([2.5, 2.5, 2.5, 2.5, 2, 2, 2, 2]);
  const halves = Int32Array.of(0, 0, 1, 1, 0, 0, 1, 1);
  expect(await dataOf(request(picture, rows, sample, halves), options('region-mean'))).toEqual([
    1.5, 1.5, 3.5, 3.5, 5.5, 5.5, 7.5, 7.5,
  ]);
  const constant = await dataOf(request(picture, rows, new Array<number>(8).fill(3)), options('blur'));
  expect(constant).toEqual(new Array(8).fill(3));
});

test('a text takes the mask, or padding', async () => {
  const text: TextDomain = {
    kind: 'text',
    shape: [3],
    tokens: { vocabulary: 10, padding: 9, mask: null, special: [9] },
  };
  expect(await dataOf(request(text, [], [1, 2, 3]), options('auto'))).toEqual([9, 9, 9]);
  const masked: TextDomain = { ...text, tokens: { vocabulary: 10, padding: 9, mask: 8, special: [8, 9] } };
  expect(await dataOf(request(masked, [], [1, 2, 3]), options('auto'))).toEqual([8, 8, 8]);
  await expect(absenceOf(request(text, [], [1, 2, 3]), options('mean'))).rejects.toThrow(
    'absent tokens become a token of their own',
  );
  await expect(absenceOf(request({ kind: 'text', shape: [3] }, [], [1, 2, 3]), options('auto'))).rejects.toThrow(
    'neither a mask nor padding',
  );
});

test('what does not fit is said', async () => {
  await expect(absenceOf(request(table, rows, sample), options('blur'))).rejects.toThrow(
    '`absent: blur` is for pictures',
  );
  await expect(absenceOf(request(table, [], sample), options('auto'))).rejects.toThrow(
    'no real inputs beside the sample',
  );
});
