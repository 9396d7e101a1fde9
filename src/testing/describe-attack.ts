import { row, sizeOf, takeRows, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { takeLabels, type Labels } from '#target/head';
import { linearTarget } from '#target/linear';
import type { Samples, Target } from '#target/target';
import type { ConfiguredPlugin, Evidence, Example } from '#plugin/plugin';
import { memoryContext } from './context.js';

export type ConformanceNorm = 'Linf' | 'L2' | 'L1';

/** What the kit has to know of an attack. */
export interface AttackUnderTest {
  /** The attack with the given norm and radius, and whatever else it needs. */
  readonly configure: (norm: ConformanceNorm, epsilon: number) => ConfiguredPlugin;
  readonly norms: readonly ConformanceNorm[];
  /**
   * Whether it has to find every sample that can fall on a linear model, as attacks that follow gradients do. Attacks
   * that guess only have to stay within their budget.
   */
  readonly exact: boolean;
}

/** What jest and vitest both have as globals; neither is a dependency of the kit. */
interface Expectation {
  readonly not: Expectation;
  toBe(wanted: unknown): void;
  toEqual(wanted: unknown): void;
  toMatch(wanted: RegExp): void;
  toBeGreaterThan(wanted: number): void;
  toBeLessThan(wanted: number): void;
  toBeLessThanOrEqual(wanted: number): void;
}
declare const describe: (name: string, body: () => void) => void;
declare const test: (name: string, body: () => void | Promise<void>) => void;
declare const expect: (value: unknown) => Expectation;

const SHAPES = [[8], [4, 6], [5, 7, 7]] as const;
const CLASSES = 3;
const SAMPLES = 24;
const RANGE = [-100, 100] as const;

/**
 * The conformance kit: registers tests with the `describe`, `test` and `expect` of jest or vitest. On a linear model,
 * where a sample falls exactly when its margin is below epsilon times the dual norm of a difference of weights.
 */
export function describeAttack(attack: AttackUnderTest): void {
  const { plugin } = attack.configure(attack.norms[0] ?? 'Linf', 0.1);
  describe(`${plugin.id} conforms`, () => {
    test('its metadata is complete', () => {
      expect(plugin.id).toMatch(/^(@?[a-z0-9-]+\/)+[a-z0-9-]+$/);
      for (const text of [plugin.title, plugin.failureTitle, plugin.description, plugin.advice])
        expect(text).not.toBe('');
      expect(plugin.sources.length).toBeGreaterThan(0);
      expect(plugin.title).not.toBe(plugin.failureTitle);
    });

    for (const norm of attack.norms) {
      for (const shape of SHAPES) describeOn(attack, norm, shape);
    }
  });
}

function describeOn(attack: AttackUnderTest, norm: ConformanceNorm, shape: readonly number[]): void {
  describe(`${norm} on samples of shape [${shape.join(', ')}]`, () => {
    const problem = linearProblem(shape);

    test('epsilon 0 is the identity', async () => {
      const { examples = [] } = await run(attack.configure(norm, 0), problem.target, problem.samples);
      expect(examples).toEqual([]);
    });

    test('keeps within budget and domain to 1e-6', async () => {
      const epsilon = medianRadius(problem, norm);
      const { examples = [] } = await run(attack.configure(norm, epsilon), problem.target, problem.samples);
      for (const { original, changed } of examples) {
        expect(sizeIn(norm, original, changed)).toBeLessThanOrEqual(epsilon + 1e-6 * (RANGE[1] - RANGE[0]));
        expect(changed.every((value) => value >= RANGE[0] && value <= RANGE[1])).toBe(true);
      }
    });

    test('calls only those broken that can fall', async () => {
      const epsilon = medianRadius(problem, norm);
      const fallen = await fallenUnder(attack.configure(norm, epsilon), problem);
      for (const i of fallen) expect(radius(problem, i, norm)).toBeLessThan(epsilon * (1 + 1e-4));
    });

    if (attack.exact) {
      // The bar of adversarial-library's tests on a linear model: within 1.25 times the exact distance.
      test('breaks every sample whose exact distance is below 0.8 of the radius', async () => {
        const epsilon = medianRadius(problem, norm);
        const fallen = await fallenUnder(attack.configure(norm, epsilon), problem);
        const able = problem.samples.indices.filter((_, i) => radius(problem, i, norm) < 0.8 * epsilon);
        expect(able.filter((i) => !fallen.has(i))).toEqual([]);
      });
    }

    test('gives the same for the same seed, alone, in any batch and in any order', async () => {
      const configured = attack.configure(norm, medianRadius(problem, norm));
      const whole = bySample(await run(configured, problem.target, problem.samples));
      expect(bySample(await run(configured, problem.target, problem.samples))).toEqual(whole);
      const reversed = problem.samples.indices.map((_, i) => SAMPLES - 1 - i);
      expect(bySample(await run(configured, problem.target, chosen(problem.samples, reversed)))).toEqual(whole);
      for (const size of [1, 3, 8]) {
        const parts = new Map<number, number[]>();
        for (let start = 0; start < SAMPLES; start += size) {
          const rows = Array.from({ length: Math.min(size, SAMPLES - start) }, (_, i) => start + i);
          const part = bySample(await run(configured, problem.target, chosen(problem.samples, rows)));
          for (const [sample, changed] of part) parts.set(sample, changed);
        }
        expect(parts).toEqual(whole);
      }
    });
  });
}

interface LinearProblem {
  readonly target: Target;
  readonly samples: Samples;
  /** [class][feature] */
  readonly weights: readonly Float64Array[];
}

function linearProblem(shape: readonly number[]): LinearProblem {
  const size = sizeOf(shape);
  const source = rng(`conformance/${shape.join('x')}`);
  const weights = Array.from({ length: CLASSES }, () => Float64Array.from({ length: size }, () => source.normal()));
  const target = linearTarget(weights, new Float64Array(CLASSES), {
    head: { kind: 'classes', count: CLASSES },
    shape,
    range: RANGE,
  });
  const data = Float32Array.from({ length: SAMPLES * size }, () => source.normal());
  const inputs: Tensor = { shape: [SAMPLES, ...shape], data };
  const values = Float64Array.from({ length: SAMPLES }, (_, i) => argMax(scores(weights, row(inputs, i))));
  const labels: Labels = { width: 1, values };
  return { target, samples: { inputs, labels, indices: [...values.keys()] }, weights };
}

/** The exact distance of a sample from the nearest other class: margin over the dual norm of the weights' difference. */
function radius({ samples, weights }: LinearProblem, i: number, norm: ConformanceNorm): number {
  const label = samples.labels.values[i] ?? 0;
  const own = scores(weights, row(samples.inputs, i));
  const distances = weights.flatMap((other, j) => {
    if (j === label) return [];
    const difference = other.map((value, k) => value - (weights[label]?.[k] ?? 0));
    return [((own[label] ?? 0) - (own[j] ?? 0)) / dualNorm(norm, difference)];
  });
  return Math.min(...distances);
}

function medianRadius(problem: LinearProblem, norm: ConformanceNorm): number {
  const radii = problem.samples.indices.map((_, i) => radius(problem, i, norm)).sort((a, b) => a - b);
  return ((radii[SAMPLES / 2 - 1] ?? 0) + (radii[SAMPLES / 2] ?? 0)) / 2;
}

function dualNorm(norm: ConformanceNorm, values: Float64Array): number {
  switch (norm) {
    case 'Linf':
      return values.reduce((sum, value) => sum + Math.abs(value), 0);
    case 'L2':
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    case 'L1':
      return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  }
}

function sizeIn(norm: ConformanceNorm, original: Float32Array, changed: Float32Array): number {
  const change = Float64Array.from(changed, (value, i) => value - (original[i] ?? NaN));
  const primal = { Linf: 'L1', L2: 'L2', L1: 'Linf' } as const;
  return dualNorm(primal[norm], change);
}

function scores(weights: readonly Float64Array[], x: Float32Array): number[] {
  return weights.map((w) => w.reduce((sum, value, i) => sum + value * (x[i] ?? 0), 0));
}

function argMax(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function chosen(samples: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(samples.inputs, rows),
    labels: takeLabels(samples.labels, rows),
    indices: rows.map((i) => samples.indices[i] ?? 0),
  };
}

function run(configured: ConfiguredPlugin, target: Target, samples: Samples): Promise<Evidence<unknown>> {
  return configured.plugin.run(memoryContext(configured, target, samples));
}

async function fallenUnder(configured: ConfiguredPlugin, { target, samples }: LinearProblem): Promise<Set<number>> {
  const { examples = [] } = await run(configured, target, samples);
  return new Set(examples.map(({ sample }: Example) => sample));
}

/** What each broken sample was changed into. */
function bySample({ examples = [] }: Evidence<unknown>): Map<number, number[]> {
  const sorted = [...examples].sort((a, b) => a.sample - b.sample);
  return new Map(sorted.map(({ sample, changed }) => [sample, [...changed]]));
}
