import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { Norm } from './norms.js';

export const Epsilons = Type.Union(
  [Type.Number({ minimum: 0 }), Type.Array(Type.Number({ minimum: 0 }), { minItems: 1 })],
  { description: 'Radius or radii of the ball, in the units of the domain.' },
);

/** What every attack within a ball takes. */
export const BallOptions = { norm: Norm, epsilons: Epsilons };

export const Loss = Type.Unsafe<'cross-entropy' | 'margin'>({
  type: 'string',
  enum: ['cross-entropy', 'margin'],
  default: 'cross-entropy',
  description: 'What is climbed: the loss that the head is trained with, or minus its margin.',
});

export type Epsilons = Static<typeof Epsilons>;

/** Ascending, each once. */
export function epsilonList(epsilons: Epsilons): number[] {
  const list = typeof epsilons === 'number' ? [epsilons] : epsilons;
  return [...new Set(list)].sort((a, b) => a - b);
}

/** What a schema cannot say: the same radius twice is a slip. */
export function checkEpsilons({ epsilons }: { readonly epsilons: Epsilons }): void {
  if (typeof epsilons === 'number' || new Set(epsilons).size === epsilons.length) return;
  throw new AssayError('config', { what: 'one epsilon stands twice', mend: 'Name each radius once.' });
}
