import { canonicalJson, type JsonObject } from '#base/json';
import { row } from '#base/tensor';
import { check } from '#config/validate';
import { plainJson } from '#pipeline/plain-json';
import { pluginPage } from '#plugin/page';
import type { ConfiguredPlugin, Plugin, PolicyPreset } from '#plugin/plugin';
import { AREAS, SEVERITIES } from '#report/report';
import { labelRow, margin } from '#target/head';
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
import { bySample, chosen, examplesOf, fallenUnder, run, verdictOn } from './run.js';
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
    tests: problemTests(attack, norm, problem, {
      tight: linearProblem(shape, head, 'tight'),
      inner: linearProblem(shape, head, 'inner'),
      head,
    }),
  };
}

function problemTests(
  attack: AttackUnderTest,
  norm: ConformanceNorm,
  problem: LinearProblem,
  { tight, inner, head }: { readonly tight: LinearProblem; readonly inner: LinearProblem; readonly head: HeadName },
): readonly ConformanceTest[] {
  const { target, samples } = problem;
  const epsilon = radiusBetween(problem, norm);
  const configured = attack.configure(norm, epsilon);
  const fallible = (factor: number) => samples.indices.filter((i) => problem.distance(i, norm) < factor * epsilon);
  return [
    {
      name: 'epsilon 0 is the identity',
      body: async () => expect(examplesOf(await run(attack.configure(norm, 0), target, samples))).toEqual([]),
    },
    {
      name: 'keeps budget and domain to 1e-6, and every example is wrong',
      body: () => checkExamples(configured, norm, epsilon, problem),
    },
    {
      name: 'keeps budget and domain to 1e-6 where the domain is near',
      body: () => {
        const near = radiusBetween(tight, norm);
        return checkExamples(attack.configure(norm, near), norm, near, tight);
      },
    },
    {
      name: 'calls only those broken that can fall',
      body: async () => {
        const able = new Set(fallible(1 + TOLERANCE));
        const fallen = await fallenUnder(configured, problem);
        expect(fallen.filter((i) => !able.has(i))).toEqual([]);
      },
    },
    ...(attack.exact && head !== 'multi-label' ? [completeness(configured, problem, fallible, head)] : []),
    ...(attack.minimumNorm !== undefined && head !== 'multi-label' ? [closeness(attack, norm, problem)] : []),
    {
      name: 'gives the same for the same seed, alone, in any batch and in any order',
      body: () => checkIndependence(configured, problem),
    },
    {
      name: 'gives a verdict, evidence that can be shown, and no sign that it failed',
      body: async () => {
        const examined = withTrust(attack.configure(norm, radiusBetween(inner, norm)), SMALL_TRUST);
        const { status, signs } = await verdictOn(examined, inner.target, inner.samples);
        expect(status).not.toBe('error');
        // The sum over labels does not climb towards the nearest of them: noise may find what it leaves.
        if (head !== 'multi-label') expect(signs.filter(({ holds }) => !holds)).toEqual([]);
      },
    },
    ...(configured.plugin.outcomes === undefined ? [] : [outcomes(configured, problem)]),
    ...(configured.plugin.needs.includes('gradients') ? [maskedGradients(attack, norm, inner)] : []),
  ];
}

/** By which two runs are compared: one bit a sample, and each series of bits known again by its id. */
function outcomes(configured: ConfiguredPlugin, { target, samples }: LinearProblem): ConformanceTest {
  return {
    name: 'gives one outcome a sample, under ids that are unique',
    body: async () => {
      const { data } = await run(configured, target, samples);
      const found = configured.plugin.outcomes?.(plainJson(data, 'data')) ?? [];
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
  configured: ConfiguredPlugin,
  norm: ConformanceNorm,
  epsilon: number,
  { target, samples, range: [low, high] }: LinearProblem,
): Promise<void> {
  const slack = TOLERANCE * (high - low);
  for (const example of examplesOf(await run(configured, target, samples))) {
    const { original, changed, sample, scoresAfter } = example;
    expect(original).toEqual(row(samples.inputs, sample));
    expect(sizeIn(norm, original, changed)).toBeLessThanOrEqual(epsilon + slack);
    expect(changed.every((value) => value >= low - slack && value <= high + slack)).toBe(true);
    const asked = await target.predict({ shape: [1, ...samples.inputs.shape.slice(1)], data: changed });
    expect(scoresAfter).toEqual([...asked.data]);
    expect(margin(target.head, asked.data, labelRow(samples.labels, sample)) > 0).toBe(false);
  }
}

async function checkIndependence(configured: ConfiguredPlugin, { target, samples }: LinearProblem): Promise<void> {
  const whole = await run(configured, target, samples);
  const again = await run(configured, target, samples);
  expect(canonicalJson(plainJson(again.data, 'data'))).toBe(canonicalJson(plainJson(whole.data, 'data')));
  expect(bySample(again)).toEqual(bySample(whole));
  const reversed = samples.indices.map((_, i) => SAMPLES - 1 - i);
  expect(bySample(await run(configured, target, chosen(samples, reversed)))).toEqual(bySample(whole));
  for (const size of [1, 3, 8]) {
    const parts = new Map<number, unknown>();
    for (let start = 0; start < SAMPLES; start += size) {
      const rows = Array.from({ length: Math.min(size, SAMPLES - start) }, (_, i) => start + i);
      for (const [sample, found] of bySample(await run(configured, target, chosen(samples, rows))))
        parts.set(sample, found);
    }
    expect(parts).toEqual(bySample(whole));
  }
}
