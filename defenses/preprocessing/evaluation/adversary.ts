import { Type, type Static, type TObject } from '@sinclair/typebox';
import { runApgd, runApgdT, runPgd, runSquare, type EpsilonResult } from '#attacks/evasion/index';
import { row, takeRows, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import { takeLabels } from '#target/head';
import { takeIndices } from '#target/sample-source';
import type { DifferentiableTarget, Samples } from '#target/target';

/** How an adversary searches, whether in front of the bare model or of the defended one. */
export const AdversaryOptions = {
  norm: Type.Unsafe<'Linf' | 'L2' | 'L1'>({
    type: 'string',
    enum: ['Linf', 'L2', 'L1'],
    default: 'Linf',
    description: 'How the size of a change is measured.',
  }),
  epsilons: Type.Union(
    [Type.Number({ exclusiveMinimum: 0 }), Type.Array(Type.Number({ exclusiveMinimum: 0 }), { minItems: 1 })],
    { description: 'The largest change in the norm, in the units of the data; several give a curve.' },
  ),
  steps: Type.Integer({ minimum: 5, default: 40, description: 'Gradient steps of each walk.' }),
  restarts: Type.Integer({
    minimum: 1,
    default: 3,
    description: 'Walks of projected gradient descent by each way back through the preprocessor.',
  }),
  queries: Type.Integer({
    minimum: 1,
    default: 200,
    description: 'Queries of the square attack, which needs no gradients, on each sample that the walks left.',
  }),
};

export type AdversaryOptions = Static<TObject<typeof AdversaryOptions>>;

/** What a search left of some samples: one bit each. */
export interface Search {
  /** [n, ...shape]: the input that won, or the one that came closest. */
  readonly inputs: Tensor;
  readonly broken: Uint8Array;
  /** Those that no gradient broke and queries did. */
  readonly onlyByQueries: Uint8Array;
}

/** One attack of several, on samples that the ones before left. */
type Attack = (samples: Samples, random: RandomStreams) => Promise<EpsilonResult | undefined>;

/**
 * Several attacks, each on the samples that all before it left standing: projected gradient descent on the loss by small steps
 * and by coarse ones, Auto-PGD on the ratio of logits (on the loss where there are no three classes) and towards the three
 * classes that come next (where there are four), by every way back that is given, and the square attack. A sample falls to
 * any of them.
 *
 * @param ways the same model with different gradients; what one of them answers, all do
 */
export async function searched(
  ways: readonly DifferentiableTarget[],
  samples: Samples,
  epsilon: number,
  options: AdversaryOptions,
  random: RandomStreams,
): Promise<Search> {
  const attacks = ways.flatMap((target) => byGradients(target, epsilon, options));
  const search = emptySearch(samples);
  for (const [i, attack] of attacks.entries()) await attackRest(search, samples, attack, random.fork(i));
  const before = search.broken.slice();
  const [target] = ways;
  if (target !== undefined)
    await attackRest(search, samples, byQueries(target, epsilon, options), random.fork('square'));
  for (let i = 0; i < before.length; i++) search.onlyByQueries[i] = (search.broken[i] ?? 0) - (before[i] ?? 0);
  return search;
}

/** Of epsilon: what is rounded to levels hardly changes under small steps. */
const COARSE_STEP = 0.25;

function byGradients(target: DifferentiableTarget, epsilon: number, options: AdversaryOptions): Attack[] {
  const { norm, steps, restarts } = options;
  const manyClasses = target.head.kind === 'classes' && target.head.count > 2;
  const walk = {
    norm,
    epsilons: epsilon,
    steps,
    restarts,
    randomStart: true,
    earlyStop: true,
    loss: 'cross-entropy',
  } as const;
  const auto = {
    norm,
    epsilons: epsilon,
    steps,
    rho: 0.75,
    restarts: 1,
    loss: manyClasses ? 'dlr' : 'cross-entropy',
  } as const;
  const coarse = { ...walk, relativeStepSize: COARSE_STEP };
  return [
    async (samples, random) => (await runPgd(target, samples, walk, random)).epsilons[0],
    async (samples, random) => (await runPgd(target, samples, coarse, random)).epsilons[0],
    async (samples, random) => (await runApgd(target, samples, auto, random)).epsilons[0],
    ...towardsClasses(target, epsilon, options),
  ];
}

/** The ratio of logits towards a class compares four of them. */
const LEAST_CLASSES = 4;

function towardsClasses(target: DifferentiableTarget, epsilon: number, { norm, steps }: AdversaryOptions): Attack[] {
  const { head } = target;
  if (head.kind !== 'classes' || head.count < LEAST_CLASSES) return [];
  const targeted = { norm, epsilons: epsilon, steps, rho: 0.75, restarts: 1, targetClasses: 3 };
  return [async (samples, random) => (await runApgdT(target, samples, targeted, random)).epsilons[0]];
}

function byQueries(target: DifferentiableTarget, epsilon: number, { norm, queries }: AdversaryOptions): Attack {
  const square = { norm, epsilons: epsilon, queries, restarts: 1, initialShare: 0.8, rescaleSchedule: true };
  return async (samples, random) => (await runSquare(target, samples, square, random)).epsilons[0];
}

/** Before anything was tried. */
export function emptySearch({ inputs, indices }: Samples): Search {
  return {
    inputs: { shape: inputs.shape, data: inputs.data.slice() },
    broken: new Uint8Array(indices.length),
    onlyByQueries: new Uint8Array(indices.length),
  };
}

async function attackRest(search: Search, samples: Samples, attack: Attack, random: RandomStreams): Promise<void> {
  const left = samples.indices.flatMap((_, i) => (search.broken[i] === 1 ? [] : [i]));
  if (left.length === 0) return;
  const result = await attack(chosen(samples, left), random);
  if (result === undefined) return;
  const { inputs, outcomes } = result;
  const broken = Uint8Array.from(outcomes, ({ fate }) => (fate === 'survived' ? 0 : 1));
  writeSearch(search, left, { inputs, broken, onlyByQueries: new Uint8Array(left.length) });
}

/** Writes what was found of some samples to its place among all. */
export function writeSearch(search: Search, positions: readonly number[], part: Search): void {
  positions.forEach((i, k) => {
    row(search.inputs, i).set(row(part.inputs, k));
    search.broken[i] = part.broken[k] ?? 0;
    search.onlyByQueries[i] = part.onlyByQueries[k] ?? 0;
  });
}

/** A copy of some samples. @param positions among them */
export function chosen({ inputs, labels, indices }: Samples, positions: readonly number[]): Samples {
  return {
    inputs: takeRows(inputs, positions),
    labels: takeLabels(labels, positions),
    indices: takeIndices(indices, positions),
  };
}
