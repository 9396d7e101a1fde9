import type { TrainingState } from '#engine/index';
import { chunkOf, type SampleSource } from '#target/sample-source';
import type { Trainer } from '#target/target';

/** The mean of weights over epochs (Izmailov et al. 2018, arXiv:1803.05407, algorithm 1), in double precision. */
export interface WeightMean {
  readonly count: number;
  readonly sums: Readonly<Record<string, Float64Array>>;
}

export const NO_WEIGHTS: WeightMean = { count: 0, sums: {} };

export function withWeights({ count, sums }: WeightMean, state: TrainingState): WeightMean {
  const next = Object.entries(state)
    .filter(([key]) => key.startsWith('value:'))
    .map(([key, values]) => {
      const known = sums[key];
      return [key, Float64Array.from(values, (value, i) => value + (known?.[i] ?? 0))] as const;
    });
  return { count: count + 1, sums: Object.fromEntries(next) };
}

/**
 * Sets a trainer to the mean, and measures the running statistics of its batch normalizations anew, which belong to no
 * single epoch.
 */
export async function settleAt(
  trainer: Trainer,
  { count, sums }: WeightMean,
  train: SampleSource,
  batchSize: number,
): Promise<void> {
  const means = Object.entries(sums).map(
    ([key, sum]) => [key, Float32Array.from(sum, (value) => value / count)] as const,
  );
  trainer.restore({ ...trainer.state(), ...Object.fromEntries(means) });
  const weights = new Set(trainer.parameters.map(({ name }) => `value:${name}`));
  if (means.every(([key]) => weights.has(key))) return;
  const size = Math.min(batchSize, chunkOf(train.shape));
  for (let start = 0; start + size <= train.indices.length; start += size) {
    await trainer.observe((await train.range(start, start + size)).inputs);
  }
}
