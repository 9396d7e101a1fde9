import { parse, type ParseError } from 'jsonc-parser';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { initialConfig, initialPolicy, type InitFacts, type InitFlags } from './init.js';
import { loadConfig } from './load.js';
import { loadPolicy } from './policy.js';

const FACTS: InitFacts = {
  modelFile: 'model.onnx',
  inputs: [{ name: 'pixel_values', type: 'float32', shape: ['batch', 3, 224, 224] }],
  outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 10] }],
  preprocessor: null,
};
/** As transformers 4 saves a ViTImageProcessor. */
const PREPROCESSOR = {
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
  image_processor_type: 'ViTImageProcessor',
  rescale_factor: 0.00392156862745098,
  size: { height: 224, width: 224 },
};
const FLAGS: InitFlags = {
  layout: 'NCHW',
  range: [0, 255],
  mean: [127.5],
  std: [64],
  head: 'classes',
  inputs: 'x.npy',
  labels: 'y.npy',
};

interface Written {
  readonly target: { readonly head: unknown; readonly domain: Readonly<Record<string, unknown>> } & Readonly<
    Record<string, unknown>
  >;
  readonly data: { readonly test: Readonly<Record<string, unknown>> };
  readonly audits: Readonly<Record<string, { readonly epsilons: unknown }>>;
}

function written(facts: InitFacts, flags: InitFlags): Written {
  const errors: ParseError[] = [];
  const value = parse(initialConfig(facts, flags), errors) as Written;
  expect(errors).toEqual([]);
  return value;
}

function load(text: string) {
  const cwd = temporaryFolder({ 'assay.config.jsonc': text, 'assay.policy.json': initialPolicy() });
  return loadConfig(undefined, { cwd, allowCode: false });
}

describe('initialConfig', () => {
  test('guesses neither range, layout, normalization nor head', () => {
    const { target, data, audits } = written(FACTS, {});
    expect(target.head).toBeNull();
    expect(target.domain).toEqual({ kind: 'image', layout: null, range: null, mean: null, std: null });
    expect(data.test).toEqual({ inputs: null, labels: null, sample: 500 });
    expect(Object.values(audits).map(({ epsilons }) => epsilons)).toEqual([null, null, null]);
  });

  test('is refused until it is filled in, with what is to fill in', async () => {
    const text = initialConfig(FACTS, {});
    const line = text.split('\n').findIndex((each) => each.includes('"head": null')) + 1;
    await expect(load(text)).rejects.toMatchObject({
      code: 'config',
      where: `assay.config.jsonc:${line}:5`,
      what: '`target.head` is null: fill in what the outputs mean, one of "classes", "binary", "multi-label" or "regression"; Assay never guesses it',
      mend: expect.stringMatching(/There are 7 more errors\.$/) as unknown,
    });
  });

  test('loads when the flags say all', async () => {
    const { config, policy } = await load(initialConfig(FACTS, FLAGS));
    expect(config.target).toMatchObject({
      head: 'classes',
      domain: { kind: 'image', layout: 'NCHW', range: [0, 255], mean: [127.5], std: [64] },
    });
    expect(config.audits['evasion/pgd']).toEqual({ epsilons: [8] });
    expect(policy.policy).toMatchObject({ preset: 'baseline', minimumSamples: 100, audits: {}, waivers: [] });
  });

  test('of a model of texts asks for what its folder does not say, and names no audit', async () => {
    const tokens = { type: 'int64', shape: ['n', 'length'] };
    const inputs = [
      { name: 'attention_mask', ...tokens },
      { name: 'input_ids', ...tokens },
    ];
    const texts = { input: 'input_ids', length: null, tokenizer: null };
    const text = initialConfig({ ...FACTS, inputs, texts }, { head: 'classes' });
    await expect(load(text)).rejects.toMatchObject({
      what: '`target.domain.tokenizer` is null: fill in the tokenizer.json that the model was trained with; Assay never guesses it',
      mend: expect.stringMatching(/There is 1 more error\.$/) as unknown,
    });
    const known = { ...texts, length: 128, tokenizer: { path: 'model/tokenizer.json' } };
    const flags: InitFlags = { head: 'classes', inputs: 'texts.csv', labels: 'label' };
    const { config } = await load(initialConfig({ ...FACTS, inputs, texts: known }, flags));
    expect(config.target?.domain).toMatchObject({ kind: 'text', length: 128 });
    expect(config.data.test).toMatchObject({ columns: ['text'], labels: 'label' });
    expect(config.audits).toEqual({});
  });

  test('says under each null how to find it', () => {
    const lines = initialConfig(FACTS, {}).split('\n');
    lines.forEach((line, index) => {
      if (!line.includes(': null') || line.includes('epsilons')) return;
      expect(commentsAbove(lines, index)).toContain('To fill in');
    });
  });

  test('takes what a preprocessor file says, and names it', () => {
    const facts = { ...FACTS, preprocessor: PREPROCESSOR };
    expect(written(facts, {}).target.domain).toEqual({
      kind: 'image',
      layout: null,
      range: [0, 1],
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    const lines = initialConfig(facts, {}).split('\n');
    for (const field of ['"range"', '"mean"', '"std"']) {
      const index = lines.findIndex((line) => line.includes(field));
      expect(commentsAbove(lines, index)).toContain('From preprocessor_config.json');
    }
  });

  test('a flag goes before a preprocessor file', () => {
    expect(written({ ...FACTS, preprocessor: PREPROCESSOR }, FLAGS).target.domain).toMatchObject({
      range: [0, 255],
      mean: [127.5],
      std: [64],
    });
  });

  test.each([
    ['channels_first', 'NCHW'],
    ['channels_last', 'NHWC'],
    ['none', null],
  ])('the data format %s is the layout %s', (format, layout) => {
    const preprocessor = { ...PREPROCESSOR, data_format: format };
    expect(written({ ...FACTS, preprocessor }, {}).target.domain).toMatchObject({ layout });
  });

  test.each([
    ['pixels are scaled by the caller', { do_rescale: false }],
    ['the factor is missing', { rescale_factor: null }],
    ['the factor is no number', { rescale_factor: '1/255' }],
    ['the factor is negative', { rescale_factor: -1 }],
    ['the factor overflows', { rescale_factor: 1e308 }],
    ['the range is shifted as well', { rescale_offset: true }],
  ])('the range is not known where %s', (_, change) => {
    const preprocessor = { ...PREPROCESSOR, ...change };
    expect(written({ ...FACTS, preprocessor }, {}).target.domain).toMatchObject({ range: null });
  });

  test.each([
    ['nothing is said', { do_normalize: null }],
    ['the mean is missing', { image_mean: null }],
    ['the mean is empty', { image_mean: [], image_std: [] }],
    ['the lengths differ', { image_std: [0.2] }],
    ['a deviation is zero', { image_std: [0.2, 0, 0.2] }],
    ['a deviation is no number', { image_std: [0.2, 'x', 0.2] }],
  ])('the normalization is not known where %s', (_, change) => {
    const preprocessor = { ...PREPROCESSOR, ...change };
    expect(written({ ...FACTS, preprocessor }, {}).target.domain).toMatchObject({ mean: null, std: null });
  });

  test('a preprocessor that does not normalize leaves mean and std out', () => {
    const { domain } = written({ ...FACTS, preprocessor: { ...PREPROCESSOR, do_normalize: false } }, {}).target;
    expect(Object.keys(domain)).toEqual(['kind', 'layout', 'range']);
  });

  test.each([[[]], [5], ['x'], [true]])('a preprocessor file that holds %j says nothing', (preprocessor) => {
    expect(written({ ...FACTS, preprocessor }, {}).target.domain).toMatchObject({ range: null, mean: null });
  });

  test('a table has no layout, and its epsilons are not guessed', async () => {
    const facts: InitFacts = { ...FACTS, inputs: [{ name: 'x', type: 'float32', shape: [null, 12] }] };
    const { layout: _, ...flags } = FLAGS;
    expect(written(facts, flags).target.domain).toEqual({ kind: 'tabular', range: [0, 255], mean: [127.5], std: [64] });
    await expect(load(initialConfig(facts, flags))).rejects.toThrow('`audits["evasion/noise"].epsilons` is null');
  });

  test('an input that is neither picture nor row has no kind yet', async () => {
    const facts: InitFacts = { ...FACTS, inputs: [{ name: 'x', type: 'float32', shape: [1, 2, 3] }] };
    await expect(load(initialConfig(facts, FLAGS))).rejects.toThrow('`target.domain.kind` is null');
  });

  test('a regression has a tolerance to fill in', async () => {
    await expect(load(initialConfig(FACTS, { ...FLAGS, head: 'regression' }))).rejects.toThrow(
      '`target.tolerance` is null: fill in how far a prediction may be from the truth',
    );
  });

  test('of several outputs one has to be named', async () => {
    const facts = { ...FACTS, outputs: [...FACTS.outputs, { name: 'features', type: 'float32', shape: [null, 64] }] };
    expect(initialConfig(facts, FLAGS)).toContain('// To fill in: which output to audit, "logits" or "features".');
    await expect(load(initialConfig(facts, FLAGS))).rejects.toThrow('`target.output` is null');
  });

  test('a label file is named', () => {
    expect(written({ ...FACTS, labelsFile: 'labels.txt' }, FLAGS).target).toMatchObject({ labels: 'labels.txt' });
  });

  test.each([0, 2])('a model with %d inputs is refused', (count) => {
    const inputs = Array.from({ length: count }, () => FACTS.inputs).flat();
    expect(() => initialConfig({ ...FACTS, inputs }, {})).toThrow(
      expect.objectContaining({
        code: 'model',
        message: `model.onnx: the model has ${count} inputs, and Assay audits models with one.`,
      }) as Error,
    );
  });

  test('no name in a model can write into the config', async () => {
    const evil = 'x\n"plugins": ["./evil.js"],\u2028\r"seed": 666, // */';
    const facts: InitFacts = {
      ...FACTS,
      modelFile: 'a "b"\n.onnx',
      inputs: [{ name: evil, type: evil, shape: [evil, 1, 2, 2] }],
      outputs: [{ name: evil, type: evil, shape: [evil] }],
    };
    const { config } = await load(initialConfig(facts, FLAGS));
    expect(config).toMatchObject({ plugins: [], seed: 0 });
    expect(config.target?.file).toMatch(/a "b"\n\.onnx$/);
  });

  test('fits a page of 110 columns', () => {
    for (const text of [initialConfig(FACTS, {}), initialPolicy()]) {
      expect(text.split('\n').filter((line) => line.length > 110)).toEqual([]);
    }
  });
});

test('the first policy is the default one, with its choices in comments', async () => {
  const cwd = temporaryFolder({ 'p.json': initialPolicy() });
  const { digest } = await loadPolicy('p.json', cwd);
  expect(digest).toBe((await loadPolicy(null)).digest);
});

function commentsAbove(lines: readonly string[], index: number): string {
  const end = lines.slice(0, index).findLastIndex((line) => !line.trim().startsWith('//'));
  return lines.slice(end + 1, index).join(' ');
}
