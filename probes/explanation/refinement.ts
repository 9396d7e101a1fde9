import type { Tensor } from '#base/tensor';
import { integratedGradients, type Attribution } from './methods/integrated-gradients.js';
import type { ScoreModel } from './methods/score-model.js';

/** |sum phi - (F(x) - F(x'))| <= max(1e-4, 1 % of |F(x) - F(x')|): the bar of XP-AX-1. Not met by what is no number. */
export function isComplete({ residual, difference }: Pick<Attribution, 'residual' | 'difference'>): boolean {
  return Math.abs(residual) <= Math.max(1e-4, 0.01 * Math.abs(difference));
}

export interface Refined {
  readonly attribution: Attribution;
  /** Nodes of the last quadrature. */
  readonly steps: number;
  /** The attributions do not add up, and more nodes do not help: it is not the quadrature that is short. */
  readonly stuck: boolean;
}

export interface Refinement {
  /** Nodes of the first quadrature. */
  readonly steps: number;
  readonly maximumSteps: number;
}

/** Integrated gradients whose nodes are doubled until they add up, or the cap is reached. */
export function refined(
  model: ScoreModel,
  sample: Tensor,
  baseline: Float32Array,
  score: number,
  refinement: Refinement,
): Promise<Refined> {
  return refinedBy((steps) => integratedGradients(model, sample, baseline, score, steps), refinement);
}

/** Doubles the nodes of any quadrature until its attributions add up, or the cap is reached. */
export async function refinedBy(
  integrate: (steps: number) => Promise<Attribution>,
  { steps: first, maximumSteps }: Refinement,
): Promise<Refined> {
  const residuals: number[] = [];
  for (let steps = first; ; steps *= 2) {
    const attribution = await integrate(steps);
    residuals.push(Math.abs(attribution.residual));
    const complete = isComplete(attribution);
    if (complete || 2 * steps > maximumSteps) return { attribution, steps, stuck: !complete && !shrinks(residuals) };
  }
}

/**
 * Whether residuals go down with the nodes. Where a gradient jumps, as at the kinks of ReLU, they go down as one over the
 * number of nodes, but not steadily: a node may fall on the right side by luck. So the larger of the last two is held
 * against the larger of the first two, and has to be at most half of it; one doubling alone proves nothing.
 */
function shrinks(residuals: readonly number[]): boolean {
  if (residuals.length < 4) return true;
  return Math.max(...residuals.slice(-2)) <= Math.max(...residuals.slice(0, 2)) / 2;
}
