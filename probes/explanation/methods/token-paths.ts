import { row, rowRange, rowSize, rowsOf, type Tensor } from '#base/tensor';
import { baselineAt, residualsOf, type PathAttributions } from './integrated-gradients.js';
import type { PropagationModel } from './propagated.js';
import { gaussLegendre } from './quadrature.js';

/** Points in one call: their gradients, one a value of each embedding, lie in memory together. */
const POINTS = 32;

/**
 * Integrated gradients of tokens: the straight way leads from the embeddings of a baseline to those of the sample (Sundararajan, Taly &
 * Yan 2017, arXiv:1703.01365, section 6.4). They add up to F(x) - F(x') but for the error of the integral.
 *
 * @param inputs tokens, [n, length]
 * @param baselines tokens, one row for all, [1, length], or one a sample. What a model takes beside its tokens, such as a mask, stays
 *   that of the sample
 * @param scores the index of the score, one a sample
 * @param steps nodes of the quadrature
 */
export async function integratedEmbeddings(
  model: PropagationModel,
  inputs: Tensor,
  baselines: Tensor,
  scores: ArrayLike<number>,
  steps: number,
): Promise<PathAttributions> {
  const ways: Way[] = [];
  for (let i = 0; i < rowsOf(inputs); i++) {
    ways.push(await wayOf(model, rowRange(inputs, i, i + 1), baselineAt(baselines, i), scores[i] ?? NaN, steps));
  }
  const shape = [ways.length, ...(ways[0]?.shape ?? [])];
  const values = new Float64Array(ways.reduce((sum, { values: own }) => sum + own.length, 0));
  ways.forEach(({ values: own }, i) => values.set(own, i * own.length));
  const differences = Float64Array.from(ways, ({ difference }) => difference);
  return { shape, values, differences, residuals: residualsOf(values, differences) };
}

interface Way {
  /** Of the embeddings of one sample. */
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly difference: number;
}

async function wayOf(
  model: PropagationModel,
  sample: Tensor,
  baseline: Float32Array,
  score: number,
  steps: number,
): Promise<Way> {
  const { nodes, weights } = gaussLegendre(steps);
  // The two ends have no weight: they are there for their scores.
  const [shares, factors] = [Float64Array.of(...nodes, 1, 0), Float64Array.of(...weights, 0, 0)];
  const found: { shape: readonly number[]; values: Float64Array } = { shape: [], values: new Float64Array() };
  const along: number[] = [];
  for (let start = 0; start < shares.length; start += POINTS) {
    const own = shares.subarray(start, start + POINTS);
    const baselines = repeated(baseline, own.length);
    const { scores, relevance } = await model.propagate(
      repeated(sample.data, own.length),
      new Float64Array(own.length).fill(score),
      { kind: 'path', baselines, shares: own },
    );
    if (start === 0)
      Object.assign(found, { shape: relevance.shape.slice(1), values: new Float64Array(rowSize(relevance)) });
    own.forEach((_, i) => {
      along.push(row(scores, i)[score] ?? NaN);
      addScaled(found.values, row(relevance, i), factors[start + i] ?? NaN);
    });
  }
  return { ...found, difference: (along.at(-2) ?? NaN) - (along.at(-1) ?? NaN) };
}

function repeated(values: Float32Array, times: number): Tensor {
  const data = new Float32Array(times * values.length);
  for (let i = 0; i < times; i++) data.set(values, i * values.length);
  return { shape: [times, values.length], data };
}

function addScaled(sums: Float64Array, values: Float32Array, scale: number): void {
  if (scale === 0) return;
  for (let j = 0; j < values.length; j++) sums[j] = (sums[j] ?? NaN) + scale * (values[j] ?? NaN);
}
