import { drawStratified } from '#data/draw';
import { strataOf } from '#data/sample-labels';
import type { Target } from '#target/target';
import { countBits } from '../evidence/data.js';
import type { TrustData } from './data.js';
import { bitsOf, brokenBy, type Examination } from './examination.js';
import { base, curve } from './measure/base.js';
import { gradients } from './measure/gradients.js';
import { gaussian, landscape } from './measure/landscape.js';
import { repeats } from './measure/repeats.js';
import {
  brokenByBoundary,
  brokenByNoise,
  brokenByOneStep,
  brokenBySquare,
  brokenByTargeted,
} from './measure/rivals.js';
import { twin } from './measure/twin.js';

/** Runs a part of the examination, writes it down and gives it back. */
export type Step = <T extends TrustData[keyof TrustData] | null>(name: string, compute: () => Promise<T>) => Promise<T>;

/** Measures everything by which an attack can be trusted or not; each part is a checkpoint. */
export async function examine(examination: Examination, step: Step): Promise<TrustData> {
  const { attack, epsilon, samples, right } = examination;
  const bits = (positions: Iterable<number>) => bitsOf(examination, positions);
  const repeated = await step('repeats', () => repeats(examination));
  const deterministic = countBits(repeated.differing) === 0;
  const stronger = async (form: Examination['attack']['moreSteps'], name: string) =>
    form === null ? null : bits((await brokenBy(examination, form, name)).positions);
  // Other attacks are held against searches along gradients alone: a single step or a guess claims no more than it is.
  const isHeld = attack.usesGradients && !attack.singleStep;
  const rival = async <T extends TrustData[keyof TrustData]>(
    name: string,
    compute: (examination: Examination) => Promise<T | null>,
  ): Promise<T | null> => (isHeld ? step<T | null>(name, () => compute(examination)) : null);
  return {
    epsilon,
    indices: samples.indices,
    right: bits(right),
    repeats: repeated,
    base: await step('base', () => base(examination)),
    moreSteps: await step('more-steps', () => stronger(attack.moreSteps, 'more-steps')),
    moreRestarts: await step('more-restarts', () => stronger(attack.moreRestarts, 'more-restarts')),
    oneStep: await rival('one-step', brokenByOneStep),
    targeted: await rival('targeted', brokenByTargeted),
    boundary: await rival('boundary', brokenByBoundary),
    square: await rival('square', brokenBySquare),
    noise: await step('noise', () => brokenByNoise(examination)),
    curve: await step('curve', () => curve(examination)),
    gradients: await step('gradients', () => gradients(examination)),
    landscape: await step('landscape', () => landscape(examination, deterministic)),
    gaussian: await step('gaussian', () => gaussian(examination)),
    twin: await step('twin', () => twin(examination)),
    structure: structureOf(examination.target),
  };
}

function structureOf({ structure }: Target): TrustData['structure'] {
  if (structure === undefined) return null;
  const named = ({ node, operator }: { readonly node: string; readonly operator: string }) => `${node} (${operator})`;
  return { blocked: structure.blocked.map(named), random: structure.random.map(named) };
}

/** Positions of the samples that are examined: by seed, stratified by label. */
export function examined(
  { labels, indices }: Pick<Examination['samples'], 'labels' | 'indices'>,
  { head }: Target,
  count: number,
  seed: string,
): readonly number[] {
  if (count >= indices.length) return indices.map((_, i) => i);
  return drawStratified(strataOf(labels, head), count, seed);
}
