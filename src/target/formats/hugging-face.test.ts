import type { FileTargetConfig } from '#config/schema';
import type { ModelBytes } from '#engine/index';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { join } from 'node:path';
import { completedBy } from './hugging-face.js';

/** As transformers writes it for a ViT that was trained on pictures in [0, 1]. */
const VIT = {
  image_processor_type: 'ViTImageProcessor',
  ...{ do_resize: true, size: { height: 32, width: 32 }, resample: 2 },
  ...{ do_rescale: true, rescale_factor: 1 / 255, do_normalize: true },
  ...{ image_mean: [0.5, 0.4, 0.3], image_std: [0.5, 0.25, 0.2] },
};

function modelOf(files: Readonly<Record<string, unknown>>): ModelBytes {
  const bytes = Object.entries(files).map(
    ([name, json]) => [name, Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))] as const,
  );
  return { main: 'model.onnx', files: new Map([['model.onnx', Buffer.alloc(1)], ...bytes]) };
}

function configOf(more: Partial<FileTargetConfig> = {}, domain: object = {}): FileTargetConfig {
  return {
    ...{ file: '/m/model.onnx', head: 'classes' },
    ...more,
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], ...domain },
  };
}

const LABELS = { id2label: { 0: 'cat', 1: 'dog', 2: 'eel' } };

describe('labels', () => {
  test('are those of the folder where the config has none, in the order of their numbers', async () => {
    const shuffled = { id2label: { 2: 'eel', 0: 'cat', 1: 'dog' } };
    const { config, notes } = await completedBy(configOf(), modelOf({ 'config.json': shuffled }));
    expect(config.labels).toEqual(['cat', 'dog', 'eel']);
    expect(notes).toEqual(["The labels are those of config.json in the model's folder."]);
  });

  test.each([
    ['nobody named them', { id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } }],
    ['numbers are missing', { id2label: { 0: 'cat', 2: 'eel' } }],
    ['they are no texts', { id2label: { 0: 1, 1: 2 } }],
    ['there are none', {}],
  ])('stay away where %s', async (_, json) => {
    const { config, notes } = await completedBy(configOf(), modelOf({ 'config.json': json }));
    expect(config.labels).toBeUndefined();
    expect(notes).toEqual([]);
  });

  test('of the config are kept where they are the same, from a file too', async () => {
    const folder = temporaryFolder({ 'labels.txt': 'cat\ndog\neel\n' });
    for (const labels of [['cat', 'dog', 'eel'], join(folder, 'labels.txt')]) {
      const { config, notes } = await completedBy(configOf({ labels }), modelOf({ 'config.json': LABELS }));
      expect(config.labels).toEqual(labels);
      expect(notes).toEqual([]);
    }
  });

  test.each([
    [
      ['dog', 'cat', 'eel'],
      "config.json: label 0 of `target.labels` is `dog`, and in the model's folder `id2label` has `cat` there",
    ],
    [
      ['cat', 'dog', 'eel', 'fox'],
      "label 3 of `target.labels` is `fox`, and in the model's folder `id2label` has 3 labels",
    ],
  ])('that contradict the folder are refused: %j', async (labels, sentence) => {
    await expect(completedBy(configOf({ labels }), modelOf({ 'config.json': LABELS }))).rejects.toThrow(sentence);
  });
});

describe('the head', () => {
  test.each([
    ['classes', 'single_label_classification'],
    ['multi-label', 'multi_label_classification'],
    ['binary', 'multi_label_classification'],
    ['regression', 'regression'],
    ['classes', null],
    ['classes', 'something new'],
  ] as const)('%s fits the problem type %s', async (head, type) => {
    await expect(
      completedBy(configOf({ head }), modelOf({ 'config.json': { problem_type: type } })),
    ).resolves.toBeDefined();
  });

  test('that contradicts the problem type is refused', async () => {
    const model = modelOf({ 'config.json': { problem_type: 'multi_label_classification' } });
    await expect(completedBy(configOf(), model)).rejects.toThrow(
      "`target.head` is `classes`, and in the model's folder `problem_type` says `multi-label`",
    );
  });
});

describe('mean and deviation', () => {
  const model = modelOf({ 'preprocessor_config.json': VIT });

  test('are those of the folder where the config has none', async () => {
    const { config, notes } = await completedBy(configOf(), model);
    expect(config.domain).toMatchObject({ mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] });
    expect(notes).toEqual(["Mean and standard deviation are those of preprocessor_config.json in the model's folder."]);
  });

  test('are brought to the units of the range: of bytes they are 255 times as large', async () => {
    const { config } = await completedBy(configOf({}, { range: [0, 255] }), model);
    const { mean, std } = config.domain;
    expect(mean?.map((value) => Number(value.toFixed(9)))).toEqual([127.5, 102, 76.5]);
    expect(std?.map((value) => Number(value.toFixed(9)))).toEqual([127.5, 63.75, 51]);
  });

  test('that are given, rounded or one for all, have to agree', async () => {
    const rounded = configOf({}, { mean: [0.5001, 0.4, 0.3], std: [0.5, 0.25, 0.2] });
    expect((await completedBy(rounded, model)).config.domain.mean).toEqual([0.5001, 0.4, 0.3]);
    const one = modelOf({
      'preprocessor_config.json': { ...VIT, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] },
    });
    await expect(completedBy(configOf({}, { mean: [0.5], std: [0.5] }), one)).resolves.toBeDefined();
    await expect(
      completedBy(configOf({}, { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }), model),
    ).rejects.toThrow(
      "preprocessor_config.json: `target.domain.mean` is [0.485, 0.456, 0.406], and in the model's folder it is [0.5, 0.4, 0.3] in the units of the range",
    );
  });

  test('a range that does not begin where bytes do is refused', async () => {
    await expect(completedBy(configOf({}, { range: [-1, 1] }), model)).rejects.toThrow(
      '`target.domain.range` begins at -1',
    );
  });

  test('without normalization bytes are only rescaled, which a range of bytes turns into a deviation', async () => {
    const bare = modelOf({ 'preprocessor_config.json': { ...VIT, do_normalize: false } });
    expect((await completedBy(configOf(), bare)).config.domain.mean).toBeUndefined();
    const { config } = await completedBy(configOf({}, { range: [0, 255] }), bare);
    expect(config.domain).toMatchObject({ mean: [0], std: [255] });
  });

  test('a table has no pictures', async () => {
    const { config } = await completedBy(configOf({}, { kind: 'tabular' }), model);
    expect(config.domain.mean).toBeUndefined();
  });

  test('steps that are not known are an error, or a note where the config says what is to be known', async () => {
    const strange = modelOf({ 'preprocessor_config.json': { ...VIT, do_magic: true } });
    await expect(completedBy(configOf(), strange)).rejects.toThrow('`do_magic` is a step that is not known');
    const { notes } = await completedBy(configOf({}, { mean: [0.5], std: [0.5] }), strange);
    expect(notes[0]).toMatch(/was not compared with preprocessor_config\.json.*do_magic/);
  });
});

test.each(['', '[1]', '{"id2label": {"0": "cat"', '"a"'])(
  'a file that is no JSON object is refused: %j',
  async (text) => {
    const code = { code: 'model', where: 'config.json' };
    await expect(completedBy(configOf(), modelOf({ 'config.json': text }))).rejects.toMatchObject(code);
  },
);

test('a model that is itself called config.json is no facts about itself', async () => {
  const { config } = await completedBy(configOf(), {
    main: 'config.json',
    files: new Map([['config.json', Buffer.from('x')]]),
  });
  expect(config.labels).toBeUndefined();
});

describe('what is done to pictures before they are samples', () => {
  const model = modelOf({ 'preprocessor_config.json': { ...VIT, crop_size: { height: 24, width: 24 } } });

  test.each([
    [[0, 1], 1 / 255],
    [[0, 255], 1],
  ] as const)('is what the folder says, in the units of the range %j', async (range, rescale) => {
    const { pictures } = await completedBy(configOf({}, { range }), model);
    expect(pictures).toEqual({
      ...{ resize: { kind: 'exact', height: 32, width: 32 }, interpolation: 'bilinear' },
      ...{ crop: { height: 24, width: 24 }, channels: 'RGB', orient: false, rescale },
    });
  });

  test('stays away where it is not said, not known, or there are no pictures', async () => {
    expect((await completedBy(configOf(), modelOf({}))).pictures).toBeNull();
    expect((await completedBy(configOf({}, { kind: 'tabular' }), model)).pictures).toBeNull();
    const strange = modelOf({ 'preprocessor_config.json': { ...VIT, do_magic: true } });
    expect((await completedBy(configOf({}, { mean: [0.5], std: [0.5] }), strange)).pictures).toBeNull();
  });
});

describe('the shape of a picture, which exports of Optimum leave open', () => {
  test.each([
    ['exact size', { size: { height: 32, width: 48 } }, { num_channels: 3 }, [3, 32, 48]],
    ['crop', { size: { shortest_edge: 40 }, crop_size: { height: 24, width: 24 } }, { num_channels: 1 }, [1, 24, 24]],
    ['size of the model alone', null, { num_channels: 3, image_size: 16 }, [3, 16, 16]],
    ['two sides of the model', null, { num_channels: 3, image_size: [16, 20] }, [3, 16, 20]],
    ['shorter edge alone, which leaves it open', { size: { shortest_edge: 40 } }, { num_channels: 3 }, null],
    ['number of channels missing', { size: { height: 32, width: 48 } }, {}, null],
  ])('from the %s', async (_, preprocessor, json, shape) => {
    const files = {
      'config.json': json,
      ...(preprocessor === null ? {} : { 'preprocessor_config.json': { ...VIT, ...preprocessor } }),
    };
    expect((await completedBy(configOf(), modelOf(files))).sample).toEqual(shape);
    expect((await completedBy(configOf({}, { kind: 'tabular' }), modelOf(files))).sample).toBeNull();
  });
});
