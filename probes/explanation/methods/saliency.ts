import type { Tensor } from '#base/tensor';
import type { Attributions } from './attributions.js';
import type { ScoreModel } from './score-model.js';

/**
 * The gradient of a score by the input, with its sign (Simonyan, Vedaldi & Zisserman 2014, arXiv:1312.6034, who show its
 * absolute value). Of tokens it is that at their embeddings, [n, length, width].
 *
 * @param inputs [n, ...shape]
 * @param scores the index of the score that is explained, one a sample
 */
export async function saliency(model: ScoreModel, inputs: Tensor, scores: ArrayLike<number>): Promise<Attributions> {
  const { gradient } = await model.gradient(inputs, { kind: 'score', labels: Float64Array.from(scores) });
  return { shape: gradient.shape, values: Float64Array.from(gradient.data) };
}

/** The input times the gradient of a score (Shrikumar et al. 2016, arXiv:1605.01713), in the units of that score. */
export async function inputTimesGradient(
  model: ScoreModel,
  inputs: Tensor,
  scores: ArrayLike<number>,
): Promise<Attributions> {
  const { shape, values } = await saliency(model, inputs, scores);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? NaN) * (inputs.data[i] ?? NaN);
  return { shape, values };
}
