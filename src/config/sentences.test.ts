import { join } from 'node:path';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { loadConfig } from './load.js';

/** Each row: what is bad, the config, and the whole message. The file is named as the user would name it. */
type Row = readonly [what: string, text: string, message: string];

/** A good config, one line a field, in which one line is another one's. */
function config(changes: Readonly<Record<number, string>>): string {
  return GOOD.map((line, index) => changes[index + 1] ?? line).join('\n');
}

const GOOD = [
  '{',
  '  "target": {',
  '    "file": "m.onnx",',
  '    "head": "classes",',
  '    "labels": ["cat", "dog"],',
  '    "domain": {',
  '      "kind": "image",',
  '      "layout": "NCHW",',
  '      "range": [0, 1],',
  '      "mean": [0.5],',
  '      "std": [0.25]',
  '    }',
  '  },',
  '  "data": { "test": { "inputs": "x.npy", "labels": "y.npy" } },',
  '  "audits": {',
  '    "evasion/pgd": { "epsilons": [0.1] }',
  '  },',
  '  "seed": 7',
  '}',
];

const TOP =
  '`$schema`, `target`, `data`, `engine`, `device`, `seed`, `plugins`, `audits`, `explain`, `anonymize`, `policy`, `baseline`, `out`, `samples`, `language`, `keep` and `execution`';

const TARGET =
  '`file`, `head`, `output`, `tolerance`, `labels`, `domain`, `preprocessor`, `url`, `module`, `shape`, `outputs`, `gives`, `request`, `response`, `token`, `ca`, `traffic` and `budget`';

/** JSON is YAML, so these have to read the same in both: two parsers have to agree on every place. */
const ROWS: readonly Row[] = [
  [
    'a typo in a key',
    config({ 18: '  "seeds": 7' }),
    `assay.config.json:18:3: \`seeds\` is not a known key; the closest is \`seed\` (known here: ${TOP}).`,
  ],
  [
    'a key like no other',
    config({ 18: '  "xyzzy": 7' }),
    `assay.config.json:18:3: \`xyzzy\` is not a known key (known here: ${TOP}).`,
  ],
  [
    'a key in the wrong case',
    config({ 18: '  "Seed": 7' }),
    `assay.config.json:18:3: \`Seed\` is not a known key; the closest is \`seed\` (known here: ${TOP}).`,
  ],
  [
    'a typo in a required key, said once',
    config({ 3: '    "fiel": "m.onnx",' }),
    `assay.config.json:3:5: \`target.fiel\` is not a known key; the closest is \`file\` (known here: ${TARGET}).`,
  ],
  [
    'a missing key',
    config({ 3: '' }),
    'assay.config.json:2:3: `target.file` is missing, and nothing stands for it: give a model file, or `url` or `module`.',
  ],
  ['no audits', '{}', 'assay.config.json:1:1: `audits` is missing, and must be an object.'],
  [
    'a value like an allowed one',
    config({ 4: '    "head": "clases",' }),
    'assay.config.json:4:5: `target.head` is "clases", and must be "classes", "binary", "multi-label" or "regression"; the closest is "classes".',
  ],
  [
    'a value like none',
    config({ 4: '    "head": 3,' }),
    'assay.config.json:4:5: `target.head` is 3, and must be "classes", "binary", "multi-label" or "regression".',
  ],
  [
    'a letter swapped in a layout',
    config({ 8: '      "layout": "NCWH",' }),
    'assay.config.json:8:7: `target.domain.layout` is "NCWH", and must be "NCHW" or "NHWC"; the closest is "NCHW".',
  ],
  [
    'a short range',
    config({ 9: '      "range": [0],' }),
    'assay.config.json:9:7: `target.domain.range` is [0], and must be a list of 2 numbers.',
  ],
  [
    'a long range',
    config({ 9: '      "range": [0, 1, 2],' }),
    'assay.config.json:9:7: `target.domain.range` is [0,1,2], and must be a list of 2 numbers.',
  ],
  [
    'a text in a range',
    config({ 9: '      "range": [0, "one"],' }),
    'assay.config.json:9:20: `target.domain.range[1]` is "one", and must be a number.',
  ],
  [
    'a range that is none',
    config({ 9: '      "range": "0-1",' }),
    'assay.config.json:9:7: `target.domain.range` is "0-1", and must be a list of 2 numbers or null.',
  ],
  [
    'a range upside down',
    config({ 9: '      "range": [1, 0],' }),
    'assay.config.json:9:7: `target.domain.range` is [1,0], and must begin with the lower of two different values.',
  ],
  [
    'an empty range',
    config({ 9: '      "range": [1, 1],' }),
    'assay.config.json:9:7: `target.domain.range` is [1,1], and must begin with the lower of two different values.',
  ],
  [
    'a range that init left',
    config({ 9: '      "range": null,' }),
    "assay.config.json:9:7: `target.domain.range` is null: fill in the lowest and highest pixel value that the model's users have, such as [0, 1]; Assay never guesses it.",
  ],
  [
    'a range of a table that init left',
    config({ 7: '      "kind": "tabular",', 8: '', 9: '      "range": null,' }),
    "assay.config.json:9:7: `target.domain.range` is null: fill in the lowest and highest value that the model's features have, such as [0, 1]; Assay never guesses it.",
  ],
  [
    'a head that init left',
    config({ 4: '    "head": null,' }),
    'assay.config.json:4:5: `target.head` is null: fill in what the outputs mean, one of "classes", "binary", "multi-label" or "regression"; Assay never guesses it.',
  ],
  [
    'a layout that init left',
    config({ 8: '      "layout": null,' }),
    'assay.config.json:8:7: `target.domain.layout` is null: fill in the order of the model input, "NCHW" or "NHWC"; Assay never guesses it.',
  ],
  [
    'a normalization that init left',
    config({ 10: '      "mean": null,', 11: '      "std": null' }),
    'assay.config.json:10:7: `target.domain.mean` is null: fill in the mean of each channel that inputs are normalized by, in the units of `range`, or remove `mean` and `std`; Assay never guesses it. assay.config.json:11:7: `target.domain.std` is null: fill in the standard deviation of each channel that inputs are normalized by, in the units of `range`, or remove `mean` and `std`; Assay never guesses it.',
  ],
  [
    'test data that init left',
    config({ 14: '  "data": { "test": { "inputs": null, "labels": "y.npy" } },' }),
    'assay.config.json:14:23: `data.test.inputs` is null: fill in the file with the test inputs, such as x_test.npy; Assay never guesses it.',
  ],
  [
    'epsilons that init left',
    config({ 16: '    "evasion/pgd": { "epsilons": null }' }),
    'assay.config.json:16:22: `audits["evasion/pgd"].epsilons` is null: fill in how far one value of an input may be changed, in the units of `target.domain.range`; Assay never guesses it.',
  ],
  [
    'a null that no init left',
    config({ 3: '    "file": null,' }),
    'assay.config.json:3:5: `target.file` is null, and must be a text that is not empty.',
  ],
  [
    'an image without a layout',
    config({ 8: '' }),
    'assay.config.json:6:5: `target.domain.layout` is missing, and images need it: "NCHW" or "NHWC".',
  ],
  [
    'a table with a layout',
    config({ 7: '      "kind": "tabular",' }),
    'assay.config.json:8:7: `target.domain.layout` is "NCHW", and only images have one; `target.domain.kind` is "tabular".',
  ],
  [
    'a deviation of zero',
    config({ 11: '      "std": [0]' }),
    'assay.config.json:11:15: `target.domain.std[0]` is 0, and must be a number greater than 0.',
  ],
  [
    'no deviations',
    config({ 11: '      "std": []' }),
    'assay.config.json:11:7: `target.domain.std` is [], and must be a list of one or more numbers greater than 0.',
  ],
  [
    'more deviations than means',
    config({ 11: '      "std": [1, 1, 1]' }),
    'assay.config.json:11:7: `target.domain.std` has 3 values, and `target.domain.mean` has 1: one a channel is needed in both.',
  ],
  [
    'a mean without a deviation',
    config({ 10: '      "mean": [0.5]', 11: '' }),
    'assay.config.json:6:5: `target.domain.std` is missing, and `target.domain.mean` is given: give both, or neither where the model does not normalize.',
  ],
  [
    'a deviation without a mean',
    config({ 10: '' }),
    'assay.config.json:6:5: `target.domain.mean` is missing, and `target.domain.std` is given: give both, or neither where the model does not normalize.',
  ],
  [
    'a label twice',
    config({ 5: '    "labels": ["cat", "dog", "cat"],' }),
    'assay.config.json:5:30: `target.labels[2]` is "cat", which `target.labels[0]` is already.',
  ],
  [
    'labels that are a number',
    config({ 5: '    "labels": 5,' }),
    'assay.config.json:5:5: `target.labels` is 5, and must be a text that is not empty or a list of one or more texts.',
  ],
  [
    'a path with a NUL',
    config({ 3: '    "file": "m\\u0000.onnx",' }),
    'assay.config.json:3:5: `target.file` is not a path: it holds the character NUL.',
  ],
  [
    'a tolerance without a regression',
    config({ 4: '    "head": "classes", "tolerance": 5,' }),
    'assay.config.json:4:24: `target.tolerance` is 5, and only the head "regression" has one; `target.head` is "classes".',
  ],
  [
    'a regression without a tolerance',
    config({ 4: '    "head": "regression",' }),
    'assay.config.json:2:3: `target.tolerance` is missing, and the head "regression" needs it: how far a right prediction may be from the truth.',
  ],
  [
    'a seed beyond the exact numbers',
    config({ 18: '  "seed": 1e17' }),
    'assay.config.json:18:3: `seed` is 100000000000000000, and whole numbers are exact only up to 9007199254740991: write it as a text.',
  ],
  [
    'a broken seed',
    config({ 18: '  "seed": 1.5' }),
    'assay.config.json:18:3: `seed` is 1.5, and must be a whole number.',
  ],
  [
    'a seed that is neither',
    config({ 18: '  "seed": true' }),
    'assay.config.json:18:3: `seed` is true, and must be a whole number or a text that is not empty.',
  ],
  [
    'a number in quotes',
    config({ 18: '  "keep": "64"' }),
    'assay.config.json:18:3: `keep` is "64", and must be a whole number of at least 0.',
  ],
  [
    'five errors, of which three are shown in the order of the file',
    config({
      18: '  "execution": { "cellMinutes": 0, "workers": 65, "threads": 0, "batchSize": "x", "memoryMiB": 3 }',
    }),
    'assay.config.json:18:18: `execution.cellMinutes` is 0, and must be a number greater than 0. assay.config.json:18:36: `execution.workers` is 65, and must be a whole number from 1 to 64. assay.config.json:18:51: `execution.threads` is 0, and must be a whole number of at least 1. There are 2 more errors.',
  ],
  [
    'four errors',
    config({ 18: '  "seed": 1.5, "keep": -1, "out": "", "engine": "torch"' }),
    'assay.config.json:18:3: `seed` is 1.5, and must be a whole number. assay.config.json:18:16: `keep` is -1, and must be a whole number of at least 0. assay.config.json:18:28: `out` is "", and must be a text that is not empty. There is 1 more error.',
  ],
  [
    'a plugin without leave',
    config({ 18: '  "plugins": ["./my-attack.js"]' }),
    'assay.config.json:18:3: `plugins` is ["./my-attack.js"], and plugins are code. Add --allow-code if you trust them, or name them in a TypeScript config.',
  ],
  [
    'a plugin twice',
    config({ 18: '  "plugins": ["assay-plugin-x", "assay-plugin-x"]' }),
    'assay.config.json:18:33: `plugins[1]` is "assay-plugin-x", which `plugins[0]` is already.',
  ],
  [
    'plugins that are a text',
    config({ 18: '  "plugins": "assay-plugin-x"' }),
    'assay.config.json:18:3: `plugins` is "assay-plugin-x", and must be a list of texts that are not empty.',
  ],
  [
    'audits in a list',
    '{ "audits": ["evasion/pgd"] }',
    'assay.config.json:1:3: `audits` is ["evasion/pgd"], and must be an object.',
  ],
  [
    'options that are a number',
    config({ 16: '    "evasion/pgd": 0.1' }),
    'assay.config.json:16:5: `audits["evasion/pgd"]` is 0.1, and must be an object or a list of one or more objects.',
  ],
  [
    'an empty list of options',
    config({ 16: '    "evasion/pgd": []' }),
    'assay.config.json:16:5: `audits["evasion/pgd"]` is [], and must be a list of one or more objects.',
  ],
  [
    'options in a list that are a number',
    config({ 16: '    "evasion/pgd": [{}, 3]' }),
    'assay.config.json:16:25: `audits["evasion/pgd"][1]` is 3, and must be an object.',
  ],
  [
    'roles that do not exist',
    config({ 14: '  "data": { "table": { "file": "t.csv", "roles": { "zip code": "quasi", "age": "sensitiv" } } },' }),
    'assay.config.json:14:52: `data.table.roles["zip code"]` is "quasi", and must be "identifier", "quasi-identifier", "sensitive" or "insensitive". assay.config.json:14:73: `data.table.roles.age` is "sensitiv", and must be "identifier", "quasi-identifier", "sensitive" or "insensitive"; the closest is "sensitive".',
  ],
  [
    'a delimiter of two characters',
    config({ 14: '  "data": { "table": { "file": "t.csv", "roles": {}, "delimiter": "||" } },' }),
    'assay.config.json:14:54: `data.table.delimiter` is "||", and must be a single character.',
  ],
  ['no object', '[]', 'assay.config.json:1:1: the file is [], and must be an object.'],
  ['null', 'null', 'assay.config.json:1:1: the file is null, and must be an object.'],
  [
    'a number beyond all numbers',
    config({ 9: '      "range": [0, 1e999],' }),
    'assay.config.json:9:20: `target.domain.range[1]` is Infinity, and must be a finite number.',
  ],
  [
    'a prototype further in',
    config({ 16: '    "evasion/pgd": { "__proto__": { "epsilons": 1 } }' }),
    'assay.config.json:16:22: `audits["evasion/pgd"].__proto__` is not a legal key.',
  ],
  [
    'marks that forge what a terminal shows',
    config({ 18: '  "out\\u001b[2J\\u202e": 7' }),
    `assay.config.json:18:3: \`["out\\u001b[2J\\u202e"]\` is not a known key (known here: ${TOP}).`,
  ],
  [
    'a value of 100,000 letters',
    config({ 4: `    "head": "${'h'.repeat(100_000)}",` }),
    `assay.config.json:4:5: \`target.head\` is "${'h'.repeat(56)}..., and must be "classes", "binary", "multi-label" or "regression".`,
  ],
];

const JSON_ROWS: readonly Row[] = [
  ['nothing', '', 'assay.config.json:1:1: the file is empty.'],
  ['white space', ' \n ', 'assay.config.json:2:2: the file is empty.'],
  ['a comment only', '// later', 'assay.config.json:1:9: a value is expected here.'],
  ['a file cut short', config({ 19: '' }), 'assay.config.json:19:1: a closing brace } is expected here.'],
  ['a list cut short', '{ "audits": [1', 'assay.config.json:1:15: a closing bracket ] is expected here.'],
  [
    'a key without quotes',
    '{\n  audits: {} }',
    'assay.config.json:2:3: `audits` is not JSON: texts and keys stand in double quotes.',
  ],
  [
    'a key in single quotes',
    "{ 'audits': {} }",
    "assay.config.json:1:3: `'audits'` is not JSON: texts and keys stand in double quotes.",
  ],
  ['a missing comma', '{\n  "seed": 7\n  "audits": {} }', 'assay.config.json:3:3: a comma is expected here.'],
  ['a missing colon', '{ "audits" {} }', 'assay.config.json:1:12: a colon is expected here.'],
  ['a missing value', '{ "audits": }', 'assay.config.json:1:13: a value is expected here.'],
  [
    'a comment without an end',
    '{ /* "audits": {} }',
    'assay.config.json:1:3: the comment that begins here is never closed.',
  ],
  [
    'a text without an end',
    '{ "audits: {} }',
    'assay.config.json:1:3: the text that begins here is not closed on its line.',
  ],
  ['an unknown escape', '{ "out": "\\q" }', 'assay.config.json:1:10: `"\\q"` has an escape that JSON does not know.'],
  [
    'two configs in one file',
    '{ "audits": {} } { "audits": {} }',
    'assay.config.json:1:18: nothing may follow the closing brace.',
  ],
  ['NaN', '{ "audits": NaN }', 'assay.config.json:1:13: `NaN` is not JSON: texts and keys stand in double quotes.'],
  [
    'a key twice',
    config({ 18: '  "seed": 7,\n  "seed": 8' }),
    'assay.config.json:19:3: the key "seed" stands in line 18 already.',
  ],
  [
    'a prototype',
    config({ 18: '  "__proto__": { "seed": 7 }' }),
    'assay.config.json:18:3: `__proto__` is not a legal key.',
  ],
  [
    'deep nesting',
    `{ "audits": ${'['.repeat(100_000)}`,
    'assay.config.json:1:76: lists and objects nest deeper than 64 levels here.',
  ],
  [
    'a key of 100,000 letters',
    config({ 18: `  "${'k'.repeat(100_000)}": 7` }),
    `assay.config.json:18:3: \`["${'k'.repeat(57)}..."]\` is not a known key (known here: ${TOP}).`,
  ],
];

const YAML_ROWS: readonly Row[] = [
  [
    'a typo in a key',
    'audits: {}\ntarget:\n  file: m.onnx\n  head: classes\n  domian: {}\n',
    `assay.config.yaml:5:3: \`target.domian\` is not a known key; the closest is \`domain\` (known here: ${TARGET}).`,
  ],
  [
    'a value out of range',
    'audits: {}\nexecution:\n  workers: 0\n',
    'assay.config.yaml:3:3: `execution.workers` is 0, and must be a whole number from 1 to 64.',
  ],
  [
    'an item of the wrong kind',
    'audits: {}\nplugins:\n  - a\n  - 5\n',
    'assay.config.yaml:4:5: `plugins[1]` is 5, and must be a text that is not empty.',
  ],
  ['a key twice', 'seed: 1\naudits: {}\nseed: 2\n', 'assay.config.yaml:3:1: the key "seed" stands in line 1 already.'],
  ['a tag', 'seed: !secret 1\naudits: {}\n', 'assay.config.yaml:1:7: tags are not allowed ("!secret").'],
  [
    'a tag that would run code elsewhere',
    "audits: !!js/function 'x'\n",
    'assay.config.yaml:1:9: tags are not allowed ("tag:yaml.org,2002:js/function").',
  ],
  ['a binary', 'seed: !!binary aGk=\n', 'assay.config.yaml:1:7: tags are not allowed ("tag:yaml.org,2002:binary").'],
  [
    'a second document',
    'audits: {}\n---\naudits: {}\n',
    'assay.config.yaml:2:1: a second document begins here, and the file may hold one.',
  ],
  ['nothing', '# later\n', 'assay.config.yaml: the file is empty.'],
  ['NaN', 'audits: {}\nseed: .nan\n', 'assay.config.yaml:2:1: `seed` is NaN, and must be a finite number.'],
  ['an alias of nothing', 'audits: *x\n', 'assay.config.yaml: an alias has no anchor before it: "x".'],
  [
    'a tab as indentation',
    'audits:\n\t- a\n',
    'assay.config.yaml:2:1: the file is not YAML: Tabs are not allowed as indentation.',
  ],
  [
    'a key that is a list',
    '? [a]\n: b\n',
    'assay.config.yaml:1:3: a key is a list or an object here, and must be a text.',
  ],
  ['a prototype', 'audits: {}\n__proto__: { seed: 1 }\n', 'assay.config.yaml:2:1: `__proto__` is not a legal key.'],
];

test('what is sealed cannot be shown yet', async () => {
  const cwd = temporaryFolder({ 'assay.config.yaml': 'samples: sealed\naudits: {}\n' });
  await expect(loadConfig(undefined, { cwd, allowCode: false })).rejects.toMatchObject({
    code: 'config',
    message:
      'assay.config.yaml:1:1: `samples` is "sealed", and this version of Assay cannot encrypt what it shows. Use "ids", which names inputs by their index and shows none.',
  });
});

test('a baseline that is not there keeps a run from beginning', async () => {
  const cwd = temporaryFolder({ 'assay.config.yaml': 'baseline: none.json\naudits: {}\n' });
  await expect(loadConfig(undefined, { cwd, allowCode: false })).rejects.toMatchObject({
    code: 'config',
    message: 'none.json: there is no such baseline. Write one with `assay bless <run>`, or leave out `baseline`.',
  });
});

describe.each([
  ['assay.config.json', [...ROWS, ...JSON_ROWS]],
  ['assay.config.yaml', [...ROWS.map(inYaml), ...YAML_ROWS]],
])('%s', (name, rows) => {
  test.each(rows)('%s', async (_, text, message) => {
    const cwd = temporaryFolder({ [name]: text });
    const loading = loadConfig(undefined, { cwd, allowCode: false });
    await expect(loading).rejects.toMatchObject({ name: 'AssayError', code: 'config', message });
  });
});

function inYaml([what, text, message]: Row): Row {
  return [what, text, message.replaceAll('assay.config.json', 'assay.config.yaml')];
}

test('the config that all of the above were made from is good', async () => {
  const cwd = temporaryFolder({ 'assay.config.json': config({}) });
  const loaded = await loadConfig(undefined, { cwd, allowCode: false });
  expect(loaded.file).toBe(join(cwd, 'assay.config.json'));
});

test('a message never says undefined, NaN positions or [object Object]', () => {
  for (const [, , message] of [...ROWS, ...JSON_ROWS, ...YAML_ROWS])
    expect(message).not.toMatch(/undefined|NaN:|\[object/);
});
