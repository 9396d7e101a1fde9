import { AssayError } from '#base/errors';
import { row, rowRange, rowsOf, zeros, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import type { ContinuousDomain } from '../domain.js';
import { scoreWidth } from '../head.js';
import type { BlackBoxTarget } from './target.js';

/** Samples that are compared, and the step as a share of the range. */
const COMPARED = 8;
const STEP = 1e-3;
/** Away from the ends of the range, where a model may clip. */
const MARGIN = 0.01;
/** In the middle over samples: kinks and the rounding of float32 stay far below, and a wrong formula far above. */
const TOLERANCE = 0.1;

/** Rows that the comparison asks for at most. */
export const COMPARISON_ROWS = COMPARED * 5;

/**
 * Compares the gradient of a weighted sum of scores with central differences, along its own signs and along a direction that
 * is drawn.
 *
 * @param probe real samples
 * @throws AssayError `model` where the two differ on most samples
 */
export async function requireGradient(target: BlackBoxTarget, domain: ContinuousDomain, probe: Tensor): Promise<void> {
  const inputs = inside(rowRange(probe, 0, Math.min(COMPARED, rowsOf(probe))), domain);
  const n = rowsOf(inputs);
  const width = scoreWidth(target.head);
  const random = rng('gradient of a black box');
  const weights = Float64Array.from({ length: width }, () => random.normal());
  const terms = Array.from(weights, (weight, index) => ({
    weight,
    loss: { kind: 'score', labels: new Float64Array(n).fill(index) } as const,
  }));
  const { gradient } = await target.gradient(inputs, { kind: 'weighted-sum', terms });
  const drawn = gradient.data.map(() => (random.uniform() < 0.5 ? -1 : 1));
  const along = [
    { shape: inputs.shape, data: gradient.data.map(Math.sign) },
    { shape: inputs.shape, data: drawn },
  ];
  for (const direction of along) {
    const measured = await slopes(target, inputs, direction, weights, domain);
    const claimed = Array.from({ length: n }, (_, i) => dot(row(gradient, i), row(direction, i)));
    const differences = claimed.map((value, i) => difference(value, measured[i] ?? NaN));
    const middle = differences.toSorted((a, b) => a - b)[Math.floor(n / 2)] ?? 0;
    if (middle <= TOLERANCE) continue;
    throw new AssayError('model', {
      where: target.name,
      what: `its function \`gradient\` does not fit \`predict\`: along a direction it gives ${shown(claimed)}, and differences of the scores give ${shown(measured)}`,
      mend: 'It has to be the gradient, by the batch as it is given, of the sum of slope x output.',
    });
  }
}

async function slopes(
  target: BlackBoxTarget,
  inputs: Tensor,
  direction: Tensor,
  weights: Float64Array,
  { range: [low, high] }: ContinuousDomain,
): Promise<number[]> {
  const step = STEP * (high - low);
  const moved = (by: number): Tensor => ({
    shape: inputs.shape,
    data: inputs.data.map((value, i) => value + by * (direction.data[i] ?? 0)),
  });
  const above = await target.predict(moved(step));
  const below = await target.predict(moved(-step));
  return Array.from(
    { length: rowsOf(inputs) },
    (_, i) => (dot(weights, row(above, i)) - dot(weights, row(below, i))) / (2 * step),
  );
}

/** A little inside of the range, and in no case outside of it. */
function inside({ shape, data }: Tensor, { range: [low, high] }: ContinuousDomain): Tensor {
  const moved = zeros(shape);
  data.forEach((value, i) => (moved.data[i] = low + MARGIN * (high - low) + (1 - 2 * MARGIN) * (value - low)));
  return moved;
}

/** Relative to the larger; two that are as good as zero do not differ. */
function difference(claimed: number, measured: number): number {
  const scale = Math.max(Math.abs(claimed), Math.abs(measured));
  return scale < 1e-6 ? 0 : Math.abs(claimed - measured) / scale;
}

function shown(values: readonly number[]): string {
  return Number((values[0] ?? NaN).toPrecision(4)).toString();
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? NaN) * (b[i] ?? NaN);
  return sum;
}
