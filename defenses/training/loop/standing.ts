import { runPgd } from '#attacks/evasion/index';
import type { RandomStreams } from '#stats/random';
import { chunkOf, type SampleSource } from '#target/sample-source';
import type { DifferentiableTarget, Samples } from '#target/target';
import type { Recipe } from '../recipe.js';

/** The shares of samples that a model gets right, and keeps right under attack. */
export interface Accuracy {
  readonly clean: number;
  readonly robust: number;
}

/** Whether an epoch is better than the best: by robust accuracy, or by clean where robustness is not what is trained. */
export function isBetter({ method }: Recipe, now: Accuracy | null, best: Accuracy | null): boolean {
  if (now === null || best === null) return true;
  const [first, second] = method === 'standard' ? (['clean', 'robust'] as const) : (['robust', 'clean'] as const);
  return now[first] > best[first] || (now[first] === best[first] && now[second] >= best[second]);
}

/** Clean accuracy and that under PGD from one random start: what an epoch is chosen by, and no verdict. */
export async function accuracyOn(
  target: DifferentiableTarget,
  source: SampleSource,
  recipe: Recipe,
  random: RandomStreams,
): Promise<Accuracy> {
  const { length } = source.indices;
  const size = chunkOf(source.shape);
  let [clean, robust] = [0, 0];
  for (let start = 0; start < length; start += size) {
    const samples = await source.range(start, Math.min(start + size, length));
    const found = await accurate(target, samples, recipe, random);
    clean += found.clean;
    robust += found.robust;
  }
  return { clean: clean / length, robust: robust / length };
}

async function accurate(
  target: DifferentiableTarget,
  samples: Samples,
  { norm, epsilon, validation }: Recipe,
  random: RandomStreams,
): Promise<Accuracy> {
  const { epsilons } = await runPgd(
    target,
    samples,
    {
      ...{ norm, epsilons: epsilon, steps: validation.steps, restarts: 1 },
      ...{ randomStart: true, loss: 'cross-entropy', earlyStop: true },
    },
    random,
  );
  const fates = epsilons.flatMap(({ outcomes }) => outcomes.map(({ fate }) => fate));
  return {
    clean: fates.filter((fate) => fate !== 'misclassified').length,
    robust: fates.filter((fate) => fate === 'survived').length,
  };
}
