import { row, rowsOf, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { labelRow, margin, type Labels } from '#target/head';
import { isUsable } from '../../geometry/ascent.js';
import { ascended, atOriginals, atRandomPoints, type Space } from '../../search/walk.js';
import type { GradientData } from '../data.js';
import { bitsOf, chosen, gradientsOf, type Examination } from '../examination.js';

/** -ln of the least normal float32: beyond this margin the other classes' probabilities have none. */
const FLOAT32_LIMIT = 87.33;

/** Random points of the ball that one step along the gradient is held against. */
const RANDOM_POINTS = 5;

/** What the gradients at the clean inputs are worth, by loss. */
export async function gradients(examination: Examination): Promise<GradientData | null> {
  const { target, samples, right } = examination;
  const differentiable = gradientsOf(examination);
  if (differentiable === null) return null;
  const { inputs, labels } = chosen(samples, right);
  const { head } = target;
  const gradientOf = async (loss: LossSpec) => differentiable.gradient(inputs, loss);
  const byMargin = await gradientOf({ kind: 'margin', labels: labels.values });
  const byCrossEntropy = await gradientOf({ kind: 'cross-entropy', labels: labels.values });
  const dlr =
    head.kind === 'classes' && head.count >= 3 ? await gradientOf({ kind: 'dlr', labels: labels.values }) : null;
  const margins = marginsOf(examination, byMargin.scores, labels);
  const where = (holds: (i: number) => boolean) =>
    bitsOf(
      examination,
      right.filter((_, i) => holds(i)),
    );
  const misled = await misledBy(examination, byCrossEntropy.gradient);
  return {
    zeroCrossEntropy: where((i) => !isUsable(row(byCrossEntropy.gradient, i))),
    zeroMargin: where((i) => !isUsable(row(byMargin.gradient, i))),
    zeroDlr: dlr === null ? null : where((i) => !isUsable(row(dlr.gradient, i))),
    saturated: where((i) => head.kind !== 'regression' && (margins[i] ?? 0) > FLOAT32_LIMIT),
    misled: where((i) => misled[i] === true),
  };
}

/** Where random points of the ball lower the margin more, on average, than a step of the same length along the gradient. */
async function misledBy(examination: Examination, gradient: Tensor): Promise<readonly boolean[]> {
  const { target, samples, right, norm, epsilon, box, random } = examination;
  const space: Space = { norm, epsilon, box };
  const start = atOriginals(samples.inputs, right, space);
  const rows = right.map((_, i) => i);
  const { labels } = chosen(samples, right);
  const stepped = ascended(start, gradient, rows, space, { size: epsilon, aroundBounds: true });
  const along = marginsOf(examination, await target.predict(stepped.inputs), labels);
  const sums = right.map(() => 0);
  for (let draw = 0; draw < RANDOM_POINTS; draw++) {
    const walk = atRandomPoints(start, samples.indices, space, random.fork('misled').fork(draw));
    const margins = marginsOf(examination, await target.predict(walk.inputs), labels);
    margins.forEach((value, i) => (sums[i] = (sums[i] ?? 0) + value / RANDOM_POINTS));
  }
  return right.map((_, i) => isUsable(row(gradient, i)) && (along[i] ?? NaN) > (sums[i] ?? NaN));
}

export function marginsOf({ target }: Pick<Examination, 'target'>, scores: Tensor, labels: Labels): readonly number[] {
  return Array.from({ length: rowsOf(scores) }, (_, i) => margin(target.head, row(scores, i), labelRow(labels, i)));
}
