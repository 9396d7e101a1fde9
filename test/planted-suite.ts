import { join } from 'node:path';

/** A suite in which everything fails that is not named `holds`, with the sentence that each failure has to say. */

export interface Planted {
  readonly name: string;
  /** An expression of the suite. */
  readonly code: string;
  /** Null: it passes. */
  readonly says: string | null;
}

const files = 'node_modules/assay/fixtures';
const image = { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] };
const MODEL = { file: `${files}/models/fashion-mlp.onnx`, head: 'classes', domain: image };
const TEST = {
  inputs: `${files}/data/fashion-test-images.idx3-ubyte.gz`,
  labels: `${files}/data/fashion-test-labels.idx1-ubyte.gz`,
  scale: 1 / 255,
  sample: 100,
};
const roles = { sex: 'quasi-identifier', age: 'quasi-identifier', race: 'quasi-identifier' };
const PEOPLE = { file: `${files}/data/adult-raw.csv`, roles };

const noise = "noise({ norm: 'Linf', epsilons: 0.02 })";

/** Matchers that have to fail; where nothing is decided, under their negation. */
export const PLANTED: readonly Planted[] = [
  {
    name: 'too strong an attack',
    code: "expect(model).toWithstand(pgd({ norm: 'Linf', epsilons: 0.2, steps: 5 }), { on, robustAccuracy: 0.7 })",
    says: 'Expected: Robust accuracy at Linf epsilon 0.2 at least 70.0 % (matcher)',
  },
  {
    name: 'too weak an attack, negated',
    code: `expect(model).not.toWithstand(${noise}, { on, robustAccuracy: 0.1 })`,
    says: 'Expected: Robust accuracy at Linf epsilon 0.02 at least 10.0 % (matcher)',
  },
  {
    name: 'too high a preset',
    code: "expect(model).toPassAudit('evasion/fgsm', { on, preset: 'strict', options: { norm: 'Linf', epsilons: 0.1 } })",
    says: 'at least 70.0 % (preset strict)',
  },
  {
    name: 'people who stand out',
    code: 'expect(people).toBeAnonymous({ k: 5 })',
    says: 'Expected: Records in classes of fewer than 5 at most 0.0 % (preset baseline)',
  },
  {
    name: 'people, too many of whom stand out',
    code: 'expect(people).toBeAnonymous({ k: 5, atMost: 0.001 })',
    says: 'Expected: Records in classes of fewer than 5 at most 0.1 % (matcher)',
  },
  negated(
    'too few samples',
    `expect(model)._.toWithstand(${noise}, { on, minimumSamples: 101, robustAccuracy: 0.1 })`,
    '100 samples are fewer than the 101 that the policy asks for.',
  ),
  negated(
    'an audit that does not exist',
    "expect(model)._.toPassAudit('evasion/pdg', { on })",
    'toPassAudit: `audits["evasion/pdg"]` names no plugin; the closest is `evasion/pgd`.',
  ),
  negated(
    'an option that does not exist',
    "expect(model)._.toPassAudit('evasion/pgd', { on, options: { norm: 'Linf', epsilon: 0.1 } })",
    'toPassAudit: `audits["evasion/pgd"].epsilon`',
  ),
  negated(
    'a bar that is none',
    `expect(model)._.toWithstand(${noise}, { on, robustAccuracy: 60 })`,
    '`audits["evasion/noise"].robustAccuracy.atLeast` is 60',
  ),
  negated('no samples', `expect(model)._.toWithstand(${noise})`, 'a target is opened on samples, and `on` gives none'),
  negated('no target', `expect({ file: 'model.onnx' })._.toWithstand(${noise}, { on })`, 'is not a target'),
  negated(
    'no baseline',
    `expect(model)._.toHaveNoRegression(${noise}, { on, baseline: 'none.json' })`,
    'none.json: there is no such baseline.',
  ),
  negated(
    'a broken baseline',
    `expect(model)._.toHaveNoRegression(${noise}, { on, baseline: 'broken.json' })`,
    'broken.json: the baseline is not JSON.',
  ),
  { name: 'a finding of nothing', code: "expect([]).toContainEqual(expect.toPassAudit('evasion/pgd'))", says: '' },
];

/** That it fails as it stands follows from `matchers.test.ts`; that its negation does too is what a run could get wrong. */
function negated(name: string, code: string, says: string): Planted {
  return { name, code: code.replace('._.', '.not.'), says };
}

/** The text of the suite, without what it imports. */
export function plantedSuite(planted: readonly Planted[]): string {
  return `
const model = target(${JSON.stringify(MODEL)});
const on = samples(${JSON.stringify(TEST)});
const people = table(${JSON.stringify(PEOPLE)});
${planted.map(({ name, code }) => `test(${JSON.stringify(name)}, async () => { await ${code}; }, 120_000);`).join('\n')}
`;
}

const noiseConfig = {
  target: MODEL,
  data: { test: TEST },
  audits: { 'evasion/noise': { norm: 'Linf', epsilons: 0.02 } },
};

/** Files that the configs below need. */
export const FILES: Readonly<Record<string, string>> = {
  'broken.json': '{ "audits": ',
  'typo.json': JSON.stringify({ ...noiseConfig, audits: { 'evasion/nois': {} } }),
  'policy.json': JSON.stringify({
    regression: {},
    audits: {
      'evasion/noise': { robustAccuracy: { atLeast: 0.999 } },
      'evasion/pgd': { robustAccuracy: { atLeast: 0.1 } },
    },
  }),
  'failing.json': JSON.stringify({
    ...noiseConfig,
    policy: 'policy.json',
    data: { test: TEST, table: { ...PEOPLE, file: PEOPLE.file.replace('raw', 'generalized') } },
    audits: { ...noiseConfig.audits, 'anonymization/k-anonymity': {} },
  }),
  'killed.json': JSON.stringify({ ...noiseConfig, plugins: ['./kill.cjs'] }),
  // Listed in a process that no messages come to; the one of the audit gets them.
  'kill.cjs': `if (process.send) process.kill(process.pid, 'SIGKILL');
module.exports = require('assay').pgd.plugin && { ...require('assay').pgd.plugin, id: 'kill' };`,
  'late.json': JSON.stringify(noiseConfig),
};

export interface Suite {
  readonly code: string;
  readonly tests: readonly Omit<Planted, 'code'>[];
}

type Suites = Readonly<Record<string, Suite>>;

/** Each suite that `describeAudit` makes, with what its tests say. */
export const SUITES = {
  missing: single("'missing.json'", 'missing.json: '),
  broken: single("'broken.json'", 'broken.json:1:'),
  typo: single("'typo.json'", 'names no plugin; the closest is `evasion/noise`'),
  'no number': single("{ audits: { 'evasion/pgd': { epsilons: NaN } } }", 'is NaN, and must be a finite number'),
  'no data': single("{ audits: { 'evasion/pgd': () => ({}) } }", 'must be plain data'),
  empty: { code: '{ audits: {} }', tests: [{ name: 'the gate', says: '`audits` is empty' }] },
  failing: {
    code: "'failing.json'",
    tests: [
      { name: 'evasion/noise: norm Linf, epsilons 0.02', says: 'at least 99.9 % (policy file)' },
      { name: 'anonymization/k-anonymity', says: null },
      { name: 'evasion/pgd', says: 'The policy names it, and it is not among the audits of the config.' },
      { name: 'regression/baseline', says: 'The policy has rules against a baseline, and the config names none.' },
      { name: 'the gate', says: 'The gate does not pass (exit code 1).' },
    ],
  },
  killed: all("'killed.json'", 'ended with signal SIGKILL'),
  late: all("'late.json'", 'the audit took longer than'),
} satisfies Suites;

function single(code: string, says: string): Suite {
  return { code, tests: [{ name: 'the config can be read', says }] };
}

function all(code: string, says: string): Suite {
  return { code, tests: ['evasion/noise: norm Linf, epsilons 0.02', 'the gate'].map((name) => ({ name, says })) };
}

export function describedSuites(suites: Suites, handed: string): string {
  return Object.entries(suites)
    .map(([name, { code }]) => {
      const timeout = name === 'late' ? ', timeout: 1' : '';
      return `describeAudit(${code}, { name: ${JSON.stringify(name)}${timeout}${handed} });`;
    })
    .join('\n');
}

/** What a test runner says of one test in its JSON. */
export interface Said {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

/** The tests of a run, as both runners write them with `--json` or `--reporter=json`. */
export function testsIn(json: string): readonly Said[] {
  const { testResults } = JSON.parse(json) as { testResults: { assertionResults: Said[] }[] };
  return testResults.flatMap(({ assertionResults }) => assertionResults);
}

/** Every planted test is there, and failed with its sentence. */
export function expectPlanted(said: readonly Said[], planted: readonly Planted[], suites: Suites): void {
  const wanted = [
    ...planted.map(({ name, says }) => ({ path: name, says })),
    ...Object.entries(suites).flatMap(([suite, { tests }]) =>
      tests.map(({ name, says }) => ({ path: join(suite, name), says })),
    ),
  ];
  const found = said.map((each) => ({ ...each, path: join(...each.ancestorTitles.filter(Boolean), each.title) }));
  expect(found.map(({ path }) => path).sort()).toEqual(wanted.map(({ path }) => path).sort());
  const outcomes = wanted.map(({ path, says }) => {
    const one = found.find((each) => each.path === path);
    const message = one?.failureMessages.join('\n').replaceAll('\u00a0', ' ') ?? '';
    return { path, status: one?.status, says: says !== null && message.includes(says) ? says : message };
  });
  expect(outcomes).toEqual(
    wanted.map(({ path, says }) => ({ path, status: says === null ? 'passed' : 'failed', says: says ?? '' })),
  );
}
