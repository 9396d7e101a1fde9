import { counted, percent } from '#base/format';
import type { DescentStep } from '#engine/index';
import type { Recipe } from '../recipe.js';
import { isSingleStep } from '../settings.js';

/** Why a training ended before its last epoch. */
export interface Stop {
  readonly kind: 'absent-class' | 'loss' | 'gradients' | 'catastrophic-overfitting' | 'patience';
  /** One sentence, as the report shows it. */
  readonly sentence: string;
}

/** Robust accuracy that single-step training loses at once when it overfits (Wong et al. 2020: the authors' code). */
const COLLAPSE = 0.2;

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
