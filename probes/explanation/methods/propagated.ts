import { row, type Tensor } from '#base/tensor';
import type { Propagation } from '#engine/index';
import type { Attributions } from './attributions.js';
import { baselinesOfAll, residualsOf, type PathAttributions } from './integrated-gradients.js';

/** Ways back by other rules than those of derivatives: all that these methods ask of a model. */
export interface PropagationModel {
  propagate(
    inputs: Tensor,
    scores: Float64Array,
    propagation: Propagation,
  ): Promise<{ readonly scores: Tensor; readonly relevance: Tensor }>;
}

/** The signal at the input that guided backpropagation or deconvolution gives. */
export async function signalOf(
  model: PropagationModel,
  inputs: Tensor,
  scores: ArrayLike<number>,
  kind: 'guided-backpropagation' | 'deconvolution',
): Promise<Attributions> {
  const { relevance } = await model.propagate(inputs, Float64Array.from(scores), { kind });
  return { shape: relevance.shape, values: Float64Array.from(relevance.data) };
}

/**
 * Contributions against a baseline by DeepLIFT's rescale rule (Shrikumar et al. 2017, arXiv:1704.02685), which add up to
 * F(x) - F(x').
 *
 * @param inputs [n, ...shape]
 * @param baselines one for all, [1, ...shape], or one a sample
 * @param beside whose masks and the like, which a model takes beside its tokens, baselines have: their own, or those of the samples
 */
export async function deepLift(
  model: PropagationModel,
  inputs: Tensor,
  baselines: Tensor,
  scores: ArrayLike<number>,
  beside: 'baselines' | 'samples' = 'baselines',
): Promise<PathAttributions> {
  const labels = Float64Array.from(scores);
  const all = baselinesOfAll(inputs, baselines);
  const given = { kind: 'deep-lift', baselines: all } as const;
  const { scores: ends, relevance } = await model.propagate(inputs, labels, given);
  const { scores: starts } =
    beside === 'baselines'
      ? await model.propagate(all, labels, given)
      : await model.propagate(inputs, labels, { kind: 'path', baselines: all, shares: labels.map(() => 0) });
  const differences = labels.map((label, i) => (row(ends, i)[label] ?? NaN) - (row(starts, i)[label] ?? NaN));
  const values = Float64Array.from(relevance.data);
  return { shape: relevance.shape, values, differences, residuals: residualsOf(values, differences) };
}

/** Layer-wise relevance propagation by a composite of rules. What biases take is missing in the sum: it is the residual. */
export async function relevanceOf(
  model: PropagationModel,
  inputs: Tensor,
  scores: ArrayLike<number>,
  composite: Extract<Propagation, { kind: 'lrp' }>['composite'],
): Promise<PathAttributions> {
  const labels = Float64Array.from(scores);
  const { scores: given, relevance } = await model.propagate(inputs, labels, { kind: 'lrp', composite });
  const differences = labels.map((label, i) => row(given, i)[label] ?? NaN);
  const values = Float64Array.from(relevance.data);
  return { shape: relevance.shape, values, differences, residuals: residualsOf(values, differences) };
}
