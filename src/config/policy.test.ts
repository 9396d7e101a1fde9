import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { temporaryFolder } from '../../test/temporary-folder.js';
import type { ConfigurablePlugin } from './configurable.js';
import { checkThresholds, loadPolicy } from './policy.js';

const WAIVER = '{ "audit": "evasion/square", "reason": "retrained in March", "owner": "Ada", "expires": "2027-01-31" }';

const load = (text: string, name = 'p.json') => loadPolicy(name, temporaryFolder({ [name]: text }));

describe('loadPolicy', () => {
  test('without a file, the preset decides', async () => {
    const { file, policy } = await loadPolicy(null);
    expect(file).toBeNull();
    expect(policy).toEqual({
      preset: 'baseline',
      minimumSamples: 100,
      failures: { critical: 0, high: 0, medium: 0, low: 0 },
      regression: null,
      audits: {},
      waivers: [],
    });
  });

  test('reads JSON and YAML alike', async () => {
    const json = await load(`{ "preset": "strict", "waivers": [${WAIVER}], "audits": { "evasion/pgd": {} } }`);
    const yaml = await load(`preset: strict\nwaivers: [${WAIVER}]\naudits: { evasion/pgd: {} }`, 'p.yml');
    expect(yaml.policy).toEqual(json.policy);
    expect(yaml.digest).toBe(json.digest);
    expect(json.policy.minimumSamples).toBe(100);
  });

  test('a preset brings its own number of samples, accepted failures and rules', async () => {
    const { policy } = await load(
      '{ "preset": "high-risk", "failures": { "low": 2 }, "regression": { "drop": 0.01 } }',
    );
    expect(policy).toMatchObject({
      minimumSamples: 1000,
      failures: { critical: 0, high: 0, medium: 0, low: 2 },
      regression: { alpha: 0.05, drop: 0.01 },
    });
    expect((await load('{ "preset": "high-risk", "minimumSamples": 50 }')).policy.minimumSamples).toBe(50);
  });

  test('gives a digest of what it decides, and of nothing else', async () => {
    const { digest } = await load('{}');
    expect((await load('{ "$schema": "x", /* a comment */ "preset": "baseline" }')).digest).toBe(digest);
    expect((await loadPolicy(null)).digest).toBe(digest);
    expect((await load('{ "preset": "strict" }')).digest).not.toBe(digest);
    expect((await load('{ "minimumSamples": 99 }')).digest).not.toBe(digest);
    expect((await load(`{ "waivers": [${WAIVER}] }`)).digest).not.toBe(digest);
    expect((await load('{ "audits": { "evasion/pgd": {} } }')).digest).not.toBe(digest);
  });

  test('keeps a waiver that expired long ago: the gate reports it', async () => {
    const { policy } = await load(`{ "waivers": [${WAIVER.replace('2027', '1999')}] }`);
    expect(policy.waivers[0]?.expires).toBe('1999-01-31');
  });

  test('takes the last day of a leap year', async () => {
    await expect(load(`{ "waivers": [${WAIVER.replace('2027-01-31', '2028-02-29')}] }`)).resolves.toBeDefined();
  });

  test.each([
    [
      'no reason',
      '"reason": "retrained in March", ',
      '',
      '1:16: `waivers[0].reason` is missing, and must be a text that is not blank.',
    ],
    [
      'an empty reason',
      '"retrained in March"',
      '""',
      '1:45: `waivers[0].reason` is "", and must be a text that is not blank.',
    ],
    [
      'a blank reason',
      '"retrained in March"',
      '" \\t "',
      '1:45: `waivers[0].reason` is " \\t ", and must be a text that is not blank.',
    ],
    ['no owner', '"owner": "Ada", ', '', '1:16: `waivers[0].owner` is missing, and must be a text that is not blank.'],
    ['a blank owner', '"Ada"', '" "', '1:77: `waivers[0].owner` is " ", and must be a text that is not blank.'],
    [
      'no day',
      ', "expires": "2027-01-31"',
      '',
      '1:16: `waivers[0].expires` is missing, and must be a day as YYYY-MM-DD.',
    ],
    ['never', '"2027-01-31"', '"never"', '1:93: `waivers[0].expires` is "never", and must be a day as YYYY-MM-DD.'],
    [
      '30 February',
      '2027-01-31',
      '2027-02-30',
      '1:93: `waivers[0].expires` is "2027-02-30", and must be a day as YYYY-MM-DD.',
    ],
    [
      '29 February of no leap year',
      '2027-01-31',
      '2027-02-29',
      '1:93: `waivers[0].expires` is "2027-02-29", and must be a day as YYYY-MM-DD.',
    ],
    [
      'a time',
      '2027-01-31',
      '2027-01-31T00:00:00Z',
      '1:93: `waivers[0].expires` is "2027-01-31T00:00:00Z", and must be a day as YYYY-MM-DD.',
    ],
    [
      'a day the other way round',
      '2027-01-31',
      '31.01.2027',
      '1:93: `waivers[0].expires` is "31.01.2027", and must be a day as YYYY-MM-DD.',
    ],
    [
      'no audit',
      '"audit": "evasion/square", ',
      '',
      '1:16: `waivers[0].audit` is missing, and must be a text that is not empty.',
    ],
    [
      'a typo',
      '"reason"',
      '"reson"',
      '1:45: `waivers[0].reson` is not a known key; the closest is `reason` (known here: `audit`, `reason`, `owner` and `expires`).',
    ],
  ])('refuses a waiver with %s', async (_, from, to, sentence) => {
    expect(WAIVER).toContain(from);
    const message = `p.json:${sentence}`;
    await expect(load(`{ "waivers": [ ${WAIVER.replace(from, to)} ] }`)).rejects.toMatchObject({
      code: 'policy',
      message,
    });
  });

  test.each([
    [
      'a typo',
      '{ "minimalSamples": 5 }',
      '1:3: `minimalSamples` is not a known key; the closest is `minimumSamples` (known here: `$schema`, `preset`, `minimumSamples`, `failures`, `regression`, `audits` and `waivers`).',
    ],
    [
      'a preset',
      '{ "preset": "stict" }',
      '1:3: `preset` is "stict", and must be "baseline", "strict" or "high-risk"; the closest is "strict".',
    ],
    ['no samples', '{ "minimumSamples": 0 }', '1:3: `minimumSamples` is 0, and must be a whole number of at least 1.'],
    [
      'thresholds',
      '{ "audits": { "evasion/pgd": 0.6 } }',
      '1:15: `audits["evasion/pgd"]` is 0.6, and must be an object.',
    ],
    ['nothing', '', '1:1: the file is empty.'],
  ])('refuses a policy with %s', async (_, text, sentence) => {
    await expect(load(text)).rejects.toMatchObject({ code: 'policy', message: `p.json:${sentence}` });
  });

  test.each([
    ['none.json', 'none.json: there is no such file.'],
    [
      'p.ts',
      'p.ts: the name does not say what the file is: it must end in .json, .jsonc, .yaml or .yml, or a config in .ts.',
    ],
  ])('refuses %s', async (name, message) => {
    const folder = temporaryFolder({ 'p.ts': 'throw new Error("ran")' });
    await expect(loadPolicy(name, folder)).rejects.toMatchObject({ code: 'policy', message });
  });
});

describe('checkThresholds', () => {
  const bar = Type.Object({ atLeast: Type.Number({ minimum: 0, maximum: 1 }), epsilon: Type.Number({ default: 0.1 }) });
  const plugin: ConfigurablePlugin = {
    title: 'Withstands',
    description: '',
    options: Type.Object({}),
    policy: Type.Object({ robustAccuracy: Type.Optional(bar) }),
  };
  const plugins = new Map([
    ['evasion/pgd', plugin],
    ['evasion/fgsm', plugin],
  ]);
  const file = (folder: string) => join(folder, 'p.json');

  async function checked(text: string) {
    const folder = temporaryFolder({ 'p.json': text });
    const loaded = await loadPolicy('p.json', folder);
    return { folder, check: () => checkThresholds(loaded, plugins) };
  }

  test('completes thresholds by the schemas of the plugins', async () => {
    const { check } = await checked(
      '{ "audits": { "evasion/pgd": { "robustAccuracy": { "atLeast": 0.6 } }, "evasion/fgsm": {} } }',
    );
    expect([...check()]).toEqual([
      ['evasion/pgd', { robustAccuracy: { atLeast: 0.6, epsilon: 0.1 } }],
      ['evasion/fgsm', {}],
    ]);
  });

  test.each([
    [
      '{ "audits": { "evasion/pdg": {} } }',
      '1:15: `audits["evasion/pdg"]` names no plugin; the closest is `evasion/pgd`. `assay list` names them all.',
    ],
    ['{ "audits": { "xyzzy": {} } }', '1:15: `audits.xyzzy` names no plugin. `assay list` names them all.'],
    [
      `{ "waivers": [${WAIVER}] }`,
      '1:17: `waivers[0].audit`, "evasion/square", names no plugin. `assay list` names them all.',
    ],
    [
      '{ "audits": { "evasion/pgd": { "robustAccuracy": { "atLeast": 60 } } } }',
      '1:52: `audits["evasion/pgd"].robustAccuracy.atLeast` is 60, and must be a number from 0 to 1.',
    ],
    [
      '{ "audits": { "evasion/pgd": { "robustAcuracy": { "atLeast": 0.6 } } } }',
      '1:32: `audits["evasion/pgd"].robustAcuracy` is not a known key; the closest is `robustAccuracy` (known here: `robustAccuracy`).',
    ],
  ])('refuses %s', async (text, sentence) => {
    const { folder, check } = await checked(text);
    expect(check).toThrow(expect.objectContaining({ code: 'policy', message: `${file(folder)}:${sentence}` }) as Error);
  });
});
