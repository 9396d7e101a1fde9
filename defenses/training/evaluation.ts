import { runApgd, runApgdT, runPgd, type SampleOutcome } from '#attacks/evasion/index';
import { takeRows } from '#base/tensor';
import type { RunContext, StepValue } from '#plugin/plugin';
import type { RandomStreams } from '#stats/random';
import { takeLabels, type Head } from '#target/head';
import { chunkOf, takeIndices } from '#target/sample-source';
import type { DifferentiableTarget, Samples } from '#target/target';
import type { Standing } from './judge.js';
import type { Recipe } from './recipe.js';

/** What measures a model before and after it is trained. */
export interface Evaluation {
  readonly norm: Recipe['norm'];
  readonly epsilon: number;
  readonly steps: number;
}

/** The targeted loss of APGD-T compares four logits. */
const LEAST_CLASSES = 4;

/** In words, for the report. */
export function evaluationWords({ steps }: Evaluation, head: Head): string {
  const second = aimsAtClasses(head) ? 'APGD-T' : 'PGD on the margin';
  return `the worst case of APGD-CE and ${second} (${steps} steps each)`;
}

/** Gradients of one sample at most: towards nine classes, and away from the true one. */
export const WALKS = 10;

function aimsAtClasses(head: Head): head is Head & { readonly kind: 'classes' } {
  return head.kind === 'classes' && head.count >= LEAST_CLASSES;
}

/** Clean and robust accuracy, one bit a sample, chunk by chunk. */
export async function standingOf(
  { test, step, random }: Pick<RunContext<unknown>, 'test' | 'step' | 'random'>,
  name: string,
  target: DifferentiableTarget,
  evaluation: Evaluation,
): Promise<Standing> {
  const size = chunkOf(test.shape);
  const standing = { clean: [] as number[], robust: [] as number[] };
  for (let start = 0; start < test.indices.length; start += size) {
    const bits = await step(`${name}-${start / size}`, async () => {
      const samples = await test.range(start, Math.min(start + size, test.indices.length));
      return chunkStanding(target, samples, evaluation, random.fork('evaluation'));
    });
    standing.clean.push(...(bits.arrays['clean'] ?? []));
    standing.robust.push(...(bits.arrays['robust'] ?? []));
  }
  return standing;
}

async function chunkStanding(
  target: DifferentiableTarget,
  samples: Samples,
  evaluation: Evaluation,
  random: RandomStreams,
): Promise<StepValue> {
  const first = await fatesUnder(firstAttack(target, evaluation, random), samples);
  const left = positionsOf(first, 'survived');
  const second = await fatesUnder(secondAttack(target, evaluation, random), at(samples, left));
  const robust = new Uint8Array(first.length);
  for (const place of positionsOf(second, 'survived')) robust[left[place] ?? -1] = 1;
  return {
    json: null,
    arrays: { clean: Uint8Array.from(first, (fate) => (fate === 'misclassified' ? 0 : 1)), robust },
  };
}

type RunOn = (samples: Samples) => ReturnType<typeof runPgd>;

function firstAttack(target: DifferentiableTarget, { norm, epsilon, steps }: Evaluation, random: RandomStreams): RunOn {
  const options = { norm, epsilons: epsilon, steps, loss: 'cross-entropy', rho: 0.75 } as const;
  return (samples) => runApgd(target, samples, options, random.fork('apgd'));
}

function secondAttack(
  target: DifferentiableTarget,
  { norm, epsilon, steps }: Evaluation,
  random: RandomStreams,
): RunOn {
  const common = { norm, epsilons: epsilon, steps, restarts: 1 } as const;
  if (aimsAtClasses(target.head)) {
    return (samples) => runApgdT(target, samples, { ...common, rho: 0.75 }, random.fork('apgd-t'));
  }
  const margin = { ...common, randomStart: true, loss: 'margin', earlyStop: true } as const;
  return (samples) => runPgd(target, samples, margin, random.fork('margin'));
}

type Fate = SampleOutcome['fate'];

async function fatesUnder(attack: RunOn, samples: Samples): Promise<readonly Fate[]> {
  if (samples.indices.length === 0) return [];
  const { epsilons } = await attack(samples);
  return epsilons.flatMap(({ outcomes }) => outcomes.map(({ fate }) => fate));
}

function positionsOf(fates: readonly Fate[], wanted: Fate): number[] {
  return fates.flatMap((fate, i) => (fate === wanted ? [i] : []));
}

function at({ inputs, labels, indices }: Samples, positions: readonly number[]): Samples {
  return {
    inputs: takeRows(inputs, positions),
    labels: takeLabels(labels, positions),
    indices: takeIndices(indices, positions),
  };
}
