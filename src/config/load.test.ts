import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { loadConfig } from './load.js';

const JSONC = `{
  // What is audited.
  "target": {
    "file": "models/m.onnx",
    "head": "classes",
    "labels": "labels.txt",
    "domain": { "kind": "image", "layout": "NCHW", "range": [0, 255] /* bytes */ },
  },
  "data": {
    "test": { "inputs": "data.npz#x_test", "labels": "/elsewhere/y.npy", "sample": 10 },
    "table": { "file": "people.csv", "roles": { "age": "quasi-identifier" } },
  },
  "audits": { "evasion/pgd": [{ "epsilons": 4 }, { "epsilons": [4, 8] }] },
}`;

const YAML = `# What is audited.
target:
  file: models/m.onnx
  head: classes
  labels: labels.txt
  domain: { kind: image, layout: NCHW, range: &bytes [0, 255] }
data:
  test:
    inputs: data.npz#x_test
    labels: /elsewhere/y.npy
    sample: 10
  table:
    file: people.csv
    roles:
      age: quasi-identifier
audits:
  evasion/pgd:
    - epsilons: 4
    - epsilons: [4, 8]
`;

const MINIMAL = '{ "audits": {} }';
const options = (cwd: string) => ({ cwd, allowCode: false });

describe('a good config', () => {
  test('is completed, with absolute paths', async () => {
    const cwd = temporaryFolder({ 'assay.config.jsonc': JSONC });
    const loaded = await loadConfig(undefined, options(cwd));
    expect(loaded.file).toBe(join(cwd, 'assay.config.jsonc'));
    expect(loaded.allowCode).toBe(false);
    expect(loaded.policy).toMatchObject({ file: null, policy: { preset: 'baseline', minimumSamples: 100 } });
    expect(loaded.config).toEqual({
      target: {
        file: join(cwd, 'models/m.onnx'),
        head: 'classes',
        labels: join(cwd, 'labels.txt'),
        domain: { kind: 'image', layout: 'NCHW', range: [0, 255] },
      },
      data: {
        test: { inputs: join(cwd, 'data.npz#x_test'), labels: '/elsewhere/y.npy', sample: 10 },
        table: { file: join(cwd, 'people.csv'), roles: { age: 'quasi-identifier' } },
      },
      engine: 'auto',
      device: 'auto',
      seed: 0,
      plugins: [],
      audits: { 'evasion/pgd': [{ epsilons: 4 }, { epsilons: [4, 8] }] },
      explain: {},
      out: join(cwd, 'assay-runs'),
      // The table declares what of a person it tells.
      samples: 'ids',
      language: 'en',
      keep: 64,
      execution: { workers: 1, threads: availableParallelism(), batchSize: 128, memoryMiB: 4096 },
    });
  });

  test('says the same in YAML', async () => {
    const cwd = temporaryFolder({ 'a.jsonc': JSONC, 'a.yml': YAML });
    const json = await loadConfig('a.jsonc', options(cwd));
    const yaml = await loadConfig('a.yml', options(cwd));
    expect(yaml.config).toEqual(json.config);
    expect(yaml.digest).toBe(json.digest);
  });

  test('says the same in a JSON that other programs write', async () => {
    const plain = temporaryFolder({ 'assay.config.json': '{"audits":{}}' });
    const marked = temporaryFolder({ 'assay.config.json': '\uFEFF{\r\n"audits":\r\n{}}' });
    const expected = (await loadConfig(undefined, options(plain))).digest;
    expect((await loadConfig(undefined, options(marked))).digest).toBe(expected);
  });

  test('gives paths that do not depend on where Assay runs', async () => {
    const cwd = temporaryFolder({ 'configs/a.jsonc': JSONC });
    const below = await loadConfig('a.jsonc', options(join(cwd, 'configs')));
    const above = await loadConfig('configs/a.jsonc', options(cwd));
    expect(above.config).toEqual(below.config);
    expect(above.config.target?.file).toBe(join(cwd, 'configs/models/m.onnx'));
  });

  test('finds its policy beside itself, or where the command line says', async () => {
    const cwd = temporaryFolder({
      'configs/a.json': '{ "audits": {}, "policy": "p.json" }',
      'configs/p.json': '{ "minimumSamples": 1 }',
      'other.json': '{ "minimumSamples": 2 }',
    });
    const own = await loadConfig('configs/a.json', options(cwd));
    expect(own.policy).toMatchObject({ file: join(cwd, 'configs/p.json'), policy: { minimumSamples: 1 } });
    const overrides = { policy: 'other.json', out: 'runs' };
    const other = await loadConfig('configs/a.json', { ...options(cwd), overrides });
    expect(other.policy).toMatchObject({ file: join(cwd, 'other.json'), policy: { minimumSamples: 2 } });
    expect(other.config.out).toBe(join(cwd, 'runs'));
    expect(other.digest).toBe(own.digest);
  });

  test('names plugins only with leave; paths become absolute, packages keep their names', async () => {
    const cwd = temporaryFolder({
      'assay.config.json': '{ "audits": {}, "plugins": ["./a.js", "assay-plugin-x", "@team/assay-plugin-y"] }',
    });
    await expect(loadConfig(undefined, options(cwd))).rejects.toThrow('--allow-code');
    const loaded = await loadConfig(undefined, { cwd, allowCode: true });
    expect(loaded.allowCode).toBe(true);
    expect(loaded.config.plugins).toEqual([join(cwd, 'a.js'), 'assay-plugin-x', '@team/assay-plugin-y']);
  });
});

describe('the digest', () => {
  async function digestOf(text: string): Promise<string> {
    return (await loadConfig('c.jsonc', { cwd: temporaryFolder({ 'c.jsonc': text }), allowCode: true })).digest;
  }
  const changed = (from: string, to: string) => {
    expect(JSONC).toContain(from);
    return digestOf(JSONC.replace(from, to));
  };

  test.each([
    ['the folder', '"models/m.onnx"', '"other/m.onnx"'],
    ['a label file', '"labels.txt"', '"names.txt"'],
    ['a data file', '"data.npz#x_test"', '"x.npy"'],
    ['a table', '"people.csv"', '"persons.csv"'],
    ['the machine', '"audits": {', '"execution": { "workers": 2, "batchSize": 7 }, "audits": {'],
    ['the run folder', '"audits": {', '"out": "elsewhere", "audits": {'],
    ['where plugins lie', '"audits": {', '"plugins": ["./a.js"], "audits": {'],
    ['comments', '// What is audited.', '// Something else.'],
    ['a default that is written out', '"audits": {', '"seed": 0, "engine": "auto", "audits": {'],
  ])('does not depend on %s', async (_, from, to) => {
    expect(await changed(from, to)).toBe(await digestOf(JSONC));
  });

  test.each([
    ['the head', '"head": "classes"', '"head": "multi-label"'],
    ['the labels', '"labels.txt"', '["cat", "dog"]'],
    ['the range', '[0, 255]', '[0, 1]'],
    ['the layout', '"NCHW"', '"NHWC"'],
    ['the slice of the data', '"sample": 10', '"sample": 11'],
    ['the scale of the data', '"sample": 10', '"sample": 10, "scale": 0.5'],
    ['a role', '"quasi-identifier"', '"sensitive"'],
    ['an option', '"epsilons": 4 }', '"epsilons": 5 }'],
    ['an audit', '"audits": {', '"audits": { "evasion/noise": {}, '],
    ['the seed', '"audits": {', '"seed": 1, "audits": {'],
    ['the device', '"audits": {', '"device": "cpu", "audits": {'],
    ['the engine', '"audits": {', '"engine": "onnx", "audits": {'],
    ['what is shown', '"audits": {', '"samples": "show", "audits": {'],
    ['how much is kept', '"audits": {', '"keep": 3, "audits": {'],
  ])('depends on %s', async (_, from, to) => {
    expect(await changed(from, to)).not.toBe(await digestOf(JSONC));
  });
});

test('inputs are shown where no personal data is declared, and where the config says so', async () => {
  const samplesOf = async (text: string) =>
    (await loadConfig(undefined, options(temporaryFolder({ 'assay.config.jsonc': text })))).config.samples;
  expect(await samplesOf(MINIMAL)).toBe('show');
  expect(await samplesOf(JSONC.replace('"quasi-identifier"', '"insensitive"'))).toBe('show');
  expect(await samplesOf(JSONC)).toBe('ids');
  expect(await samplesOf(JSONC.replace('"audits": {', '"samples": "show", "audits": {'))).toBe('show');
});

describe('looking for a config', () => {
  test.each(['json', 'jsonc', 'yaml', 'yml'])('finds assay.config.%s', async (end) => {
    const cwd = temporaryFolder({ [`assay.config.${end}`]: MINIMAL });
    expect((await loadConfig(undefined, options(cwd))).file).toBe(join(cwd, `assay.config.${end}`));
  });

  test.each([
    [
      'none',
      {},
      'there is no assay.config.json, assay.config.jsonc, assay.config.yaml, assay.config.yml or assay.config.ts. Write one with `assay init model.onnx`, or name the file.',
    ],
    [
      'two',
      { 'assay.config.json': MINIMAL, 'assay.config.yml': MINIMAL },
      'there are 2 configs: assay.config.json and assay.config.yml. Keep one, or name the one that you mean.',
    ],
    [
      'one of code and one of data',
      { 'assay.config.json': MINIMAL, 'assay.config.ts': 'throw new Error("ran")', 'package.json': '{}' },
      'there are 2 configs: assay.config.json and assay.config.ts. Keep one, or name the one that you mean.',
    ],
  ])('refuses %s', async (_, files: Record<string, string>, sentence) => {
    const cwd = temporaryFolder(files);
    await expect(loadConfig(undefined, options(cwd))).rejects.toMatchObject({ message: `${cwd}: ${sentence}` });
  });

  test('does not run a TypeScript config that no package.json lies beside', async () => {
    const cwd = temporaryFolder({ 'assay.config.ts': 'throw new Error("ran")' });
    await expect(loadConfig(undefined, options(cwd))).rejects.toMatchObject({
      message: `${join(cwd, 'assay.config.ts')}: a TypeScript config is code, and is read only beside a package.json or when it is named. Name it: assay audit assay.config.ts.`,
    });
  });

  test('passes over a TypeScript config that no package.json lies beside when there is another', async () => {
    const cwd = temporaryFolder({ 'assay.config.json': MINIMAL, 'assay.config.ts': 'throw new Error("ran")' });
    expect((await loadConfig(undefined, options(cwd))).file).toBe(join(cwd, 'assay.config.json'));
  });

  test('refuses a folder that is not there', async () => {
    const cwd = join(temporaryFolder(), 'none');
    await expect(loadConfig(undefined, options(cwd))).rejects.toMatchObject({ name: 'AssayError', code: 'config' });
  });
});

describe('hostile files end in one sentence', () => {
  const MIB = 1024 * 1024;
  test.each([
    ['a missing file', 'none.json', 'none.json: there is no such file.'],
    ['a missing TypeScript config', 'none.ts', 'none.ts: there is no such file.'],
    ['a folder', 'folder.json', 'folder.json: this is a folder, not a file.'],
    ['a file in a file', 'latin.json/x.json', 'latin.json/x.json: there is no such file.'],
    ['10 MB', 'large.json', `large.json: the file has ${10 * MIB} bytes, and may have at most 262144.`],
    ['10 MB of YAML', 'large.yaml', `large.yaml: the file has ${10 * MIB} bytes, and may have at most 262144.`],
    ['Latin-1', 'latin.json', 'latin.json: the file is not UTF-8 text. Save it as UTF-8.'],
    ['UTF-16', 'utf16.json', 'utf16.json: the file is not UTF-8 text. Save it as UTF-8.'],
    ['a pipe', 'pipe.json', 'pipe.json: this is not a regular file.'],
    [
      'JavaScript',
      'config.js',
      'config.js: the name does not say what the file is: it must end in .json, .jsonc, .yaml or .yml, or a config in .ts.',
    ],
  ])('%s', async (_, path, message) => {
    const cwd = temporaryFolder({
      'folder.json/x': '',
      'large.json': ' '.repeat(10 * MIB),
      'large.yaml': ' '.repeat(10 * MIB),
      'latin.json': Buffer.from('{ "out": "caf\u00e9" }', 'latin1'),
      'utf16.json': Buffer.from('\uFEFF{ "audits": {} }', 'utf16le'),
      'config.js': 'throw new Error("ran")',
    });
    execFileSync('mkfifo', [join(cwd, 'pipe.json')]);
    await expect(loadConfig(path, options(cwd))).rejects.toMatchObject({ name: 'AssayError', code: 'config', message });
  });

  test('a file outside the folder is named in full', async () => {
    const cwd = temporaryFolder({ 'below/x': '', 'a.json': '[]' });
    const message = `${join(cwd, 'a.json')}:1:1: the file is [], and must be an object.`;
    await expect(loadConfig('../a.json', options(join(cwd, 'below')))).rejects.toMatchObject({ message });
  });

  // A quarter of a second on an idle machine: sentences must not take time by the square of the errors.
  test('10,000 errors take no longer than they must', async () => {
    const audits = Array.from({ length: 10_000 }, (_, index) => `"${index}": [1]`).join(',');
    const cwd = temporaryFolder({ 'a.json': `{ "audits": {${audits}} }` });
    await expect(loadConfig('a.json', options(cwd))).rejects.toThrow('There are 9997 more errors.');
  }, 10_000);

  test('nothing reaches the prototype of other objects', async () => {
    const cwd = temporaryFolder({
      'a.json': '{ "audits": {}, "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }',
    });
    await expect(loadConfig('a.json', options(cwd))).rejects.toMatchObject({ code: 'config' });
    expect({}).not.toHaveProperty('polluted');
  });
});
