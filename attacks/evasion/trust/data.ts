import type { Bits } from '../evidence/data.js';

/** What the examination of an attack measured, at one epsilon and on a part of the samples. Bits have one a sample. */
export type TrustData = {
  /** In the units of the data: the largest of the audit. */
  readonly epsilon: number;
  /** In the data set. */
  readonly indices: readonly number[];
  /** Right when clean: what the attack has to break. */
  readonly right: Bits;
  readonly base: BaseData;
  /** Broken by others at the same epsilon. Null where there is no such attack here. */
  readonly oneStep: Bits | null;
  readonly moreSteps: Bits | null;
  readonly moreRestarts: Bits | null;
  readonly targeted: Bits | null;
  /** By a walk to the nearest boundary, which climbs no loss. */
  readonly boundary: Bits | null;
  readonly noise: { readonly broken: Bits; readonly draws: number };
  readonly square: { readonly broken: Bits; readonly queries: number } | null;
  /** By the attack alone, at other epsilons, ascending; half of the widest change and all of it among them or examined. */
  readonly curve: readonly { readonly epsilon: number; readonly broken: Bits }[];
  readonly repeats: RepeatsData;
  /** Null where the target has no gradients. */
  readonly gradients: GradientData | null;
  readonly landscape: LandscapeData;
  /** Right under Gaussian noise, by its standard deviation as a share of the range. */
  readonly gaussian: readonly { readonly deviation: number; readonly right: Bits }[];
  /** A linear model of the same kind, at an epsilon that breaks every sample of it by construction. */
  readonly twin: { readonly broken: number; readonly n: number; readonly beyond: number };
  readonly structure: StructureData | null;
};

export type BaseData = {
  /** By the attack as it is, begun anew at this epsilon alone. */
  readonly broken: Bits;
  /** The input that the attack gave back was wrong, and it had called it a failure. */
  readonly silent: Bits;
  /** The first gradient gave no direction. */
  readonly zeroGradient: Bits;
  /** The loss was still rising at the end. */
  readonly incomplete: Bits;
};

export type RepeatsData = {
  /** Scores differ between passes over the same inputs; samples alone and among others. */
  readonly differing: Bits;
  readonly dependsOnBatch: Bits;
};

export type GradientData = {
  /** The gradient at the clean input is zero or not finite, by loss; `dlr` null where there are too few classes. */
  readonly zeroCrossEntropy: Bits;
  readonly zeroMargin: Bits;
  readonly zeroDlr: Bits | null;
  /** The margin is so large that float32 has no number for the other classes' probabilities. */
  readonly saturated: Bits;
  /** One step along the gradient does less harm than random points of the ball. */
  readonly misled: Bits;
};

export type LandscapeData = {
  /** Scores stay exactly as they are in a small neighbourhood. */
  readonly constant: Bits;
  /** Scores jump somewhere on a line to another point of the ball. */
  readonly jumps: Bits;
  /** Mean relative change of the margin under small random changes, each at most 1. */
  readonly instability: number | null;
  /** Scores are logarithms of probabilities that add up to one. */
  readonly normalized: boolean;
};

export type StructureData = {
  /** `Round_3 (Round)`: derivative zero everywhere, or none. */
  readonly blocked: readonly string[];
  readonly random: readonly string[];
};
