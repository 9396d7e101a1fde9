import { Type, type Static } from '@sinclair/typebox';
import type { RandomStreams } from '#stats/random';
import type { Samples, Target } from '#target/target';
import { BallOptions, epsilonList } from './options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './result.js';
import { rangeOf } from './space.js';
import { atOriginals, atRandomPoints, type Space } from './walk.js';
import { WorstCase } from './worst-case.js';

export const NoiseOptions = Type.Object(
  {
    ...BallOptions,
    draws: Type.Integer({ minimum: 1, default: 10, description: 'Points drawn from each ball.' }),
  },
  { additionalProperties: false },
);

export type NoiseOptions = Static<typeof NoiseOptions>;

/**
 * Uniform noise in the ball, the worst of several draws: the baseline that no attack may lose to (Carlini et al. 2019,
 * arXiv:1902.06705, section 4).
 */
export async function runNoise(
  target: Target,
  samples: Samples,
  options: NoiseOptions,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  const search = await WorstCase.begin(target, samples);
  const epsilons = epsilonList(options.epsilons);
  const results: EpsilonResult[] = [];
  for (const [i, epsilon] of epsilons.entries()) {
    const space: Space = { norm: options.norm, epsilon, range: rangeOf(target) };
    search.enter(epsilon);
    for (let draw = 0; draw < options.draws && search.survivors.length > 0; draw++) {
      const origin = atOriginals(samples.inputs, search.survivors, space);
      const walk = atRandomPoints(origin, samples.indices, space, random.fork(draw));
      search.recordScores(walk, await target.predict(walk.inputs));
    }
    results.push(search.leave(epsilon));
    progress(i + 1, epsilons.length);
  }
  return { norm: options.norm, epsilons: results };
}
