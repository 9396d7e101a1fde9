import type { Rng } from '#stats/random';

/** The level of each chain of nested predicates; 0: the chain is no part of the rule. */
export type Rule = Uint8Array;

/** Writes one input, drawn at random among those that satisfy a rule. */
export type Drawer = (random: Rng, into: Float32Array) => void;

/**
 * What rules about one sample are made of, and how inputs that satisfy one are drawn: the distribution D(z | A) of Ribeiro,
 * Singh & Guestrin 2018. A chain is a list of predicates that all hold for the sample, each of which implies the one before.
 */
export interface AnchorSpace {
  /** Of one input. */
  readonly shape: readonly number[];
  /** How many predicates each chain has. */
  readonly depths: readonly number[];
  drawer(rule: Rule): Drawer;
  /** The share of the inputs of D, drawn without a rule, that satisfy the rule. */
  coverage(rule: Rule): number;
  /** The predicates of a rule, in words. */
  describe(rule: Rule): string[];
}
