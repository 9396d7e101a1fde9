import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '#base/json';
import { packageRoot } from '#base/package-root';
import { rowRange } from '#base/tensor';
import { check } from '#config/validate';
import type { PluginFactory } from '#plugin/define';
import { randomStreams } from '#stats/random';
import { mcnemarOneSided } from '#stats/tests';
import type { DifferentiableTarget, Samples } from '#target/target';
import * as evasion from '../attacks/evasion/index.js';
import type { RunAttack } from '../attacks/evasion/search/result.js';

/** A row of `bench/peers/attacks.json`: an attack of Assay with options that are those of its references. */
export interface Comparison {
  readonly name: string;
  /** The plugin and the function as the index of the evasion attacks exports them. */
  readonly attack: string;
  readonly run: string;
  readonly norm: string;
  readonly options: JsonObject;
  readonly random: boolean;
}

/** What a reference found: `fixtures/attacks/references.json`, by `bench/peers/attacks_references.py`. */
export interface Reference {
  readonly name: string;
  readonly model: string;
  readonly epsilon: number;
  /** One digit a sample, the first test images on; one text a seed. 1 where it stands. */
  readonly robust: readonly string[];
}

export interface Pair extends Reference {
  readonly row: Comparison;
}

type Run = RunAttack<DifferentiableTarget, unknown>;

interface Attack {
  readonly run: Run;
  readonly factory: PluginFactory;
}

/** All saved results of the references, with the comparison that each belongs to. */
export function savedReferences(): readonly Pair[] {
  const { comparisons } = readJson('bench/peers/attacks.json') as { comparisons: readonly Comparison[] };
  const references = readJson('fixtures/attacks/references.json') as readonly Reference[];
  const rows = new Map(comparisons.map((row) => [row.name, row]));
  return references.map((reference) => {
    const row = rows.get(reference.name);
    if (row === undefined) throw new Error(`no comparison is called ${reference.name}`);
    return { ...reference, row };
  });
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(packageRoot(), path), 'utf8'));
}

/** The attack of a row, out of the index; null where the index has none. */
export function attackOf(row: Comparison): Attack | null {
  const exported = new Map<string, unknown>(Object.entries(evasion));
  const run = exported.get(row.run);
  const factory = exported.get(row.attack);
  return isRun(run) && isFactory(factory) ? { run, factory } : null;
}

function isRun(value: unknown): value is Run {
  return typeof value === 'function';
}

function isFactory(value: unknown): value is PluginFactory {
  return typeof value === 'function' && 'plugin' in value;
}

/** A fixture model and samples that a reference was run on, or the first of them. */
export interface Opened {
  readonly target: DifferentiableTarget;
  readonly samples: Samples;
}

/** For each sample whether it stands, one text a seed. */
export async function standingUnder(
  { run, factory }: Attack,
  { row, epsilon }: Pair,
  { target, samples }: Opened,
  seeds: number,
): Promise<readonly string[]> {
  const given = { norm: row.norm, epsilons: epsilon, ...row.options };
  const place = { code: 'config', file: 'bench/peers/attacks.json', path: [row.name, 'options'] } as const;
  const options = check(factory.plugin.options, given, place);
  const standing: string[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const { epsilons } = await run(target, samples, options, randomStreams(seed, 'references'));
    const fates = epsilons.flatMap(({ outcomes }) => outcomes.map(({ fate }) => fate));
    standing.push(fates.map((fate) => (fate === 'survived' ? '1' : '0')).join(''));
  }
  return standing;
}

/**
 * How much worse an attack is than its reference on the same samples: samples that stand in addition, for the first
 * seed, and the chance of as many if both were as good.
 */
export function worseThan(own: readonly string[], { robust }: Reference): { more: number; chance: number } {
  const images = own[0]?.length ?? 0;
  const reference = robust.slice(0, own.length).map((run) => run.slice(0, images));
  const differences = Array.from({ length: images }, (_, i) => timesStanding(own, i) - timesStanding(reference, i));
  return {
    more: standing(own[0] ?? '') - standing(reference[0] ?? ''),
    // Seeds agree on most samples, so that the unit is the sample: it is lost where it stands for more of the seeds.
    chance: mcnemarOneSided(
      differences.filter((difference) => difference > 0).length,
      differences.filter((difference) => difference < 0).length,
    ),
  };
}

function timesStanding(runs: readonly string[], sample: number): number {
  return runs.filter((run) => run[sample] === '1').length;
}

function standing(run: string): number {
  return run.replaceAll('0', '').length;
}

export function firstSamples(samples: Samples, count: number): Samples {
  const { width, values } = samples.labels;
  return {
    inputs: rowRange(samples.inputs, 0, count),
    labels: { width, values: values.slice(0, count * width) },
    indices: samples.indices.slice(0, count),
  };
}
