import type { ConfiguredPlugin } from '#plugin/plugin';
import type { ConformanceNorm } from './linear-problem.js';

/** What the kit has to know of an attack. */
export interface AttackUnderTest {
  /** The attack with the given norm and radius, and whatever else it needs. */
  readonly configure: (norm: ConformanceNorm, epsilon: number) => ConfiguredPlugin;
  readonly norms: readonly ConformanceNorm[];
  /**
   * Whether it has to find every sample that can fall on a linear model, as attacks that follow gradients do. Attacks
   * that guess only have to stay within their budget.
   */
  readonly exact: boolean;
  /**
   * Of attacks that look for the closest input: on linear models their changes are at most 1.05 times as large as the exact
   * distance. `by loss` where they follow a loss that leads to the class whose score is highest, which need not be the nearest
   * one: among three classes they are held against 1.25 times the distance to the one that they reach.
   */
  readonly minimumNorm?: true | 'by loss';
}

/** One property of an attack: the body throws where it does not have it. */
export interface ConformanceTest {
  readonly name: string;
  readonly body: () => void | Promise<void>;
}
