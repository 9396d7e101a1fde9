import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { SampleFacts } from '#data/sources/source';
import { readSample, sampleRequestOf } from './sample.js';

const absolute = (path: string) => join('/somewhere', path);

test.each([
  ['17', { kind: 'index', index: 17 }],
  ['{"Age": 31}', { kind: 'row', json: '{"Age": 31}' }],
  ['[1, 2]', { kind: 'row', json: '[1, 2]' }],
  ['photos/17.png', { kind: 'picture', path: '/somewhere/photos/17.png' }],
])('%s names a sample', (said, request) => {
  expect(sampleRequestOf(said, absolute)).toEqual(request);
});

test.each(['1.5', '-1'])('%s names none', (said) => {
  expect(() => sampleRequestOf(said, absolute)).toThrow('this is no sample: indices are whole numbers from 0');
});

const image: SampleFacts = {
  domain: { kind: 'image', layout: 'NCHW', shape: [1, 28, 28], range: [0, 1], mean: [0], std: [1] },
  head: { kind: 'classes', count: 10 },
};
const table: SampleFacts = {
  domain: { kind: 'tabular', shape: [2], range: [0, 10], mean: [0, 0], std: [1, 1] },
  head: { kind: 'binary' },
};
const pictures = {
  inputs: join(packageRoot(), 'fixtures/data/fashion-test-images.idx3-ubyte.gz'),
  labels: join(packageRoot(), 'fixtures/data/fashion-test-labels.idx1-ubyte.gz'),
  scale: 1 / 255,
  sample: 3,
};

describe('an index', () => {
  test('is of the whole data set, whatever is drawn of it', async () => {
    const { samples, name } = await readSample({ kind: 'index', index: 17 }, pictures, image, 0);
    const { samples: all } = await readSample({ kind: 'index', index: 0 }, pictures, image, 0);
    expect([name, samples.indices, [...samples.labels.values]]).toEqual(['sample 17', [17], [4]]);
    expect(all.indices).toEqual([0]);
    expect(samples.inputs.shape).toEqual([1, 1, 28, 28]);
  });

  test('beyond the data names what there is', async () => {
    await expect(readSample({ kind: 'index', index: 10_000_000 }, pictures, image, 0)).rejects.toThrow(
      /there is no sample 10000000: the data has [\d,]+\. Their indices are 0 to \d+/,
    );
    await expect(readSample({ kind: 'index', index: 0 }, undefined, image, 0)).rejects.toThrow(
      '`data.test` is missing',
    );
  });
});

describe('a row', () => {
  test('is a list in the order of the model, or named by the columns of the data', async () => {
    const list = await readSample({ kind: 'row', json: '[3, 4]' }, undefined, table, 0);
    const columns = { ...pictures, columns: ['b', 'a'], scale: 2 };
    const named = await readSample({ kind: 'row', json: '{"a": 2, "b": 1.5}' }, columns, table, 0);
    expect([...list.samples.inputs.data]).toEqual([3, 4]);
    expect([...named.samples.inputs.data]).toEqual([3, 4]);
    expect(list.digest).toBe(named.digest);
    expect([list.samples.indices, [...list.samples.labels.values]]).toEqual([[-1], [NaN]]);
  });

  test.each([
    ['{"a": ', 'the row: it is no JSON'],
    ['[1, 2, 3]', 'it is a list of 3, and the target takes 2 numbers'],
    ['[1, "2"]', 'the target takes 2 numbers'],
    ['[1, 11]', "is outside the domain's range [0, 10]"],
  ])('%s is refused', async (json, sentence) => {
    await expect(readSample({ kind: 'row', json }, undefined, table, 0)).rejects.toThrow(sentence);
  });
});

test.each([
  [{ kind: 'row', json: '[1, 2]' } as const, image, 'a row as JSON is given, and the domain of the target is `image`'],
  [{ kind: 'text', text: 'good' } as const, image, 'a text is given, and the domain of the target is `image`'],
  [{ kind: 'picture', path: '/a/b.png' } as const, table, 'b.png, no index and no row, is given'],
  [{ kind: 'picture', path: '/nowhere/b.png' } as const, image, '/nowhere/b.png'],
])('%j of another kind of target is refused', async (request, facts, sentence) => {
  await expect(readSample(request, undefined, facts, 0)).rejects.toThrow(sentence);
});
