import { row, rowSize, rowsOf } from '#base/tensor';
import type { Rng, RandomStreams } from '#stats/random';
import type { Samples } from '#target/target';
import type { Attributions } from './attributions.js';
import { noMoments, standardErrors, take, type Moments } from './moments.js';
import { visitGradients, type ScoreModel } from './score-model.js';

export interface Noise {
  /** Gradients of each sample: two at least, for their spread. */
  readonly draws: number;
  /** The standard deviation of the noise, in the units of the inputs. */
  readonly deviation: number;
}

export interface NoisyGradients {
  /** SmoothGrad: the mean gradient (Smilkov et al. 2017, arXiv:1706.03825). */
  readonly smooth: Attributions;
  /** Of the mean. */
  readonly standardErrors: Float64Array;
  /** VarGrad: the variance of the gradients, over their number (Adebayo et al. 2018, arXiv:1810.03307). */
  readonly variance: Attributions;
}

/**
 * Gradients of a score in normal noise around each sample. The noise may leave the domain, as in the papers: clipped, it
 * would no longer be centred on the sample.
 *
 * @param scores the index of the score that is explained, one a sample
 * @param random a sample's stream is that of its index in the data set
 */
export async function noisyGradients(
  model: ScoreModel,
  { inputs, indices }: Pick<Samples, 'inputs' | 'indices'>,
  scores: ArrayLike<number>,
  { draws, deviation }: Noise,
  random: RandomStreams,
): Promise<NoisyGradients> {
  const n = rowsOf(inputs);
  const all = Array.from({ length: n }, (): Moments => noMoments(rowSize(inputs)));
  let source: Rng = random.of(indices[0] ?? 0);
  const points = {
    shape: inputs.shape.slice(1),
    count: n * draws,
    write: (index: number, into: Float32Array) => {
      const i = Math.floor(index / draws);
      if (index % draws === 0) source = random.of(indices[i] ?? i);
      const x = row(inputs, i);
      for (let j = 0; j < into.length; j++) into[j] = (x[j] ?? NaN) + deviation * source.normal();
    },
    scoreAt: (index: number) => scores[Math.floor(index / draws)] ?? NaN,
  };
  await visitGradients(model, points, (index, gradient) => {
    const moments = all[Math.floor(index / draws)];
    if (moments !== undefined) take(moments, gradient);
  });
  const { shape } = inputs;
  return {
    smooth: { shape, values: joined(all.map(({ mean }) => mean)) },
    standardErrors: joined(all.map(standardErrors)),
    variance: { shape, values: joined(all.map(({ squares, count }) => squares.map((sum) => sum / count))) },
  };
}

/** Vectors of one length, one after the other. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  const size = parts[0]?.length ?? 0;
  const whole = new Float64Array(parts.length * size);
  parts.forEach((part, i) => whole.set(part, i * size));
  return whole;
}
