import { canonicalJson, type JsonObject } from '#base/json';
import { row } from '#base/tensor';
import { check } from '#config/validate';
import { plainJson } from '#pipeline/plain-json';
import { pluginPage } from '#plugin/page';
import type { ConfiguredPlugin, Evidence, Plugin, PolicyPreset } from '#plugin/plugin';
import { AREAS, SEVERITIES } from '#report/report';
import { labelRow, margin } from '#target/head';
import type { Samples } from '#target/target';
import { closeness, completeness, radiusBetween } from './closed-forms.js';
import type { Expect } from './expect.js';
import {
  linearProblem,
  SAMPLES,
  sizeIn,
  withoutGradients,
  type ConformanceNorm,
  type HeadName,
  type LinearProblem,
} from './linear-problem.js';
import { bySample, chosen, examplesOf, fallenIn, once, run, verdictOn, type Attacked } from './run.js';
import { translationFaults } from './translations.js';
import type { AttackUnderTest, ConformanceTest } from './under-test.js';

declare const expect: Expect;

export interface ConformanceGroup {
  readonly name: string;
  readonly tests: readonly ConformanceTest[];
}

const SHAPES = [[8], [4, 6], [5, 7, 7]] as const;
const PRESETS: readonly PolicyPreset[] = ['baseline', 'strict', 'high-risk'];
const HEADS: readonly HeadName[] = ['two classes', 'binary', 'multi-label', 'regression'];

/** Rounding of float32, as a share of the range. */
const TOLERANCE = 1e-6;

/** The checks of whether an attack worked cost several times the attack: where they are not what is asked, none are made. */
const WITHOUT_TRUST = { samples: 0 };
const SMALL_TRUST = { samples: 6, noiseDraws: 20, queries: 100 };

/** Whether an attack worked is asked of a row and of a picture; whether its gradients lead anywhere, of a row with every head. */
const [ROW, , PICTURE] = SHAPES;

/** All properties that the kit checks, in groups. Heads that the attack says it does not apply to are left out. */
export function attackConformance(attack: AttackUnderTest): readonly ConformanceGroup[] {
  const { plugin } = attack.configure(attack.norms[0] ?? 'Linf', 0.1);
  const quick: AttackUnderTest = {
    ...attack,
    configure: (norm, epsilon) => withTrust(attack.configure(norm, epsilon), WITHOUT_TRUST),
  };
  return [
    { name: 'the plugin', tests: pluginTests(plugin, quick) },
    ...attack.norms.flatMap((norm) => [
      ...SHAPES.map((shape) => groupOf(quick, norm, shape, 'three classes')),
      ...HEADS.map((head) => groupOf(quick, norm, [8], head)),
    ]),
  ].filter(({ tests }) => tests.length > 0);
}

/** With checks of whether the attack worked, of plugins that have them. */
function withTrust({ plugin, options }: ConfiguredPlugin, trust: JsonObject): ConfiguredPlugin {
  return { plugin, options: 'trust' in plugin.options.properties ? { ...options, trust } : options };
}

function pluginTests(plugin: Plugin, attack: AttackUnderTest): readonly ConformanceTest[] {
  const norm = attack.norms[0] ?? 'Linf';
  const problem = linearProblem([8], 'two classes');
  const refuses = (configured: ConfiguredPlugin) =>
    expect(run(configured, problem.target, problem.samples)).rejects.toThrow();
  return [
    { name: 'says what it is, completely', body: () => checkFacts(plugin) },
    {
      name: 'says the same in every language that it brings',
      body: () => expect(translationFaults(plugin)).toEqual([]),
    },
    {
      name: 'has presets that fit its own policy',
      body: () => {
        const place = { code: 'policy', file: plugin.id, path: [] } as const;
        for (const preset of PRESETS) check(plugin.policy, plugin.presets[preset], place);
      },
    },
    { name: 'refuses a negative epsilon', body: async () => refuses(attack.configure(norm, -0.1)) },
    { name: 'refuses an epsilon that is not a number', body: async () => refuses(attack.configure(norm, NaN)) },
    {
      name: 'refuses an option that it does not know',
      body: async () => {
        const { plugin: own, options } = attack.configure(norm, 0.1);
        await refuses({ plugin: own, options: { ...options, 'not an option': 1 } });
      },
    },
  ];
}

function checkFacts(plugin: Plugin): void {
  expect(plugin.kind).toBe('attack');
  expect(plugin.id).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*\/)+[a-z0-9]+(-[a-z0-9]+)*$/);
  const { title, failureTitle, description, advice, threat } = plugin;
  for (const text of [title, failureTitle, description, advice, threat]) expect(text?.trim() ?? '').not.toBe('');
  expect(title).not.toBe(failureTitle);
  expect(plugin.sources.length).toBeGreaterThan(0);
  expect(Object.values(plugin.frameworks).flat().length).toBeGreaterThan(0);
  expect(SEVERITIES).toContain(plugin.severity);
  expect(AREAS).toContain(plugin.area);
  expect(plugin.needs.length).toBeGreaterThan(0);
  expect(pluginPage(plugin)).toContain(plugin.id);
}

function groupOf(
  attack: AttackUnderTest,
  norm: ConformanceNorm,
  shape: readonly number[],
  head: HeadName,
): ConformanceGroup {
  const name = `${norm}, ${head}, samples of shape [${shape.join(', ')}]`;
  const problem = linearProblem(shape, head);
  const { plugin, options } = attack.configure(norm, 0.1);
  if ((plugin.appliesTo?.(problem.target, options) ?? null) !== null) return { name, tests: [] };
  return {
    name,
    tests: [
      ...problemTests(attack, norm, problem, linearProblem(shape, head, 'tight'), head),
      ...trustTests(attack, norm, linearProblem(shape, head, 'inner'), head),
    ],
  };
}

function problemTests(
  attack: AttackUnderTest,
  norm: ConformanceNorm,
  problem: LinearProblem,
  tight: LinearProblem,
  head: HeadName,
): readonly ConformanceTest[] {
  const { target, samples } = problem;
  const epsilon = radiusBetween(problem, norm);
  const configured = attack.configure(norm, epsilon);
  const attacked = once(() => run(configured, target, samples));
  const fallible = (factor: number) => samples.indices.filter((i) => problem.distance(i, norm) < factor * epsilon);
  return [
    {
      name: 'epsilon 0 is the identity',
      body: async () => expect(examplesOf(await run(attack.configure(norm, 0), target, samples))).toEqual([]),
    },
    {
      name: 'keeps budget and domain to 1e-6, and every example is wrong',
      body: async () => checkExamples(await attacked(), norm, epsilon, problem),
    },
    {
      name: 'keeps budget and domain to 1e-6 where the domain is near',
      body: async () => {
        const near = radiusBetween(tight, norm);
        const found = await run(attack.configure(norm, near), tight.target, tight.samples);
        await checkExamples(found, norm, near, tight);
      },
    },
    {
      name: 'calls only those broken that can fall',
      body: async () => {
        const able = new Set(fallible(1 + TOLERANCE));
        expect(fallenIn(await attacked()).filter((i) => !able.has(i))).toEqual([]);
      },
    },
    ...(attack.exact && head !== 'multi-label' ? [completeness(attacked, fallible, head)] : []),
    ...(attack.minimumNorm !== undefined && head !== 'multi-label' ? [closeness(attack, norm, problem)] : []),
    {
      name: 'gives the same for the same seed, alone, in any batch and in any order',
      body: async () => checkIndependence(await attacked(), configured, problem),
    },
    ...(configured.plugin.outcomes === undefined ? [] : [outcomes(attacked, configured.plugin, samples)]),
  ];
}

/** What the attack says of itself, and whether it can be believed. */
function trustTests(
  attack: AttackUnderTest,
  norm: ConformanceNorm,
  problem: LinearProblem,
  head: HeadName,
): readonly ConformanceTest[] {
  const { target, samples } = problem;
  const configured = withTrust(attack.configure(norm, radiusBetween(problem, norm)), SMALL_TRUST);
  const [shape, usesGradients] = [target.domain.shape.join(), configured.plugin.needs.includes('gradients')];
  const verdict: ConformanceTest = {
    name: 'gives a verdict, evidence that can be shown, and no sign that it failed',
    body: async () => {
      const { status, signs } = await verdictOn(configured, target, samples);
      expect(status).not.toBe('error');
      // The sum over labels does not climb towards the nearest of them: noise may find what it leaves.
      if (head !== 'multi-label') expect(signs.filter(({ holds }) => !holds)).toEqual([]);
    },
  };
  return [
    ...([ROW.join(), PICTURE.join()].includes(shape) ? [verdict] : []),
    ...(shape === ROW.join() && usesGradients ? [maskedGradients(attack, norm, problem)] : []),
  ];
}

/** By which two runs are compared: one bit a sample, and each series of bits known again by its id. */
function outcomes(attacked: () => Attacked, plugin: Plugin, samples: Samples): ConformanceTest {
  return {
    name: 'gives one outcome a sample, under ids that are unique',
    body: async () => {
      const { data } = await attacked();
      const found = plugin.outcomes?.(plainJson(data, 'data')) ?? [];
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
      for (const { label, indices, bits } of found) {
        expect(label.trim()).not.toBe('');
        expect(bits).toMatch(/^[01]*$/);
        expect(bits.length).toBe(indices.length);
        expect(new Set(indices).size).toBe(indices.length);
        expect(indices.filter((index) => !samples.indices.includes(index))).toEqual([]);
      }
    },
  };
}

/** A model without gradients keeps all its labels, and nothing was shown by that. */
function maskedGradients(attack: AttackUnderTest, norm: ConformanceNorm, problem: LinearProblem): ConformanceTest {
  return {
    name: 'does not pass a model whose gradients are zero',
    body: async () => {
      const configured = withTrust(attack.configure(norm, 0.01 * radiusBetween(problem, norm)), SMALL_TRUST);
      const masked = withoutGradients(problem.target);
      expect((await verdictOn(configured, problem.target, problem.samples)).status).toBe('pass');
      expect((await verdictOn(configured, masked, problem.samples)).status).not.toBe('pass');
    },
  };
}

async function checkExamples(
  evidence: Evidence<unknown>,
  norm: ConformanceNorm,
  epsilon: number,
  { target, samples, range: [low, high] }: LinearProblem,
): Promise<void> {
  const slack = TOLERANCE * (high - low);
  for (const example of examplesOf(evidence)) {
    const { original, changed, sample, scoresAfter } = example;
    expect(original).toEqual(row(samples.inputs, sample));
    expect(sizeIn(norm, original, changed)).toBeLessThanOrEqual(epsilon + slack);
    expect(changed.every((value) => value >= low - slack && value <= high + slack)).toBe(true);
    const asked = await target.predict({ shape: [1, ...samples.inputs.shape.slice(1)], data: changed });
    expect(scoresAfter).toEqual([...asked.data]);
    expect(margin(target.head, asked.data, labelRow(samples.labels, sample)) > 0).toBe(false);
  }
}

async function checkIndependence(
  whole: Evidence<unknown>,
  configured: ConfiguredPlugin,
  { target, samples }: LinearProblem,
): Promise<void> {
  const again = await run(configured, target, samples);
  expect(canonicalJson(plainJson(again.data, 'data'))).toBe(canonicalJson(plainJson(whole.data, 'data')));
  expect(bySample(again)).toEqual(bySample(whole));
  const reversed = samples.indices.map((_, i) => SAMPLES - 1 - i);
  expect(bySample(await run(configured, target, chosen(samples, reversed)))).toEqual(bySample(whole));
  const parts = new Map<number, unknown>();
  for (const rows of batches()) {
    for (const [sample, found] of bySample(await run(configured, target, chosen(samples, rows))))
      parts.set(sample, found);
  }
  expect(parts).toEqual(bySample(whole));
}

/** Every sample once, in batches of all sizes from one to six and some more of one. */
function batches(): readonly (readonly number[])[] {
  const sizes = [1, 2, 3, 4, 5, 6, 1, 1, 1];
  return sizes.map((size, at) => {
    const start = sizes.slice(0, at).reduce((sum, each) => sum + each, 0);
    return Array.from({ length: size }, (_, i) => start + i);
  });
}
