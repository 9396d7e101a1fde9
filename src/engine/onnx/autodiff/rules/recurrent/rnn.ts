import type { Direction } from './direction.js';
import { recurrentRule } from './layer.js';
import { walkBack } from './walk.js';

/** h' = f(x W' + h R' + b) */
export const rnn = recurrentRule(['Tanh'], (direction) => {
  const { builder } = direction.context;
  const slopes = direction.split(direction.onlyInside(slope(direction)));
  const steps: string[] = [];
  const initialState = walkBack(direction, (gradient, t, rest) => {
    const step = builder.node('Mul', [gradient, slopes[t] ?? '']);
    steps[t] = step;
    return direction.back(step, direction.r, rest);
  });
  const all = direction.join(steps);
  return { byInput: all, byState: all, r: () => direction.outer(all, direction.before), initialState };
});

/** The slope of f is known from h', unless its argument was clipped. */
function slope(direction: Direction): string {
  const [f] = direction.activations;
  if (direction.clip === null && f !== undefined) return f.slope(direction.after());
  return direction.activated(0, direction.arguments()).slope();
}
