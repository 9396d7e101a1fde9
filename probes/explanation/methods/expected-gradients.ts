import { row, rowSize, rowsOf, type Tensor } from '#base/tensor';
import { permutation, type RandomStreams } from '#stats/random';
import type { Samples } from '#target/target';
import { between, residualsOf, sumOf, type PathAttributions } from './integrated-gradients.js';
import { noMoments, standardErrors, take } from './moments.js';
import { joined } from './noisy-gradients.js';
import { scoresAt, visitGradients, type Points, type ScoreModel } from './score-model.js';

export interface ExpectedGradients extends PathAttributions {
  /** From the spread of the rounds: what the draws of alpha leave open for the given background. */
  readonly standardErrors: Float64Array;
}

/**
 * Expected gradients (Erion et al. 2021, arXiv:1906.10670): integrated gradients, averaged over the rows of a
 * background as baselines, with alpha drawn. A round goes once through the whole background and draws alpha from as many
 * strata as there are rows, in random order (McKay, Beckman & Conover 1979): every round is an unbiased estimate, exact
 * for linear models, and rounds are independent, so their spread gives the standard errors. The difference is that of
 * F(x) from the mean of F over the background.
 *
 * @param background [rows, ...shape]
 * @param scores the index of the score that is explained, one a sample
 * @param rounds two at least, for their spread
 * @param random a sample's stream is that of its index in the data set
 */
export async function expectedGradients(
  model: ScoreModel,
  { inputs, indices }: Pick<Samples, 'inputs' | 'indices'>,
  background: Tensor,
  scores: ArrayLike<number>,
  rounds: number,
  random: RandomStreams,
): Promise<ExpectedGradients> {
  const n = rowsOf(inputs);
  const rows = rowsOf(background);
  const size = rowSize(inputs);
  const perSample = rounds * rows;
  const all = Array.from({ length: n }, () => noMoments(size));
  const round = new Float64Array(size);
  let source = random.of(0);
  let strata: number[] = [];
  const points: Points = {
    shape: inputs.shape.slice(1),
    count: n * perSample,
    write: (index, into) => {
      const i = Math.floor(index / perSample);
      const at = index % rows;
      if (index % perSample === 0) source = random.of(indices[i] ?? i);
      if (at === 0) strata = permutation(rows, source);
      between(into, row(background, at), row(inputs, i), ((strata[at] ?? NaN) + source.uniform()) / rows);
    },
    scoreAt: (index) => scores[Math.floor(index / perSample)] ?? NaN,
  };
  await visitGradients(model, points, (index, gradient) => {
    const i = Math.floor(index / perSample);
    const at = index % rows;
    if (at === 0) round.fill(0);
    addProduct(round, row(inputs, i), row(background, at), gradient, 1 / rows);
    const moments = all[i];
    if (at === rows - 1 && moments !== undefined) take(moments, round);
  });
  const values = joined(all.map(({ mean }) => mean));
  const differences = await differencesFrom(model, inputs, background, scores);
  const residuals = residualsOf(values, differences);
  return { shape: inputs.shape, values, differences, residuals, standardErrors: joined(all.map(standardErrors)) };
}

/** F(x) minus the mean of F over the background, of each sample's score. */
async function differencesFrom(
  model: ScoreModel,
  inputs: Tensor,
  background: Tensor,
  scores: ArrayLike<number>,
): Promise<Float64Array> {
  const means = new Map<number, number>();
  for (const score of new Set(Array.from(scores))) {
    const found = await scoresAt(model, background, new Float64Array(rowsOf(background)).fill(score));
    means.set(score, sumOf(found) / found.length);
  }
  const own = await scoresAt(model, inputs, Float64Array.from(scores));
  return own.map((score, i) => score - (means.get(scores[i] ?? NaN) ?? NaN));
}

/** Adds scale (x - x') g. */
function addProduct(
  sums: Float64Array,
  x: Float32Array,
  baseline: Float32Array,
  gradient: Float32Array,
  scale: number,
): void {
  for (let j = 0; j < sums.length; j++) {
    sums[j] = (sums[j] ?? NaN) + scale * ((x[j] ?? NaN) - (baseline[j] ?? NaN)) * (gradient[j] ?? NaN);
  }
}
