import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PNG } from 'pngjs';
import { row } from '#base/tensor';
import type { SamplesConfig } from '#config/schema';
import type { ImageDomain, TabularDomain } from '#target/domain';
import type { Head } from '#target/head';
import { loadSamples, type SamplesOverride } from '../load-samples.js';
import type { SampleFacts } from './source.js';

const root = mkdtempSync(join(tmpdir(), 'assay-pictures-'));
afterAll(() => rmSync(root, { recursive: true }));

const RGB: ImageDomain = { kind: 'image', layout: 'NCHW', shape: [3, 2, 4], range: [0, 255], mean: [0], std: [1] };
const CLASSES: Head = { kind: 'classes', count: 3 };

/** A picture of 4 x 2 pixels whose red counts the pixels, green is `green` and blue 7. */
function picture(green: number, width = 4, height = 2): Buffer {
  const png = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) png.data.set([i, green, 7, 255], 4 * i);
  return PNG.sync.write(png);
}

/** Writes files below a new folder and gives it. */
function folderOf(files: Readonly<Record<string, Buffer | string>>): string {
  const folder = mkdtempSync(join(root, 'case-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const THREE = {
  'cat/b.png': picture(1),
  'cat/a.png': picture(2),
  'ape/x/y.png': picture(3),
  'dog/a.jpg': picture(4),
  'dog/.hidden': 'nothing',
  'dog/Thumbs.db': 'nothing',
};

function load(
  folder: string,
  config: Partial<SamplesConfig> = {},
  facts: Partial<SampleFacts> = {},
  override: SamplesOverride = {},
) {
  return loadSamples({ inputs: folder, ...config }, { domain: RGB, head: CLASSES, ...facts }, 0, override);
}

const refusal = async (folder: string, config: Partial<SamplesConfig> = {}, facts: Partial<SampleFacts> = {}) =>
  load(folder, config, facts).then(
    () => 'nothing',
    (thrown: unknown) => (thrown as Error).message.replaceAll(`${folder}/`, '').replaceAll(folder, 'FOLDER'),
  );

/** The green of each sample, which says what picture it is. */
const greens = (samples: { inputs: { shape: readonly number[]; data: Float32Array } }) =>
  Array.from({ length: samples.inputs.shape[0]! }, (_, i) => row(samples.inputs, i)[8]);

test('inputs without truth are all pictures of the folder and below it, of no class and in no need of labels', async () => {
  const folder = folderOf({ ...THREE, 'zebra.png': picture(5) });
  const { samples, card } = await load(folder, {}, { truth: 'none' }, { role: 'the concept "fur"' });
  expect(greens(samples)).toEqual([3, 2, 1, 4, 5]);
  expect([...samples.labels.values]).toEqual(Array<number>(5).fill(NaN));
  expect(card).toMatchObject({ role: 'the concept "fur"', used: 5, drawn: 'all 5 samples', classes: [] });
  const { card: drawn } = await load(folder, {}, { truth: 'none' }, { most: 2 });
  expect(drawn.drawn).toBe('2 of 5 samples, drawn at random with seed 0');
  expect(await refusal(folderOf({}), {}, { truth: 'none' })).toBe('FOLDER: the folder has no pictures.');
});

describe('a folder a class', () => {
  test('in the order of their names, each by the names of its pictures, whatever these end in', async () => {
    const { samples, card } = await load(folderOf(THREE));
    expect(greens(samples)).toEqual([3, 2, 1, 4]);
    expect([...samples.labels.values]).toEqual([0, 1, 1, 2]);
    expect([...row(samples.inputs, 0)]).toEqual([
      ...[0, 1, 2, 3, 4, 5, 6, 7],
      ...Array<number>(8).fill(3),
      ...Array<number>(8).fill(7),
    ]);
    expect(card).toMatchObject({
      available: 4,
      used: 4,
      files: [
        {
          bytes: Object.values(THREE)
            .slice(0, 4)
            .reduce((sum, { length }) => sum + length, 0),
        },
      ],
    });
    expect(card.files).toHaveLength(1);
  });

  test('in the order of the labels', async () => {
    const { samples } = await load(folderOf(THREE), {}, { labels: ['dog', 'cat', 'ape'] });
    expect([...samples.labels.values]).toEqual([2, 1, 1, 0]);
  });

  test('channels last, in the order that is asked for, and times the scale', async () => {
    const domain: ImageDomain = { ...RGB, layout: 'NHWC', shape: [2, 4, 3], range: [0, 1] };
    const config = { pictures: { channels: 'BGR' }, scale: 1 / 255 } as const;
    const { samples } = await load(folderOf(THREE), config, { domain });
    expect([...row(samples.inputs, 0).subarray(0, 6)]).toEqual(
      [7, 3, 0, 7, 3, 1].map((byte) => Math.fround(byte / 255)),
    );
  });

  test('gray where the model takes one channel', async () => {
    const domain: ImageDomain = { ...RGB, shape: [1, 2, 4] };
    const { samples } = await load(
      folderOf({ 'a/1.png': picture(100) }),
      {},
      { domain, head: CLASSES, labels: ['a', 'b', 'c'] },
    );
    // (19595 red + 38470 green + 7471 blue + 32768) / 65536
    expect([...samples.inputs.data]).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((red) => (19595 * red + 3_847_000 + 52_297 + 32_768) >> 16),
    );
  });

  test('resized and cropped as the config says', async () => {
    const config: Partial<SamplesConfig> = {
      pictures: { resize: [4, 8], crop: [2, 4], interpolation: 'nearest' },
    };
    const { samples } = await load(folderOf(THREE), config);
    expect([...row(samples.inputs, 0).subarray(0, 8)]).toEqual([1, 1, 2, 2, 5, 5, 6, 6]);
  });

  test('as a preprocessor file says, or the target', async () => {
    const folder = folderOf(THREE);
    const file = join(root, 'preprocessor_config.json');
    const content = {
      do_resize: true,
      size: { height: 2, width: 4 },
      resample: 0,
      do_flip_channel_order: true,
      rescale_factor: 0.5,
    };
    writeFileSync(file, JSON.stringify(content));
    // In the units of the range, whatever the file's own are: mean and deviation belong to the target.
    const byFile = await load(folder, { pictures: file });
    expect(row(byFile.samples.inputs, 0)[0]).toBe(7);
    const halves = { ...RGB, range: [0, 127.5] as const };
    expect(row((await load(folder, { pictures: file }, { domain: halves })).samples.inputs, 0)[0]).toBe(3.5);
    const around = load(folder, { pictures: file }, { domain: { ...RGB, range: [-1, 1] } });
    await expect(around).rejects.toThrow('`target.domain.range` begins at -1');
    const pictures = {
      resize: null,
      crop: null,
      interpolation: 'bilinear',
      channels: 'BGR',
      orient: false,
      rescale: 1,
    } as const;
    const byTarget = await load(folder, {}, { pictures });
    expect(byTarget.samples.inputs).toEqual(byFile.samples.inputs);
    // The config goes before the target.
    const byConfig = await load(folder, { pictures: {} }, { pictures });
    expect(row(byConfig.samples.inputs, 0)[0]).toBe(0);
  });

  test('draws by label and reads no other picture', async () => {
    const files: Record<string, Buffer> = {};
    for (let i = 0; i < 30; i++) files[`${'abc'[i % 3]}/${String(i).padStart(2, '0')}.png`] = picture(i);
    const folder = folderOf(files);
    const { samples, card } = await load(folder, { sample: 6 });
    expect(card.classes.map(({ count }) => count)).toEqual([2, 2, 2]);
    samples.indices.forEach((index, i) => {
      expect(greens(samples)[i]).toBe(Math.floor(index / 10) + 3 * (index % 10));
    });
    const undrawn = [...Array(30).keys()].find((index) => !samples.indices.includes(index))!;
    const green = Math.floor(undrawn / 10) + 3 * (undrawn % 10);
    writeFileSync(join(folder, `${'abc'[green % 3]}/${String(green).padStart(2, '0')}.png`), 'no picture');
    expect((await load(folder, { sample: 6 })).card.digest).toBe(card.digest);
  });

  test('its digest is of names and contents', async () => {
    const digest = async (files: Readonly<Record<string, Buffer | string>>) =>
      (await load(folderOf(files))).card.files[0]!.sha256;
    const first = await digest(THREE);
    expect(await digest(THREE)).toBe(first);
    expect(await digest({ ...THREE, 'dog/a.jpg': picture(5) })).not.toBe(first);
    const { 'dog/a.jpg': moved, ...others } = THREE;
    expect(await digest({ ...others, 'dog/b.jpg': moved })).not.toBe(first);
  });

  test.each<[string, Readonly<Record<string, Buffer | string>>, Partial<SamplesConfig>, Partial<SampleFacts>, string]>([
    ['an empty folder', {}, {}, {}, 'FOLDER: the folder is empty.'],
    ['an empty class', { ...THREE, 'eel/.x': '' }, {}, {}, 'eel: the class has no pictures.'],
    [
      'a file beside the classes',
      { ...THREE, 'a.png': picture(1) },
      {},
      {},
      'a.png: the file lies beside the folders of the classes. Move it into the folder of its class, or name in `labels` a CSV of `file` and `label`.',
    ],
    [
      'another file in a class',
      { ...THREE, 'cat/notes.txt': 'x' },
      {},
      {},
      'cat/notes.txt: this is not a PNG, JPEG or WebP picture by its name.',
    ],
    [
      'what only has the name of a picture',
      { ...THREE, 'cat/c.png': 'GIF89a' },
      {},
      {},
      'cat/c.png: this is not a PNG, JPEG or WebP picture but a GIF.',
    ],
    ['an empty file', { ...THREE, 'cat/c.png': '' }, {}, {}, 'cat/c.png: the file is empty.'],
    [
      'a picture that is cut off',
      { ...THREE, 'cat/c.png': picture(1).subarray(0, 60) },
      {},
      {},
      'cat/c.png: the PNG picture is cut off.',
    ],
    [
      'another size',
      { ...THREE, 'cat/c.png': picture(1, 5, 5) },
      {},
      {},
      'cat/c.png: the picture is 5 x 5 pixels and the target takes 4 x 2. Set `pictures.resize` to [2, 4]',
    ],
    [
      'another number of classes',
      { ...THREE, 'eel/a.png': picture(1) },
      {},
      {},
      'FOLDER: there are 4 folders, and the target has 3 classes. List the names',
    ],
    [
      'a folder of no class',
      THREE,
      {},
      { labels: ['ape', 'cat', 'cow'] },
      'dog: the folder has the name of no class in `target.labels`. The labels are "ape", "cat", "cow".',
    ],
    [
      'a head of several labels',
      THREE,
      {},
      { head: { kind: 'multi-label', count: 3 } },
      'FOLDER: a folder a class is one label a sample, and the head is `multi-label`.',
    ],
    [
      'another number of channels',
      THREE,
      { pictures: { channels: 'gray' } },
      {},
      '`pictures.channels`: pictures are made gray, and the target takes 3 channels.',
    ],
    [
      'bytes where the domain is 0 to 1',
      THREE,
      {},
      { domain: { ...RGB, range: [0, 1] } },
      "is outside the domain's range [0, 1]. If the file holds bytes from 0 to 255, set `scale` to 0.00392156862745098.",
    ],
    [
      'more than can be held',
      THREE,
      { pictures: { resize: [60_000, 60_000] } },
      { domain: { ...RGB, shape: [3, 60_000, 60_000] } },
      'FOLDER: 4 samples of [3, 60000, 60000] need 164795 MiB, more than the 4096 that are held. Set `sample`',
    ],
    ['columns of a table', THREE, { groups: ['x'] }, {}, 'FOLDER: `groups` is given, and only a table has that.'],
    [
      'a tabular domain',
      THREE,
      {},
      { domain: { kind: 'tabular', shape: [4], range: [0, 1], mean: [0], std: [1] } satisfies TabularDomain },
      'FOLDER: a folder of pictures is given, and the domain of the target is `tabular`.',
    ],
  ])('refuses %s', async (_, files, config, facts, sentence) => {
    expect(await refusal(folderOf(files), config, facts)).toMatch(sentence);
  });

  test('refuses links that lead out of the folder, and takes those that stay in it', async () => {
    const folder = folderOf(THREE);
    symlinkSync(join(folder, 'cat/a.png'), join(folder, 'cat/link.png'));
    expect(greens((await load(folder)).samples)).toEqual([3, 2, 1, 2, 4]);
    const secret = join(root, 'secret.png');
    writeFileSync(secret, picture(9));
    symlinkSync(secret, join(folder, 'dog/z.png'));
    expect(await refusal(folder)).toBe(
      'dog/z.png: this is a link that leads out of the folder of pictures. Copy the file into the folder.',
    );
  });

  test('refuses links in a circle', async () => {
    const folder = folderOf(THREE);
    symlinkSync(folder, join(folder, 'dog/again.png'));
    expect(await refusal(folder)).toMatch(/^dog\/again\.png: /);
    const loop = folderOf(THREE);
    symlinkSync(join(loop, 'dog/loop.png'), join(loop, 'dog/loop.png'));
    expect(await refusal(loop)).toMatch('dog/loop.png: there is no such file.');
  });
});

describe('a CSV of file and label', () => {
  const FLAT = { '1.png': picture(1), 'sub/2.png': picture(2), '3.png': picture(3) };
  const list = (text: string): string => {
    const file = join(mkdtempSync(join(root, 'list-')), 'labels.csv');
    writeFileSync(file, text);
    return file;
  };

  test('in its order, by index or name, repeats allowed, other columns as groups', async () => {
    const labels = list('label,file,ward\n2,sub/2.png,a\ncat,1.png,\n2,sub/2.png,b\n0,3.png,b\n');
    const { samples, groups, card } = await load(folderOf(FLAT), { labels }, { labels: ['ape', 'cat', 'dog'] });
    expect(greens(samples)).toEqual([2, 1, 2, 3]);
    expect([...samples.labels.values]).toEqual([2, 1, 2, 0]);
    expect(groups).toEqual([{ name: 'ward', values: ['a', null, 'b', 'b'] }]);
    expect(card.files.map(({ name }) => name)).toEqual([expect.stringMatching('case-'), 'labels.csv']);
  });

  test('for regression the number', async () => {
    const labels = list('file,label\n1.png,0.25\n3.png,-2\n');
    const head: Head = { kind: 'regression', count: 1, tolerance: 1 };
    const { samples } = await load(folderOf(FLAT), { labels }, { head });
    expect([...samples.labels.values]).toEqual([0.25, -2]);
  });

  test.each([
    ['files outside', 'file,label\n../x.png,0\n', '"../x.png" is not a file in the folder'],
    ['absolute paths', 'file,label\n/etc/passwd,0\n', '"/etc/passwd" is not a file in the folder'],
    ['files that are not there', 'file,label\n7.png,0\n', '7.png: there is no such file.'],
    [
      'a header of its own',
      'path,label\n1.png,0\n',
      'header: there is no column "file". A list of pictures has the columns `file` and `label`.',
    ],
    [
      'an unknown class',
      'file,label\n1.png,cow\n',
      'the label "cow" of sample 0 is no number and no name in `target.labels`. List the names',
    ],
    ['no label', 'file,label\n1.png,\n', 'sample 0 has no label.'],
    ['a class that is none', 'file,label\n1.png,3\n', 'label 3 of sample 0 is outside 0 to 2.'],
    ['no file', 'file,label\n,1\n', 'record 1: no file is named.'],
    ['nothing', 'file,label\n', 'no pictures are listed.'],
  ])('refuses %s', async (_, text, sentence) => {
    expect(await refusal(folderOf(FLAT), { labels: list(text) })).toMatch(sentence);
  });
});
