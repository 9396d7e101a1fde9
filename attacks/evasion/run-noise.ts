import { Type, type Static } from '@sinclair/typebox';
import type { RandomStreams } from '#stats/random';
import type { Samples, Target } from '#target/target';
import { ask } from './search/ask.js';
import { ascending, BallOptions, requireCount } from './search/options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './search/result.js';
import { boxOf } from './geometry/space.js';
import { atOriginals, atRandomPoints } from './search/walk.js';
import { WorstCase } from './search/worst-case.js';

export const NoiseOptions = Type.Object(
  {
    ...BallOptions,
    draws: Type.Integer({
      minimum: 1,
      default: 10,
      description: 'Noisy versions of each sample; any wrong one counts.',
    }),
  },
  { additionalProperties: false },
);

export type NoiseOptions = Static<typeof NoiseOptions>;

/**
 * Points drawn uniformly from the ball, clipped to the domain; the worst of several draws of each sample. The baseline
 * that no attack may lose to (Carlini et al. 2019, arXiv:1902.06705, section 4.3).
 */
export async function runNoise(
  target: Target,
  samples: Samples,
  options: NoiseOptions,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkNoiseOptions(options);
  const { norm, draws } = options;
  const epsilons = ascending(options.epsilons);
  const box = boxOf(target);
  const results: EpsilonResult[] = [];
  let done = 0;

  const search = await WorstCase.begin(target, samples);
  for (const epsilon of epsilons) {
    const space = { norm, epsilon, box };
    search.enter(epsilon);
    for (let draw = 0; draw < draws; draw++) {
      const originals = atOriginals(samples.inputs, search.survivors, space);
      const noisy = atRandomPoints(originals, samples.indices, space, random.fork(draw));
      if (noisy.positions.length > 0) await ask(target, search, noisy);
      progress(++done, epsilons.length * draws);
    }
    results.push(search.leave(epsilon));
  }
  return { norm, epsilons: results };
}

export function checkNoiseOptions({ epsilons, draws }: NoiseOptions): void {
  ascending(epsilons);
  requireCount('draws', draws);
}
