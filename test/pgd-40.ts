import { runPgd } from '../attacks/evasion/pgd.js';
import { randomStreams } from '#stats/random';
import type { fashion } from './fashion.js';

/** What PGD with 40 steps and one random start leaves standing: what minimum-norm attacks are held against. */
export function pgd40(
  { target, samples }: Awaited<ReturnType<typeof fashion>>,
  epsilon: number,
): ReturnType<typeof runPgd> {
  return runPgd(
    target,
    samples,
    {
      ...{ norm: 'Linf', epsilons: epsilon, steps: 40, restarts: 1 },
      ...{ randomStart: true, loss: 'cross-entropy', earlyStop: true },
    },
    randomStreams(1, 'test'),
  );
}

/** Samples that an attack left standing at its first epsilon. */
export function standing({ epsilons }: Awaited<ReturnType<typeof runPgd>>): number {
  return (epsilons[0]?.outcomes ?? []).filter(({ fate }) => fate === 'survived').length;
}
