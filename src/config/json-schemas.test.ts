import { Type } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { ConfigurablePlugin } from './configurable.js';
import { schemaFiles } from './json-schemas.js';

const pgd: ConfigurablePlugin = {
  title: 'Withstands projected gradient descent',
  description: 'Madry et al. 2018',
  options: Type.Object({
    epsilons: Type.Union([Type.Number(), Type.Array(Type.Number(), { minItems: 1 })]),
    steps: Type.Integer({ default: 40, minimum: 1 }),
    start: Type.Object({ random: Type.Boolean({ default: true }) }, { default: {} }),
  }),
  policy: Type.Object({ robustAccuracy: Type.Optional(Type.Object({ atLeast: Type.Number() })) }),
};
const saliency = {
  ...{ id: 'saliency', title: 'Saliency', description: 'Simonyan et al. 2013' },
  options: Type.Object({ absolute: Type.Boolean({ default: true }) }),
};
const anonymize = Type.Object({ suppression: Type.Number({ default: 0 }) }, { additionalProperties: false });
const files = schemaFiles(new Map([['evasion/pgd', pgd]]), [saliency], anonymize);

interface Parsed {
  readonly $schema: string;
  readonly $id: string;
  readonly properties: { readonly audits: { readonly properties: Readonly<Record<string, unknown>> } };
}

const parsed = (name: string) => JSON.parse(files.get(name) ?? 'null') as Parsed;
const compiled = (name: string): ValidateFunction => {
  const ajv = new Ajv();
  formats.default(ajv, ['date']);
  return ajv.compile(parsed(name));
};

const CONFIG = {
  $schema: './node_modules/assay/schema/config.json',
  target: {
    file: 'm.onnx',
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.5], std: [0.5] },
  },
  data: { test: { inputs: 'x.npy', labels: 'y.npy', sample: 500 } },
  audits: { 'evasion/pgd': [{ epsilons: 0.1 }, { epsilons: [0.1], start: {} }], 'assay-plugin-x/attack': { any: 1 } },
  explain: { saliency: { absolute: false } },
  seed: 'a',
};

test('there is one file for each thing that people write or read', () => {
  expect([...files.keys()]).toEqual([
    'config.json',
    'policy.json',
    'report-1.json',
    'report-2.json',
    'hardening-1.json',
    'explanation-1.json',
    'anonymization-1.json',
  ]);
});

// Draft-07 is what ajv reads by default, and has its own meta-schema in ajv.
describe.each([...files.keys()])('%s', (name) => {
  test('is a schema of draft-07', () => {
    expect(parsed(name).$schema).toBe('http://json-schema.org/draft-07/schema#');
    const ajv = new Ajv();
    expect([ajv.validateSchema(parsed(name)), ajv.errors]).toEqual([true, null]);
  });

  test('is one that plain, strict ajv compiles', () => {
    expect(() => compiled(name)).not.toThrow();
  });

  test('is named by where it is published', () => {
    expect(parsed(name).$id).toBe(`https://assay.dev/schema/${name}`);
  });
});

describe('config.json', () => {
  const validate = new Ajv().compile(parsed('config.json'));

  test('accepts a good config, in which defaults are left out', () => {
    expect([validate(CONFIG), validate.errors]).toEqual([true, null]);
  });

  test.each([
    ['a typo in a key', { ...CONFIG, seeds: 1 }],
    ['an unknown option', { ...CONFIG, audits: { 'evasion/pgd': { epsilons: 1, step: 1 } } }],
    ['an option of the wrong kind', { ...CONFIG, audits: { 'evasion/pgd': { epsilons: '8/255' } } }],
    ['a missing option without a default', { ...CONFIG, audits: { 'evasion/pgd': {} } }],
    ['an option that an explainer has not', { ...CONFIG, explain: { saliency: { absolut: true } } }],
    ['an audit that is no object', { ...CONFIG, audits: { 'assay-plugin-x/attack': 1 } }],
  ])('refuses %s', (_, config) => {
    expect(validate(config)).toBe(false);
  });

  test('tells editors what an audit is and what its options are', () => {
    expect(parsed('config.json').properties.audits.properties['evasion/pgd']).toMatchObject({
      title: 'Withstands projected gradient descent',
      description: 'Madry et al. 2018',
      anyOf: [{ properties: { steps: { default: 40 } }, required: ['epsilons'] }, { type: 'array' }],
    });
  });
});

test('policy.json knows the thresholds of plugins, and days', () => {
  const validate = compiled('policy.json');
  const waiver = { audit: 'evasion/pgd', reason: 'r', owner: 'o', expires: '2027-01-31' };
  const policy = { audits: { 'evasion/pgd': { robustAccuracy: { atLeast: 0.6 } } }, waivers: [waiver] };
  expect([validate(policy), validate.errors]).toEqual([true, null]);
  expect(validate({ ...policy, waivers: [{ ...waiver, expires: '2027-02-30' }] })).toBe(false);
  expect(validate({ audits: { 'evasion/pgd': { robustAcuracy: {} } } })).toBe(false);
});

test('the order of plugins changes nothing', () => {
  const noise = { ...pgd, title: 'Withstands noise' };
  const one = schemaFiles(
    new Map([
      ['evasion/pgd', pgd],
      ['evasion/noise', noise],
    ]),
    [],
    anonymize,
  );
  const other = schemaFiles(
    new Map([
      ['evasion/noise', noise],
      ['evasion/pgd', pgd],
    ]),
    [],
    anonymize,
  );
  expect(one).toEqual(other);
});
