import { Type } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { ascending, BallOptions, EotOption, requireCount } from '../search/options.js';
import type { ConvexNorm } from '../geometry/norms.js';

/** What both forms of APGD take. */
export const AutoOptions = {
  ...BallOptions,
  steps: Type.Integer({ minimum: 1, default: 100, description: 'Gradient steps of each restart.' }),
  rho: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.75,
    description:
      'Steps become half as long where the loss rose in no more than this share of the last ones. Not in L1.',
  }),
  eotDraws: Type.Optional(EotOption),
  largerRadii: Type.Optional(
    Type.Boolean({
      description:
        'L1: whether 60 % of the steps are taken in balls of 3 and 2 times epsilon first. Default: true in L1.',
    }),
  ),
};

/** Of the options above those that the checks look at. */
export interface AutoSettings {
  readonly norm: ConvexNorm;
  readonly epsilons: number | readonly number[];
  readonly steps: number;
  readonly rho: number;
  readonly largerRadii?: boolean;
}

/** @throws AssayError `usage` where there is a reason why a loss does not fit a head */
export function requireFit(why: string | null, mend: string): void {
  if (why !== null) throw new AssayError('usage', { what: why, mend });
}

export function usesLargerRadii({ norm, largerRadii = norm === 'L1' }: AutoSettings): boolean {
  return largerRadii;
}

/** @throws AssayError `usage` for options that contradict each other */
export function checkAutoOptions(options: AutoSettings): void {
  const { norm, epsilons, steps, rho } = options;
  ascending(epsilons);
  requireCount('steps', steps);
  if (!(rho > 0 && rho <= 1)) {
    throw new AssayError('usage', { what: `\`rho\` is ${rho}`, mend: 'It is above 0 and at most 1.' });
  }
  if (!usesLargerRadii(options)) return;
  if (norm !== 'L1') {
    throw new AssayError('usage', {
      what: `\`largerRadii\` is not for ${norm}`,
      mend: 'Leave it out, or set `norm` to L1.',
    });
  }
  if (steps >= 5) return;
  throw new AssayError('usage', {
    what: `${steps} steps are too few to begin in larger balls`,
    mend: 'Take at least 5, or set `largerRadii` to false.',
  });
}
