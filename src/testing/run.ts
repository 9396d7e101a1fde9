import { takeRows } from '#base/tensor';
import { plainJson } from '#pipeline/plain-json';
import { askPlugin } from '#pipeline/verdicts';
import type { ConfiguredPlugin, Evidence, Example, Verdict } from '#plugin/plugin';
import { takeLabels } from '#target/head';
import type { Samples, Target } from '#target/target';
import { memoryContext } from './context.js';
import { SAMPLES } from './linear-problem.js';

/** The verdict of the preset `baseline`, by the pipeline's own rules for verdicts. */
export async function verdictOn(configured: ConfiguredPlugin, target: Target, samples: Samples): Promise<Verdict> {
  const { data } = await run(configured, target, samples);
  const { plugin } = configured;
  const policy = { thresholds: plugin.presets.baseline, setBy: 'preset baseline', minimumSamples: 1 };
  const pictures = { examples: [], maps: [], mapScale: 0 };
  return askPlugin(plugin, plainJson(data, 'data'), policy, pictures).verdict;
}

/** What an attack gives, in time. */
export type Attacked = Promise<Evidence<unknown>>;

/** The same run for every check that only reads it; what is the same again is asked of another one. */
export function once(attacked: () => Attacked): () => Attacked {
  let first: Attacked | null = null;
  return () => (first ??= attacked());
}

/** Runs an attack in this process. Refused options are a rejection, too. */
export function run(configured: ConfiguredPlugin, target: Target, samples: Samples): Attacked {
  return Promise.resolve().then(() =>
    configured.plugin.run(memoryContext(configured, target, samples, { keep: SAMPLES })),
  );
}

export function examplesOf({ examples = [] }: Evidence<unknown>): readonly Example[] {
  return examples;
}

/** Indices of the samples that were broken. */
export function fallenIn(evidence: Evidence<unknown>): number[] {
  const found = examplesOf(evidence).map(({ sample }) => sample);
  return [...new Set(found)].sort((a, b) => a - b);
}

/** What each broken sample was changed into, and what the target says of that. */
export function bySample(evidence: Evidence<unknown>): Map<number, unknown> {
  const sorted = examplesOf(evidence).toSorted((a, b) => a.sample - b.sample || a.epsilon - b.epsilon);
  return new Map(
    sorted.map(({ sample, epsilon, changed, scoresAfter }) => [
      sample,
      { epsilon, changed: [...changed], scoresAfter },
    ]),
  );
}

export function chosen(samples: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(samples.inputs, rows),
    labels: takeLabels(samples.labels, rows),
    indices: rows.map((i) => samples.indices[i] ?? 0),
  };
}
