import type { Tensor } from '#base/tensor';
import type { DifferentiableTarget } from '#target/target';
import type { EvasionAttack } from '../attacks/evasion/evidence/chunk.js';
import { runPgd, type PgdOptions } from '../attacks/evasion/pgd.js';
import type { AttackResult, EpsilonResult, SampleOutcome } from '../attacks/evasion/search/result.js';

/** An attack that tampers with what PGD found. */
export function tampering(change: (result: AttackResult) => AttackResult): EvasionAttack<PgdOptions> {
  return {
    name: 'Tampered',
    uses: 'gradients',
    examined: false,
    run: async (target: DifferentiableTarget, samples, options, random, progress) =>
      change(await runPgd(target, samples, options, random, progress)),
  };
}

/** The same change to every epsilon's result. */
export function everyEpsilon(change: (result: EpsilonResult) => EpsilonResult): (result: AttackResult) => AttackResult {
  return (result) => ({ ...result, epsilons: result.epsilons.map(change) });
}

/** The same change to every value of every input. */
export function everyValue(inputs: Tensor, change: (value: number) => number): Tensor {
  return { shape: inputs.shape, data: inputs.data.map(change) };
}

export function everyOutcome(
  outcomes: readonly SampleOutcome[],
  change: (outcome: SampleOutcome) => Partial<SampleOutcome>,
): SampleOutcome[] {
  return outcomes.map((outcome) => ({ ...outcome, ...change(outcome) }));
}
