import { digestOfJson } from '#base/digest';
import { AssayError } from '#base/errors';
import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { margin } from '#target/head';
import type { DifferentiableTarget, Gradient } from '#target/target';
import type { Surrogate } from '../filters/front.js';
import { squeezingScores, viewsOf, type Squeezed, type Views } from './detector.js';

/** How an adversary weighs being unseen, and goes back through each squeezer. */
export interface Plan {
  /** Of the detector's score, where it is above the threshold, beside the log-probabilities of the wrong class. */
  readonly weight: number;
  /** One a squeezer. */
  readonly surrogates: readonly Surrogate[];
}

/**
 * An attack on classifier and detector at once, as a target that any attack can take: one score, positive as long as the
 * adversary has not won, max(margin of the true label, detector's score - threshold). It is 0 or less where an input is wrong and
 * not flagged (Carlini & Wagner 2017, arXiv:1705.07263, section 3.4, who join both in one classifier).
 *
 * What is climbed is, over the input and its squeezed views, the sum of the log-probabilities of one wrong class, the likeliest
 * over all views, less `weight` times the detector's score where it flags: views that agree on a class are near to each other
 * (He et al. 2017, arXiv:1706.04701, section 4, against this detector). Labels that are handed over play no part.
 *
 * @param label the true one, of all samples
 */
export function gameAgainst(squeezed: Squeezed, threshold: number, label: number, plan: Plan): DifferentiableTarget {
  const { bare } = squeezed;
  const scoresOf = (views: Views): Tensor => {
    const n = rowsOf(views.scores);
    const { scores } = squeezingScores(views, n);
    const data = Float32Array.from(scores, (score, i) =>
      Math.max(margin(bare.head, row(views.scores, i), [label]), score - threshold),
    );
    return { shape: [n, 1], data };
  };
  return {
    name: bare.name,
    digest: digestOfJson({ target: bare.digest, label, threshold }),
    ...{ domain: bare.domain, head: { kind: 'binary' }, labels: null, queries: bare.queries },
    ...{ capabilities: new Set(['labels', 'scores', 'gradients']), missing: new Map() },
    predict: async (inputs) => scoresOf(await viewsOf(squeezed, inputs)),
    gradient: async (inputs): Promise<Gradient> => {
      const views = await viewsOf(squeezed, inputs);
      const scores = scoresOf(views);
      const gradient = await climbed(squeezed, views, slopesOf(views, threshold, label, plan.weight), plan);
      return { scores, loss: scores.data.map((score) => -score), gradient };
    },
    jacobian: () => Promise.reject(new AssayError('plugin', { what: 'a detector has one score and no Jacobian' })),
    dispose: () => Promise.resolve(),
  };
}

/** Slopes by the scores of each view, brought back to the input and added up. */
async function climbed(
  { bare }: Squeezed,
  { inputs }: Views,
  slopes: readonly Float64Array[],
  { surrogates }: Plan,
): Promise<Tensor> {
  const [batch] = inputs;
  const sum = zeros(batch?.shape ?? [0]);
  for (const [view, input] of inputs.entries()) {
    const values = slopes[view] ?? new Float64Array();
    const { gradient } = await bare.gradient(input, { kind: 'weighted-scores', values });
    const backward = view === 0 ? undefined : surrogates[view - 1]?.backward;
    const { data } = backward === undefined || batch === undefined ? gradient : await backward(batch, gradient);
    for (let i = 0; i < sum.data.length; i++) sum.data[i] = (sum.data[i] ?? NaN) + (data[i] ?? NaN);
  }
  return sum;
}

/** Of what is climbed, by the scores of each view. */
function slopesOf(views: Views, threshold: number, label: number, weight: number): Float64Array[] {
  const { probabilities, scores } = views;
  const n = rowsOf(scores);
  const width = scores.shape[1] ?? 0;
  const detected = squeezingScores(views, n);
  const slopes = probabilities.map((p) => p.map((value) => -value));
  for (let i = 0; i < n; i++) {
    const at = i * width;
    const wrong = likeliestWrong(probabilities, at, width, label);
    for (const slope of slopes) slope[at + wrong] = (slope[at + wrong] ?? NaN) + 1;
    if (!((detected.scores[i] ?? NaN) > threshold)) continue;
    const view = detected.views[i] ?? 0;
    const [own = new Float64Array(), other = new Float64Array()] = [probabilities[0], probabilities[view]];
    addDistanceSlope(slopes[0], own, other, at, width, -weight);
    addDistanceSlope(slopes[view], other, own, at, width, -weight);
  }
  return slopes;
}

function likeliestWrong(probabilities: readonly Float64Array[], at: number, width: number, label: number): number {
  let best = -1;
  let most = -Infinity;
  for (let k = 0; k < width; k++) {
    if (k === label) continue;
    let sum = 0;
    for (const p of probabilities) sum += Math.log((p[at + k] ?? NaN) + Number.MIN_VALUE);
    if (!(sum > most) && best !== -1) continue;
    most = sum;
    best = k;
  }
  return best;
}

/** Adds the slope of weight * sum_k |p_k - q_k| by the logits of p: p_k (s_k - sum_j s_j p_j), s the sign of p - q. */
function addDistanceSlope(
  into: Float64Array | undefined,
  p: Float64Array,
  q: Float64Array,
  at: number,
  width: number,
  weight: number,
): void {
  if (into === undefined) return;
  let mean = 0;
  for (let k = at; k < at + width; k++) mean += Math.sign((p[k] ?? NaN) - (q[k] ?? NaN)) * (p[k] ?? NaN);
  for (let k = at; k < at + width; k++) {
    const slope = (p[k] ?? NaN) * (Math.sign((p[k] ?? NaN) - (q[k] ?? NaN)) - mean);
    into[k] = (into[k] ?? NaN) + weight * slope;
  }
}
