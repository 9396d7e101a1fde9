import { boxOf } from '#attacks/evasion/index';
import type { TrainingState } from '#engine/index';
import { completeOptions } from '#plugin/options';
import type { Bookmark, StepValue } from '#plugin/plugin';
import { randomStreams } from '#stats/random';
import { isContinuous } from '#target/domain';
import { inMemory, type SampleSource } from '#target/sample-source';
import { isTrainable, type Samples, type TrainableTarget } from '#target/target';
import { fashion } from '../../../test/fashion.js';
import { adversarial } from '../adversarial.js';
import { seededDraws } from '../loop/draws.js';
import { train, type Trained, type TrainingRun } from '../loop/train.js';
import type { Recipe } from '../recipe.js';

/** What a test says of a recipe. */
export type RecipeParts = Parameters<typeof adversarial>[0];

/** A recipe for the fixtures; what is left out is as its schema has it. */
export function recipe(parts: RecipeParts): Recipe {
  const { evaluationSteps: _, ...complete } = completeOptions(
    adversarial.plugin,
    adversarial({ epsilon: 0.1, ...parts }).options,
  );
  return complete;
}

export interface FixtureTraining {
  readonly target: TrainableTarget;
  readonly train: SampleSource;
  readonly validation: SampleSource;
}

/** A fixture model, its first test images to learn from, and 50 more that are held out. */
export async function fixtureTraining(model: string, count: number): Promise<FixtureTraining> {
  const { target, samples } = await fashion(model, count + 50);
  if (!isTrainable(target)) throw new Error(`${model} cannot be trained`);
  return {
    target,
    train: inMemory(partOf(samples, 0, count)),
    validation: inMemory(partOf(samples, count, count + 50)),
  };
}

export function partOf({ inputs, labels, indices }: Samples, from: number, to: number): Samples {
  const size = inputs.data.length / indices.length;
  return {
    inputs: { shape: [to - from, ...inputs.shape.slice(1)], data: inputs.data.slice(from * size, to * size) },
    labels: { width: labels.width, values: labels.values.slice(from * labels.width, to * labels.width) },
    indices: indices.slice(from, to),
  };
}

export function runOf(fixture: FixtureTraining, recipe: Recipe, more: Partial<TrainingRun> = {}): TrainingRun {
  const { target } = fixture;
  const random = randomStreams(0, 'training');
  if (!isContinuous(target.domain)) throw new Error('the fixtures are images');
  const data = { count: fixture.train.indices.length, strata: null };
  const draws = seededDraws(recipe, boxOf(target), data, random);
  return { ...fixture, domain: target.domain, recipe, draws, random, ...more };
}

/** What a training came to, with the weights that it kept. */
export async function outcomeOf(
  run: TrainingRun,
): Promise<Omit<Trained, 'trainer'> & { readonly weights: TrainingState }> {
  const { trainer, ...rest } = await train(run);
  const weights = trainer.state();
  await trainer.dispose();
  return { ...rest, weights };
}

/** A bookmark in memory: what a worker finds again when it is started anew. */
export function memoryBookmark(): Bookmark<StepValue> & { readonly written: () => number } {
  let kept: StepValue | null = null;
  let written = 0;
  return {
    recall: () => Promise.resolve(kept === null ? null : structuredClone(kept)),
    keep(value) {
      kept = structuredClone(value);
      written++;
      return Promise.resolve();
    },
    written: () => written,
  };
}
