import { Type, type Static, type TObject } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { ascending, BallOptions, requireCount } from '../search/options.js';
import type { Approach } from './approach.js';

/** What both forms of FAB take; the defaults are the authors'. */
export const SharedFabOptions = {
  ...BallOptions,
  steps: Type.Integer({ minimum: 1, default: 100, description: 'Steps of each walk.' }),
  restarts: Type.Integer({
    minimum: 1,
    default: 1,
    description: 'Walks; the first begins at the input, the others at random points near it.',
  }),
  alphaMax: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description: 'The largest share that the projection of the input itself has in a step.',
  }),
  eta: Type.Number({
    minimum: 1,
    default: 1.05,
    description: 'How far a step goes, as a multiple of the way to the boundary.',
  }),
  beta: Type.Number({
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    default: 0.9,
    description: 'What remains of the way from the input once a walk has crossed the boundary.',
  }),
};

export type SharedFabOptions = Static<TObject<typeof SharedFabOptions>>;

/** What a caller may ask for that no user sets. */
export interface Within {
  /** A sample is done once something wrong was found within this distance: as an ensemble judges at one epsilon alone. */
  readonly stopAt?: number;
}

/** @throws AssayError `usage` for what is beyond the bounds of an option */
export function checkSharedFabOptions({ epsilons, steps, restarts, alphaMax, eta, beta }: SharedFabOptions): void {
  ascending(epsilons);
  requireCount('steps', steps);
  requireCount('restarts', restarts);
  requireThat(alphaMax >= 0 && alphaMax <= 1, 'alphaMax', alphaMax, 'It is from 0 to 1.');
  requireThat(eta >= 1 && Number.isFinite(eta), 'eta', eta, 'It is at least 1, or no step would reach the boundary.');
  requireThat(beta > 0 && beta < 1, 'beta', beta, 'It is between 0 and 1.');
}

function requireThat(holds: boolean, name: string, value: number, mend: string): void {
  if (!holds) throw new AssayError('usage', { what: `\`${name}\` is ${value}`, mend });
}

export function approachOf({ norm, steps, alphaMax, eta, beta, stopAt = 0 }: SharedFabOptions & Within): Approach {
  return { norm, steps, alphaMax, eta, beta, stopAt };
}

/** The same with twice the steps, or three times the walks: what shows whether it had converged. */
export const strongerFab = {
  steps: <Options extends SharedFabOptions>(options: Options): Options => ({ ...options, steps: 2 * options.steps }),
  restarts: <Options extends SharedFabOptions>(options: Options): Options => ({
    ...options,
    restarts: options.restarts + 2,
  }),
};
