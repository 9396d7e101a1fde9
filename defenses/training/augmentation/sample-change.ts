import type { Rng } from '#stats/random';
import type { AugmentationStep } from '../recipe.js';

/** Changes the values of one sample in place, by random numbers of its own. */
export type SampleChange = (values: Float32Array, source: Rng) => void;

/** One member of the union of steps. */
export type Step<Kind extends AugmentationStep['kind']> = Extract<AugmentationStep, { readonly kind: Kind }>;
