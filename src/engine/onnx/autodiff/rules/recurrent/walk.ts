import { zerosLike } from '../scatter.js';
import type { Direction } from './direction.js';

/**
 * One step back: takes the gradient of the hidden state behind step `t` and gives the one of the state in front of it,
 * to which `rest` is added where there is one.
 */
export type StepBack = (gradient: string, t: number, rest: string | null) => string;

/** Goes from the last step to the first and gives the gradient of the initial hidden state. */
export function walkBack(direction: Direction, step: StepBack): string {
  const { builder } = direction.context;
  const own = direction.outputGradients();
  const outside = direction.outside();
  let gradient = direction.sum(direction.lastGradient(1), own?.at(-1) ?? null) ?? zeroState(direction);
  for (let t = direction.steps - 1; t >= 0; t--) {
    // Behind the end of a sequence the state stays what it was.
    const held = outside === null ? null : builder.node('Mul', [gradient, outside[t] ?? '']);
    gradient = step(gradient, t, direction.sum(own?.[t - 1] ?? null, held));
  }
  return gradient;
}

/** Where only the last cell has a gradient. */
function zeroState(direction: Direction): string {
  return zerosLike(direction.context, direction.lastGradient(2) ?? direction.context.fail('has no gradient'));
}
