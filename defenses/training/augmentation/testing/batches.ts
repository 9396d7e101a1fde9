import { rowsOf, type Tensor } from '#base/tensor';
import { randomStreams, rng } from '#stats/random';
import type { ImageDomain } from '#target/domain';
import type { Head } from '#target/head';
import type { Samples } from '#target/target';
import type { AugmentationStep } from '../../recipe.js';
import { augment, type AugmentationContext, type Augmented } from '../augment.js';

const HEAD: Head = { kind: 'classes', count: 3 };
export const RANDOM = randomStreams(7, 'training', 1);

export function imageDomain(shape: readonly number[], change: Partial<ImageDomain> = {}): ImageDomain {
  return { kind: 'image', layout: 'NCHW', shape, range: [0, 1], mean: [0.25], std: [1], ...change };
}

/** `n` samples of noise in the range, and their places in the data set. */
export function noisy(n: number, domain: ImageDomain): Samples {
  const [low, high] = domain.range;
  const source = rng('pictures');
  const size = domain.shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: n * size }, () => low + (high - low) * source.uniform());
  return samplesOf({ shape: [n, ...domain.shape], data });
}

export function samplesOf(inputs: Tensor): Samples {
  const indices = Array.from({ length: rowsOf(inputs) }, (_, i) => 10 + 3 * i);
  return { inputs, labels: { width: 1, values: new Float64Array(indices.length) }, indices };
}

/** By one-hot truths, and the streams of the tests, unless the context is changed. */
export function augmented(
  batch: Samples,
  steps: readonly AugmentationStep[],
  domain: AugmentationContext['domain'],
  change: Partial<AugmentationContext> = {},
): Augmented {
  const targets = Float64Array.from({ length: 3 * rowsOf(batch.inputs) }, (_, i) => Number(i % 3 === 0));
  const context = { steps, domain, head: HEAD, targets, random: RANDOM, batchRandom: rng('batch') };
  return augment(batch, { ...context, ...change });
}

/** One step of each kind for images. */
export const EACH: readonly AugmentationStep[] = [
  { kind: 'crop', padding: 3 },
  { kind: 'flip', probability: 0.5 },
  { kind: 'rotation', degrees: 40 },
  { kind: 'noise', std: 0.3 },
  { kind: 'cutout', size: 5 },
  { kind: 'augmix', width: 3, depth: -1, severity: 3, alpha: 1 },
];
