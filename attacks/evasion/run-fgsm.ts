import { Type, type Static } from '@sinclair/typebox';
import type { RandomStreams } from '#stats/random';
import type { DifferentiableTarget, Samples } from '#target/target';
import { boxOf } from './geometry/space.js';
import { climb } from './search/climb.js';
import { ascending, BallOptions, EotOption, LossOption } from './search/options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './search/result.js';
import { atOriginals } from './search/walk.js';
import { WorstCase } from './search/worst-case.js';

export const FgsmOptions = Type.Object(
  { ...BallOptions, loss: LossOption, eotDraws: Type.Optional(EotOption) },
  { additionalProperties: false },
);

export type FgsmOptions = Static<typeof FgsmOptions>;

/**
 * The fast gradient sign method (Goodfellow et al. 2015, arXiv:1412.6572) and its forms for other norms: one step of
 * length epsilon from the input along steepest ascent, clipped to the domain, x' = clip(x + epsilon s(g)).
 *
 * The loss is taken at the true label. With the model's own prediction, as some libraries do where no label is given,
 * samples that are wrong already would count as robust (Kurakin et al. 2017, arXiv:1611.01236, "label leaking").
 */
export async function runFgsm(
  target: DifferentiableTarget,
  samples: Samples,
  options: FgsmOptions,
  _random?: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  const epsilons = ascending(options.epsilons);
  const { norm, loss } = options;
  const box = boxOf(target);
  const results: EpsilonResult[] = [];
  let done = 0;

  const search = await WorstCase.begin(target, samples, { loss, draws: options.eotDraws ?? 1 });
  for (const epsilon of epsilons) {
    const space = { norm, epsilon, box };
    const oneStep = { steps: 1, stride: { size: epsilon, aroundBounds: false }, earlyStop: true };
    search.enter(epsilon);
    const start = atOriginals(samples.inputs, search.attacked, space);
    await climb(target, search, start, space, oneStep, () => progress(++done, epsilons.length));
    results.push(search.leave(epsilon));
  }
  return { norm, epsilons: results };
}
