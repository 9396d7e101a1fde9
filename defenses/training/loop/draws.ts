import { drawFromBall, type Box } from '#attacks/evasion/index';
import { sizeOf } from '#base/tensor';
import type { DropoutMasks } from '#engine/index';
import type { RandomStreams } from '#stats/random';
import { epochOrder } from '../sampling/order.js';
import type { Recipe } from '../recipe.js';
import { isPaired } from '../settings.js';

/** What chance decides in a training: beside the model, the data and the recipe it alone decides the weights. */
export interface Draws {
  /** The positions of one epoch in the training data, in the order in which they are learned. Epochs count from 1. */
  order(epoch: number): ArrayLike<number>;
  /**
   * Where the inner maximization begins, [n * size]: points drawn uniformly from the ball of radius 1; standard normal
   * numbers for TRADES and MART.
   *
   * @param indices of the samples, in their data set
   * @param repeats how often each was drawn before in this epoch
   */
  start(epoch: number, indices: readonly number[], repeats: ArrayLike<number>): ArrayLike<number>;
}

/** All draws from one seed: of each sample by its index, of the order by the epoch. */
export function seededDraws(
  { method, norm }: Recipe,
  box: Box,
  data: { readonly count: number; readonly strata: Int32Array | null },
  random: RandomStreams,
): Draws {
  const normal = isPaired(method);
  const size = box.low.length;
  const center = new Float32Array(size);
  return {
    order: (epoch) => epochOrder(data, random.fork('order').of(epoch)),
    start(epoch, indices, repeats) {
      const streams = random.fork('start').fork(epoch);
      const numbers = new Float64Array(indices.length * size);
      indices.forEach((index, i) => {
        const source = streams.fork(repeats[i] ?? 0).of(index);
        const own = normal
          ? Float64Array.from(center, () => source.normal())
          : drawFromBall(center, 1, norm, box, source);
        numbers.set(own, i * size);
      });
      return numbers;
    },
  };
}

/** How often each entry of an order occurs before it. */
export function occurrences(order: Int32Array): Int32Array {
  const counts = new Map<number, number>();
  return order.map((position) => {
    const before = counts.get(position) ?? 0;
    counts.set(position, before + 1);
    return before;
  });
}

/** Which activations dropout layers keep: drawn anew at each step, alike for the same seed. */
export function seededDropout(random: RandomStreams): DropoutMasks {
  return (layer, step, shape, ratio) => {
    const source = random.fork(layer).of(step);
    const kept = new Uint8Array(sizeOf(shape));
    for (let i = 0; i < kept.length; i++) kept[i] = source.uniform() < ratio ? 0 : 1;
    return kept;
  };
}
