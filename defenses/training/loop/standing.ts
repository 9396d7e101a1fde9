import { runPgd } from '#attacks/evasion/index';
import { row } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import { isCorrect, labelRow } from '#target/head';
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
  const scores = await target.predict(samples.inputs);
  const isRight = (i: number): boolean => isCorrect(target.head, row(scores, i), labelRow(samples.labels, i));
  const right = samples.indices.filter((_, i) => isRight(i));
  const { epsilons } = await runPgd(
    target,
    samples,
    {
      ...{ norm, epsilons: epsilon, steps: validation.steps, restarts: 1 },
      ...{ randomStart: true, loss: 'cross-entropy', earlyStop: true },
    },
    random,
  );
  const stands = epsilons[0]?.outcomes.filter(({ fate }) => fate === 'survived') ?? [];
  return { clean: right.length, robust: stands.length };
}
