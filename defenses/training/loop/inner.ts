import { ballAround, type Ball, type Box } from '#attacks/evasion/index';
import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import type { Trainer } from '#target/target';
import type { Recipe } from '../recipe.js';
import { isPaired, stepSizeOf, stepsOf } from '../settings.js';

/** Noise of TRADES' and MART's starts, as a part of the width of each range (both papers' code, where it is 1). */
const NOISE = 0.001;

export function ballsAround(inputs: Tensor, { norm, epsilon }: Recipe, box: Box): readonly Ball[] {
  return Array.from({ length: rowsOf(inputs) }, (_, i) => ballAround(row(inputs, i), epsilon, norm, box));
}

/** Where the inner maximization begins: see `Draws.start` for the numbers. */
export function startIn(
  balls: readonly Ball[],
  shape: readonly number[],
  recipe: Recipe,
  box: Box,
  numbers: ArrayLike<number>,
) {
  const inputs = zeros(shape);
  const size = box.low.length;
  const point = new Float64Array(size);
  const reach = Float64Array.from(box.low, (low, j) =>
    box.immutable.has(j) ? 0 : isPaired(recipe.method) ? NOISE * ((box.high[j] ?? NaN) - low) : recipe.epsilon,
  );
  balls.forEach((ball, i) => {
    for (let j = 0; j < size; j++)
      point[j] = (ball.center[j] ?? NaN) + (reach[j] ?? NaN) * (numbers[i * size + j] ?? NaN);
    ball.project(point, row(inputs, i));
  });
  return inputs;
}

/**
 * Steps of steepest ascent within the balls, at the present weights as at inference: what each sample is learned at.
 *
 * @param start is written to, and given back
 */
export async function climbed(
  trainer: Pick<Trainer, 'inputGradient'>,
  balls: readonly Ball[],
  start: Tensor,
  loss: LossSpec,
  recipe: Recipe,
  box: Box,
): Promise<Tensor> {
  const size = stepSizeOf(recipe);
  for (let step = 0; step < stepsOf(recipe); step++) {
    const { gradient } = await trainer.inputGradient(start, loss);
    ascend(balls, start, gradient, size, box);
  }
  return start;
}

/** One step of each sample, in place. */
export function ascend(
  balls: readonly Ball[],
  inputs: Tensor,
  gradient: Tensor,
  size: number,
  { immutable }: Box,
): void {
  balls.forEach((ball, i) => {
    const point = row(inputs, i);
    const slope = row(gradient, i);
    for (const position of immutable) slope[position] = 0;
    ball.step(point, slope, size, point);
  });
}
