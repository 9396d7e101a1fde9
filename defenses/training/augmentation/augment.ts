import { AssayError } from '#base/errors';
import { row, type Tensor } from '#base/tensor';
import type { RandomStreams, Rng } from '#stats/random';
import type { ContinuousDomain } from '#target/domain';
import { scoreWidth, type Head } from '#target/head';
import type { Samples } from '#target/target';
import type { AugmentationStep } from '../recipe.js';
import { augmixOf } from './augmix.js';
import { cropOf } from './crop.js';
import { cutoutOf } from './cutout.js';
import { flipOf } from './flip.js';
import { mixup } from './mixup.js';
import { noiseOf } from './noise.js';
import { rasterOf } from './raster.js';
import { rotationOf } from './rotation.js';
import type { SampleChange } from './sample-change.js';

export interface AugmentationContext {
  /** In this order. */
  readonly steps: readonly AugmentationStep[];
  readonly domain: ContinuousDomain;
  readonly head: Head;
  /** The soft truth, [n, scores]: probabilities, or the values of a regression. */
  readonly targets: Float64Array;
  /** One stream a sample, of this epoch. */
  readonly random: RandomStreams;
  /** Of what samples of a batch share: the partners and the share of mixup. */
  readonly batchRandom: Rng;
  /** How often each sample of the batch was drawn before in this epoch, so that no draw repeats another; default: never. */
  readonly repeats?: ArrayLike<number>;
}

export interface Augmented {
  readonly inputs: Tensor;
  /** [n, scores]; what it was but for mixup. */
  readonly targets: Float64Array;
}

/**
 * Changes a batch of clean training inputs, step by step. What is given stays as it is. Each sample has random numbers of
 * its own, so that, but for mixup, it becomes the same in any batch and in either layout; results are in the range of the
 * domain.
 */
export function augment(batch: Samples, context: AugmentationContext): Augmented {
  const { steps, domain, head, batchRandom } = context;
  if (steps.length === 0) return { inputs: batch.inputs, targets: context.targets };
  const inputs: Tensor = { shape: batch.inputs.shape, data: batch.inputs.data.slice() };
  const targets = context.targets.slice();
  const sources = sourcesOf(batch.indices, context);
  for (const step of steps) {
    if (step.kind === 'mixup') mixup(step, { inputs, targets, width: scoreWidth(head) }, batchRandom);
    else {
      const change = changeOf(step, domain);
      for (const [i, source] of sources.entries()) change(row(inputs, i), source);
    }
  }
  return { inputs, targets };
}

/** @throws AssayError `config` for the first step that the domain has no room for */
export function checkAugmentation(steps: readonly AugmentationStep[], domain: ContinuousDomain): void {
  if (domain.kind === 'image') return;
  const step = steps.find(({ kind }) => kind !== 'noise' && kind !== 'mixup');
  if (step !== undefined) throw onlyForImages(step.kind);
}

function sourcesOf(indices: readonly number[], { random, repeats }: AugmentationContext): Rng[] {
  return indices.map((index, i) => {
    const before = repeats?.[i] ?? 0;
    return (before === 0 ? random : random.fork(before)).of(index);
  });
}

function changeOf(step: Exclude<AugmentationStep, { readonly kind: 'mixup' }>, domain: ContinuousDomain): SampleChange {
  if (step.kind === 'noise') return noiseOf(step, domain);
  if (domain.kind !== 'image') throw onlyForImages(step.kind);
  switch (step.kind) {
    case 'crop':
      return cropOf(step, rasterOf(domain));
    case 'flip':
      return flipOf(step, rasterOf(domain));
    case 'rotation':
      return rotationOf(step, rasterOf(domain));
    case 'cutout':
      return cutoutOf(step, domain);
    case 'augmix':
      return augmixOf(step, rasterOf(domain));
  }
}

function onlyForImages(kind: string): AssayError {
  return new AssayError('config', {
    what: `the augmentation \`${kind}\` is for images, and the target takes a table`,
    mend: 'Use `noise` or `mixup` there.',
  });
}
