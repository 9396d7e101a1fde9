import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { ConvexNorm } from '../geometry/norms.js';

const Epsilon = Type.Number({ minimum: 0, description: 'In the units of the data.' });

/** How far an adversary may go: one distance or several. There is no default: units and threat are the user's. */
export const Epsilons = Type.Union([Epsilon, Type.Array(Epsilon, { minItems: 1 })], {
  description: 'The largest change in the norm, in the units of the data; several give a curve. 0 is the clean input.',
});

/**
 * How thoroughly it is examined whether the attack worked at all, on samples drawn by seed and stratified by label. The
 * checks cost several times what the attack costs on as many samples.
 */
export const TrustOptions = Type.Object(
  {
    samples: Type.Integer({
      minimum: 0,
      default: 100,
      description:
        'Samples that the checks look at. 0: none, and then nothing passes. Where nothing is set, the presets `strict` and ' +
        '`high-risk` look at all of them, with 10,000 random points each.',
    }),
    noiseDraws: Type.Integer({
      minimum: 1,
      default: 1000,
      description: 'Random points of the ball tried on each of these samples.',
    }),
    queries: Type.Integer({
      minimum: 1,
      default: 1000,
      description: 'Queries of the square attack, which needs no gradients, on each of these samples.',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type TrustOptions = Static<typeof TrustOptions>;

/** What every attack takes, whatever its norms are. */
export const CommonOptions = { epsilons: Epsilons, trust: Type.Optional(TrustOptions) };

/** What every attack within a ball takes. */
export const BallOptions = { norm: ConvexNorm, ...CommonOptions };

/** Of attacks that follow gradients through randomness (expectation over transformation, Athalye et al. 2018). */
export const EotOption = Type.Integer({
  minimum: 1,
  default: 1,
  description:
    'Gradients averaged at each iterate. More than 1 is for targets that draw random numbers: an input then counts as ' +
    'wrong when most of 20 fresh answers are.',
});

export const LossOption = Type.Unsafe<'cross-entropy' | 'margin'>({
  type: 'string',
  enum: ['cross-entropy', 'margin'],
  default: 'cross-entropy',
  description: 'What is climbed: the loss that the head is trained with, or minus its margin.',
});

/**
 * The epsilons in ascending order.
 *
 * @throws AssayError `usage` for none, for one that stands twice, and for what is negative or not a finite number
 */
export function ascending(epsilons: number | readonly number[]): readonly number[] {
  const list = typeof epsilons === 'number' ? [epsilons] : [...epsilons];
  if (list.length === 0) throw illegal('is empty', 'Name at least one.');
  for (const [i, epsilon] of list.entries()) {
    if (!(epsilon >= 0) || !Number.isFinite(epsilon))
      throw illegal(`has ${epsilon}`, 'Each is a finite number of at least 0.');
    if (list.indexOf(epsilon) < i) throw illegal(`has ${epsilon} twice`, 'Name each once.');
  }
  return list.sort((a, b) => a - b);
}

function illegal(what: string, mend: string): AssayError {
  return new AssayError('usage', { what: `\`epsilons\` ${what}`, mend });
}

/**
 * Steps of a fixed length, a share of epsilon, have to reach the border of the ball from its center.
 *
 * @throws AssayError `usage` where they do not
 */
export function requireReach(steps: number, relativeStepSize: number): void {
  const reach = steps * relativeStepSize;
  // A hair below one: 10 steps of 0.1 add up to less than 1 in floating point.
  if (reach > 1 - 1e-9 && Number.isFinite(reach)) return;
  throw new AssayError('usage', {
    what: `${steps} steps of ${relativeStepSize} epsilon cannot reach the border of the ball`,
    mend: 'steps x relativeStepSize is at least 1.',
  });
}

/** @throws AssayError `usage` for what is not a whole number of at least 1 */
export function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new AssayError('usage', { what: `\`${name}\` is ${value}`, mend: 'It is a whole number of at least 1.' });
}
