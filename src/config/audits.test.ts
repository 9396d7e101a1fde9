import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { auditsOf } from './audits.js';
import type { ConfigurablePlugin } from './configurable.js';
import { loadConfig } from './load.js';

const Options = Type.Object({
  epsilons: Type.Union([Type.Number(), Type.Array(Type.Number())], { default: 0.1 }),
  steps: Type.Integer({ default: 40, minimum: 1 }),
});

const pgd: ConfigurablePlugin = {
  title: 'Withstands',
  description: '',
  options: Options,
  policy: Type.Object({}),
  checkOptions(options) {
    const { steps } = options as { steps: number };
    if (steps === 13) throw new AssayError('config', { what: '`steps` is 13', mend: 'Take 12.' });
    if (steps === 14) throw new TypeError('steps.length is not a function');
  },
};
const noise: ConfigurablePlugin = { ...pgd, options: Type.Object({ draws: Type.Optional(Type.Integer()) }) };
const plugins = new Map([
  ['evasion/pgd', pgd],
  ['evasion/noise', noise],
]);

async function auditsIn(text: string) {
  const cwd = temporaryFolder({ 'c.json': text });
  const loaded = await loadConfig('c.json', { cwd, allowCode: false });
  return { file: join(cwd, 'c.json'), audits: () => auditsOf(loaded, plugins) };
}

test('a preset of the policy has defaults of its own, also within objects; what the config sets stays', async () => {
  const Effort = Type.Object(
    { samples: Type.Integer({ default: 100 }), draws: Type.Integer({ default: 1000 }) },
    { default: {} },
  );
  const options = Type.Object({ effort: Type.Optional(Effort), steps: Type.Integer({ default: 40 }) });
  const thorough: ConfigurablePlugin = {
    ...{ title: '', description: '', options, policy: Type.Object({}) },
    optionsUnder: { strict: { effort: { samples: 9000 }, steps: 80 } },
  };
  const completed = async (preset: string, written: string) => {
    const cwd = temporaryFolder({
      'c.json': `{ "policy": "p.json", "audits": { "a/b": ${written} } }`,
      'p.json': `{ "preset": "${preset}" }`,
    });
    const [audit] = auditsOf(await loadConfig('c.json', { cwd, allowCode: false }), new Map([['a/b', thorough]]));
    return audit?.options;
  };
  expect(await completed('baseline', '{}')).toEqual({ effort: { samples: 100, draws: 1000 }, steps: 40 });
  expect(await completed('strict', '{}')).toEqual({ effort: { samples: 9000, draws: 1000 }, steps: 80 });
  expect(await completed('strict', '{ "effort": { "samples": 7 }, "steps": 3 }')).toEqual({
    effort: { samples: 7, draws: 1000 },
    steps: 3,
  });
});

test('one audit a plugin or a list of options, in order, complete', async () => {
  const { audits } = await auditsIn(
    '{ "audits": { "evasion/pgd": [{}, { "epsilons": [1, 2] }], "evasion/noise": {} } }',
  );
  expect(audits()).toEqual([
    { audit: 'evasion/pgd', options: { epsilons: 0.1, steps: 40 }, place: { line: 1, column: 31 } },
    { audit: 'evasion/pgd', options: { epsilons: [1, 2], steps: 40 }, place: { line: 1, column: 35 } },
    { audit: 'evasion/noise', options: {}, place: { line: 1, column: 60 } },
  ]);
});

test('nothing to audit is no error of the config', async () => {
  expect((await auditsIn('{ "audits": {} }')).audits()).toEqual([]);
});

test.each([
  [
    'an unknown plugin',
    '{ "evasion/pdg": {} }',
    '15: `audits["evasion/pdg"]` names no plugin; the closest is `evasion/pgd`. `assay list` names them all.',
  ],
  [
    'a plugin without its folder',
    '{ "noise": {} }',
    '15: `audits.noise` names no plugin; the closest is `evasion/noise`. `assay list` names them all.',
  ],
  [
    'a name that every object has',
    '{ "constructor": {} }',
    '15: `audits.constructor` names no plugin. `assay list` names them all.',
  ],
  [
    'an unknown option, though the plugin forgot to close its schema',
    '{ "evasion/pgd": { "epsilon": 1 } }',
    '32: `audits["evasion/pgd"].epsilon` is not a known key; the closest is `epsilons` (known here: `epsilons` and `steps`).',
  ],
  [
    'a bad option',
    '{ "evasion/pgd": [{}, { "epsilons": [1, "2"] }] }',
    '53: `audits["evasion/pgd"][1].epsilons[1]` is "2", and must be a number.',
  ],
  [
    'an option of the wrong kind',
    '{ "evasion/pgd": { "epsilons": "8/255" } }',
    '32: `audits["evasion/pgd"].epsilons` is "8/255", and must be a number or a list of numbers.',
  ],
  [
    'what the plugin itself refuses',
    '{ "evasion/pgd": { "steps": 13 } }',
    '15: `audits["evasion/pgd"]`: `steps` is 13. Take 12.',
  ],
  [
    'equal options, written otherwise',
    '{ "evasion/pgd": [{ "steps": 40 }, {}] }',
    '48: `audits["evasion/pgd"][1]` has the same options as `audits["evasion/pgd"][0]`.',
  ],
])('refuses %s', async (_, text, sentence) => {
  const { file, audits } = await auditsIn(`{ "audits": ${text} }`);
  expect(audits).toThrow(expect.objectContaining({ code: 'config', message: `${file}:1:${sentence}` }) as Error);
});

test('a plugin that throws anything else is named', async () => {
  const { audits } = await auditsIn('{ "audits": { "evasion/pgd": { "steps": 14 } } }');
  expect(audits).toThrow(
    expect.objectContaining({
      code: 'plugin',
      what: 'the plugin evasion/pgd failed to check its options: steps.length is not a function',
    }) as Error,
  );
});
