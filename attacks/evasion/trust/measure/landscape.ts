import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { atOriginals, atRandomPoints, type Space } from '../../search/walk.js';
import { widthAt } from '../../geometry/space.js';
import type { LandscapeData, TrustData } from '../data.js';
import { bitsOf, chosen, standing, type Examination } from '../examination.js';
import { marginsOf } from './gradients.js';
import { isNormalized } from './repeats.js';

/** Shares of the range: what counts as no change of an input, and the radius within which predictions should be stable. */
const TINY = 1e-4;
const NEAR = 8 / 255;

const TINY_DRAWS = 10;
const NEAR_DRAWS = 100;

/** What scores do around the clean inputs. @param deterministic whether equal inputs give equal scores */
export async function landscape(examination: Examination, deterministic: boolean): Promise<LandscapeData> {
  const { target, samples, right } = examination;
  const { inputs, labels } = chosen(samples, right);
  const clean = await target.predict(inputs);
  const margins = marginsOf(examination, clean, labels);
  const isClasses = target.head.kind === 'classes';
  return {
    constant: bitsOf(examination, deterministic ? await constantAt(examination, clean) : []),
    jumps: bitsOf(examination, deterministic ? await jumpsFrom(examination, clean) : []),
    instability: await instabilityOf(examination, margins),
    normalized: isClasses && rowsOf(clean) > 0 && isNormalized(clean),
  };
}

/** Where all scores stay exactly as they are under each of some changes of a ten-thousandth of the range. */
async function constantAt(examination: Examination, clean: Tensor): Promise<readonly number[]> {
  const constant = new Set(examination.right);
  for (let draw = 0; draw < TINY_DRAWS; draw++) {
    const scores = await examination.target.predict(near(examination, TINY, 'tiny', draw));
    examination.right.forEach((position, i) => {
      if (row(scores, i).some((value, k) => value !== row(clean, i)[k])) constant.delete(position);
    });
  }
  return [...constant];
}

/**
 * The mean relative change of the margin under small random changes, each counted as 1 at most (Pintor et al. 2022,
 * arXiv:2106.09947, indicator "unstable predictions", with the margin as the loss).
 */
async function instabilityOf(examination: Examination, margins: readonly number[]): Promise<number | null> {
  const { right, samples, target } = examination;
  if (right.length === 0) return null;
  const { labels } = chosen(samples, right);
  let sum = 0;
  for (let draw = 0; draw < NEAR_DRAWS; draw++) {
    const scores = await target.predict(near(examination, NEAR, 'near', draw));
    const moved = marginsOf(examination, scores, labels);
    moved.forEach((value, i) => {
      const before = margins[i] ?? NaN;
      sum += Math.min(1, Math.abs(value - before) / Math.abs(before));
    });
  }
  return sum / (NEAR_DRAWS * right.length);
}

/** Inputs with each value moved by at most a share of its range, uniformly, and well within the examined ball. */
function near(examination: Examination, share: number, name: string, draw: number): Tensor {
  const { samples, right, box, random } = examination;
  const most = evenShare(examination);
  const { inputs } = chosen(samples, right);
  const moved = zeros(inputs.shape);
  const streams = random.fork(name).fork(draw);
  right.forEach((position, i) => {
    const source = streams.of(samples.indices[position] ?? -1);
    const [from, to] = [row(inputs, i), row(moved, i)];
    for (let j = 0; j < from.length; j++) {
      const way = (2 * source.uniform() - 1) * Math.min(share * widthAt(box, j), most);
      const value = (from[j] ?? NaN) + (box.immutable.has(j) ? 0 : way);
      to[j] = Math.min(Math.max(value, box.low[j] ?? NaN), box.high[j] ?? NaN);
    }
  });
  return moved;
}

/** A quarter of how far every value may move at once within the examined ball. */
function evenShare({ norm, epsilon, box }: Examination): number {
  const values = box.low.length;
  switch (norm) {
    case 'Linf':
      return epsilon / 4;
    case 'L2':
      return epsilon / (4 * Math.sqrt(values));
    case 'L1':
      return epsilon / (4 * values);
    case 'L0':
      return Infinity;
  }
}

/** Halvings of a line: what is left of it is a sixteen-thousandth. */
const HALVINGS = 14;

/** Of the difference between a line's ends, what no continuous model keeps on so short a piece of it. */
const JUMP = 0.25;

/** Where scores jump on the line from the input to a random corner of the ball: halved towards the larger change. */
async function jumpsFrom(examination: Examination, clean: Tensor): Promise<readonly number[]> {
  const { samples, right, norm, epsilon, box, target, random } = examination;
  const space: Space = { norm, epsilon, box };
  const start = atOriginals(samples.inputs, right, space);
  const end = atRandomPoints(start, samples.indices, space, random.fork('line'));
  let low = { inputs: start.inputs, scores: clean };
  let high = { inputs: end.inputs, scores: await target.predict(end.inputs) };
  const whole = right.map((_, i) => distance(low.scores, high.scores, i));
  for (let halving = 0; halving < HALVINGS; halving++) {
    const inputs: Tensor = {
      shape: low.inputs.shape,
      data: low.inputs.data.map((value, j) => (value + (high.inputs.data[j] ?? NaN)) / 2),
    };
    const middle = { inputs, scores: await target.predict(inputs) };
    const upper = right.map((_, i) => distance(middle.scores, high.scores, i) > distance(low.scores, middle.scores, i));
    [low, high] = [merged(middle, low, upper), merged(high, middle, upper)];
  }
  return right.filter((_, i) => {
    const [before = 0, after] = [whole[i], distance(low.scores, high.scores, i)];
    return before > 1e-6 * largest(clean, i) && after > JUMP * before;
  });
}

interface Point {
  readonly inputs: Tensor;
  readonly scores: Tensor;
}

/** Rows of the first where it is chosen, of the second elsewhere. */
function merged(first: Point, second: Point, isFirst: readonly boolean[]): Point {
  const pick = (of: (point: Point) => Tensor): Tensor => {
    const result = zeros(of(first).shape);
    isFirst.forEach((chosenFirst, i) => row(result, i).set(row(of(chosenFirst ? first : second), i)));
    return result;
  };
  return { inputs: pick(({ inputs }) => inputs), scores: pick(({ scores }) => scores) };
}

function distance(a: Tensor, b: Tensor, i: number): number {
  const other = row(b, i);
  return row(a, i).reduce((most, value, k) => Math.max(most, Math.abs(value - (other[k] ?? NaN))), 0);
}

function largest(scores: Tensor, i: number): number {
  return row(scores, i).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Standard deviations of Gaussian noise, as shares of the range. */
const DEVIATIONS = [1 / 16, 1 / 8, 1 / 4, 1 / 2];

/** Which samples are right under Gaussian noise of growing size, one draw each, clipped to the domain. */
export async function gaussian(examination: Examination): Promise<TrustData['gaussian']> {
  const { samples, right, box, random } = examination;
  const { inputs, labels } = chosen(samples, right);
  const points: { deviation: number; right: string }[] = [];
  for (const deviation of DEVIATIONS) {
    const noisy = zeros(inputs.shape);
    right.forEach((position, i) => {
      // The same draw at every size: what differs is its length alone.
      const source = random.fork('gaussian').of(samples.indices[position] ?? -1);
      const [from, to] = [row(inputs, i), row(noisy, i)];
      for (let j = 0; j < from.length; j++) {
        const way = source.normal() * deviation * widthAt(box, j);
        const value = (from[j] ?? NaN) + (box.immutable.has(j) ? 0 : way);
        to[j] = Math.min(Math.max(value, box.low[j] ?? NaN), box.high[j] ?? NaN);
      }
    });
    const stands = await standing(examination, noisy, labels);
    points.push({
      deviation,
      right: bitsOf(
        examination,
        right.filter((_, i) => stands[i]),
      ),
    });
  }
  return points;
}
