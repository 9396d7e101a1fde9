import type { Cost, TargetFacts } from '#plugin/plugin';
import type { RandomStreams } from '#stats/random';
import type { DifferentiableTarget, Samples, Target } from '#target/target';
import type { Norm } from '../geometry/norms.js';
import type { AttackResult, OnProgress } from '../search/result.js';

/** The ball that an ensemble is at: its members are run for one epsilon at a time. */
export interface At {
  readonly norm: Norm;
  readonly epsilon: number;
}

type Attack<On extends Target> = (
  target: On,
  samples: Samples,
  at: At,
  random: RandomStreams,
  progress: OnProgress,
) => Promise<AttackResult>;

interface MemberFacts {
  /** As results and random streams name it; unique within its ensemble: `apgd-t`. */
  readonly name: string;
  /** Null when it fits the kind of target, otherwise the sentence that says why it cannot run. */
  refuses(facts: TargetFacts, norm: Norm): string | null;
  /** @throws AssayError `usage` where its options, or the norm, are not for it */
  requires(norm: Norm): void;
  /** Rows through the target for one sample at one epsilon. */
  costIn(norm: Norm): Cost;
}

/** One attack of an ensemble, with all that it is to do chosen but the ball. */
export type Member = MemberFacts &
  (
    | { readonly uses: 'gradients'; readonly run: Attack<DifferentiableTarget> }
    | { readonly uses: 'scores'; readonly run: Attack<Target> }
  );
