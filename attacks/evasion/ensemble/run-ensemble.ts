import { AssayError } from '#base/errors';
import { takeRows } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import { takeLabels } from '#target/head';
import { isDifferentiable, type Samples, type Target } from '#target/target';
import { recheck } from '../evidence/recheck.js';
import { boxOf } from '../geometry/space.js';
import type { Norm } from '../geometry/norms.js';
import { decisionDraws } from '../search/ask.js';
import { ascending } from '../search/options.js';
import type { AttackResult, EpsilonResult, OnProgress } from '../search/result.js';
import type { Space } from '../search/walk.js';
import { MemberResults } from './member-results.js';
import type { At, Member } from './member.js';

export interface Ensemble {
  readonly norm: Norm;
  readonly epsilons: number | readonly number[];
  /** In the order in which they run. */
  readonly members: readonly Member[];
  /** Gradients that its members average at an iterate; more than 1 for randomized targets. */
  readonly draws: number;
}

/**
 * Attacks one after the other: each sees only the samples that all before it left standing, and begins at the original
 * inputs. What a member calls adversarial is classified again before it counts, so the worst case of each sample over all
 * members is kept (design rule 3), and a member that is mistaken costs a sample none of the others.
 *
 * @throws AssayError `plugin` where a member needs gradients and the target has none
 */
export async function runEnsemble(
  target: Target,
  samples: Samples,
  { norm, epsilons, members, draws }: Ensemble,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  const steps = ascending(epsilons);
  const box = boxOf(target);
  const all = await MemberResults.begin(target, samples, draws);
  const results: EpsilonResult[] = [];
  for (const [k, epsilon] of steps.entries()) {
    all.enter(epsilon);
    for (const [m, member] of members.entries()) {
      const done = k * members.length + m;
      const share: OnProgress = (part, whole) => progress(done + part / whole, steps.length * members.length);
      await runMember(target, samples, all, member, { norm, epsilon, box }, random, share, draws);
      progress(done + 1, steps.length * members.length);
    }
    results.push(all.leave(epsilon));
  }
  return { norm, epsilons: results };
}

async function runMember(
  target: Target,
  samples: Samples,
  all: MemberResults,
  member: Member,
  space: Space,
  random: RandomStreams,
  progress: OnProgress,
  draws: number,
): Promise<void> {
  const positions = all.survivors;
  if (positions.length === 0) return;
  const part = chosen(samples, positions);
  const { epsilons } = await attack(target, part, member, space, random.fork(member.name), progress);
  const [found] = epsilons;
  if (found === undefined || found.outcomes.length !== positions.length) {
    throw new AssayError('plugin', { where: member.name, what: 'it does not give one outcome for each sample' });
  }
  const claimed = positions.flatMap((_, i) => (found.outcomes[i]?.fate === 'survived' ? [] : [i]));
  const checked = await recheck(target, part, found.inputs, claimed, space, decisionDraws(draws));
  all.record(member.name, positions, found, new Map(claimed.map((i, k) => [i, checked[k]?.refusal === null])));
}

function attack(
  target: Target,
  samples: Samples,
  member: Member,
  at: At,
  random: RandomStreams,
  progress: OnProgress,
): Promise<AttackResult> {
  if (member.uses === 'scores') return member.run(target, samples, at, random, progress);
  if (isDifferentiable(target)) return member.run(target, samples, at, random, progress);
  throw new AssayError('plugin', { where: member.name, what: 'it needs a target with gradients' });
}

function chosen({ inputs, labels, indices }: Samples, positions: readonly number[]): Samples {
  return {
    inputs: takeRows(inputs, positions),
    labels: takeLabels(labels, positions),
    indices: positions.map((position) => indices[position] ?? -1),
  };
}
