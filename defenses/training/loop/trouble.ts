import { counted, percent } from '#base/format';
import type { DescentStep } from '#engine/index';
import type { Head, Labels } from '#target/head';
import type { Recipe } from '../recipe.js';
import { isSingleStep } from '../settings.js';

/** Why a training ended before its last epoch. */
export interface Stop {
  readonly kind: 'absent-class' | 'loss' | 'gradients' | 'catastrophic-overfitting' | 'constant-answers' | 'patience';
  /** One sentence, as the report shows it. */
  readonly sentence: string;
}

/** Robust accuracy that single-step training loses at once when it overfits (Wong et al. 2020: the authors' code). */
const COLLAPSE = 0.2;

/** How far a model was above a constant answer before falling to one counts as a loss. */
const LEARNED = 0.05;

/** What is wrong with a step; null when nothing is. */
export function troubleOf(
  { loss, gradientNorm }: DescentStep,
  { largestGradient }: Recipe,
  place: { readonly epoch: number; readonly batch: number },
): Stop | null {
  const where = `in epoch ${place.epoch}, batch ${place.batch}`;
  if (!Number.isFinite(loss)) return { kind: 'loss', sentence: `The loss is no number ${where}.` };
  if (gradientNorm <= largestGradient) return null;
  const size = Number.isFinite(gradientNorm) ? `has the norm ${gradientNorm.toPrecision(3)}` : 'is no number';
  return {
    kind: 'gradients',
    sentence: `The gradient explodes: it ${size} ${where}, and the recipe allows ${largestGradient}.`,
  };
}

/** Catastrophic overfitting: a network that learned to resist one step, and no longer resists many. */
export function collapseOf(recipe: Recipe, epoch: number, before: number | null, now: number): Stop | null {
  if (!isSingleStep(recipe) || before === null || before - now <= COLLAPSE) return null;
  return {
    kind: 'catastrophic-overfitting',
    sentence:
      `Catastrophic overfitting: accuracy under PGD fell from ${percent(before)} to ${percent(now)} in epoch ${epoch}, ` +
      'while training went on against single steps.',
  };
}

/** All that was learned is gone: the model is right no more often than the most common class of the samples held out. */
export function constantOf(head: Head, labels: Labels, epoch: number, best: number, now: number): Stop | null {
  if (head.kind !== 'classes' && head.kind !== 'binary') return null;
  const constant = largestShare(labels.values);
  if (now > constant || best - constant <= LEARNED) return null;
  return {
    kind: 'constant-answers',
    sentence:
      `Clean accuracy fell from ${percent(best)} to ${percent(now)} in epoch ${epoch}, and one answer for all would have ` +
      `${percent(constant)}: the learning rate is too high, or the recipe too hard for that many steps.`,
  };
}

function largestShare(values: Float64Array): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.max(...counts.values()) / values.length;
}

/** No epoch was better than the best for as long as the recipe waits. */
export function outOfPatience({ patience }: Recipe, epoch: number, best: number): Stop | null {
  if (patience === 0 || epoch - best < patience) return null;
  const waited = counted(epoch - best, 'epoch', 'epochs');
  return { kind: 'patience', sentence: `Training stopped after ${waited} without a better one than epoch ${best}.` };
}

/** Whether a training ended because something went wrong. */
export function isTrouble(stop: Stop | null): boolean {
  return stop !== null && stop.kind !== 'patience';
}
