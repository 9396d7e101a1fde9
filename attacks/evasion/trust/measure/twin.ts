import { row, sizeOf, zeros, type Tensor } from '#base/tensor';
import { rng, type Rng } from '#stats/random';
import { isContinuous } from '#target/domain';
import { scoreWidth, type Head } from '#target/head';
import { linearTarget } from '#target/linear';
import type { DifferentiableTarget, Samples, Target } from '#target/target';
import type { Norm } from '../../geometry/norms.js';
import type { TrustData } from '../data.js';
import { brokenBy, type Examination } from '../examination.js';

const SAMPLES = 12;

/** Rounding of float32 and of an attack's own tolerance: a hair beyond what is enough. */
const BEYOND = 1.25;

/** What guesses its way, or takes one step, gets more room. */
const FAR_BEYOND = 3;

/**
 * The attack against an undefended twin: a linear model with the same head and the same kind of inputs, of which each
 * sample's distance is known (design rule 5: a positive control). An attack that leaves most of them standing beyond that distance
 * does not work on anything.
 */
export async function twin(examination: Examination): Promise<TrustData['twin']> {
  const { attack, norm } = examination;
  const beyond = attack.usesGradients && !attack.singleStep ? BEYOND : FAR_BEYOND;
  const control = undefendedTwin(examination.target, norm, beyond);
  if (control === null) return { broken: 0, n: 0, beyond };
  const { target, samples, epsilon, box } = control;
  const right = samples.indices.map((_, i) => i);
  const { positions } = await brokenBy({ ...examination, target, samples, right, box }, attack.asItIs, 'twin', epsilon);
  return { broken: positions.length, n: right.length, beyond };
}

interface Control {
  readonly target: DifferentiableTarget;
  readonly samples: Samples;
  readonly epsilon: number;
  readonly box: Examination['box'];
}

/** Null for heads that have no closed form. */
function undefendedTwin({ domain, head }: Target, norm: Norm, beyond: number): Control | null {
  if (!isContinuous(domain) || head.kind === 'ranking' || head.kind === 'sequence') return null;
  const shape = smaller(domain);
  const [low, high] = domain.range;
  const source = rng(`twin/${shape.join('x')}`);
  const own = smallerHead(head);
  // Scores of a few units: a loss of probabilities has a gradient everywhere.
  const scale = 8 / ((high - low) * Math.sqrt(sizeOf(shape)));
  const weights = Array.from({ length: scoreWidth(own) }, () => normals(sizeOf(shape), scale, source));
  const middle = (low + high) / 2;
  const bias = weights.map((w) => -w.reduce((sum, value) => sum + value * middle, 0));
  const target = linearTarget(weights, bias, { head: own, shape, range: [low, high] });
  const inputs = inner(shape, low, high, source);
  const scores = Array.from({ length: SAMPLES }, (_, i) =>
    weights.map((w, k) => dot(w, row(inputs, i)) + (bias[k] ?? 0)),
  );
  const labels = labelsBy(own, scores);
  const distances = scores.map((values, i) =>
    distanceOf(own, weights, values, row(inputs, i), [low, high], norm, labels[i] ?? []),
  );
  const width = labels[0]?.length ?? 1;
  const radius = beyond * Math.max(...distances);
  const box = {
    low: new Float64Array(sizeOf(shape)).fill(low),
    high: new Float64Array(sizeOf(shape)).fill(high),
    immutable: new Set<number>(),
  };
  return {
    target,
    box,
    epsilon: norm === 'L0' ? Math.ceil(radius) : radius,
    samples: {
      inputs,
      labels: { width, values: Float64Array.from(labels.flat()) },
      indices: Array.from({ length: SAMPLES }, (_, i) => i),
    },
  };
}

/** Layout is that of linear models; what is attacked is the same kind of thing, and small. */
function smaller(domain: {
  readonly kind: string;
  readonly shape: readonly number[];
  readonly layout?: string;
}): readonly number[] {
  if (domain.kind !== 'image') return sizeOf(domain.shape) <= 4096 ? domain.shape : [64];
  const [a = 1, b = 1, c = 1] = domain.shape;
  const [channels, height, width] = domain.layout === 'NHWC' ? [c, a, b] : [a, b, c];
  return [channels, Math.min(height, 16), Math.min(width, 16)];
}

function smallerHead(head: Head): Head {
  switch (head.kind) {
    case 'classes':
      return { kind: 'classes', count: Math.min(head.count, 10) };
    case 'multi-label':
      return { kind: 'multi-label', count: Math.min(head.count, 10) };
    case 'regression':
      return { kind: 'regression', count: 1, tolerance: 1 };
    default:
      return head;
  }
}

function normals(size: number, scale: number, source: Rng): Float64Array {
  return new Float64Array(size).map(() => scale * source.normal());
}

/** What is left of the tolerance. */
const NEAR = 0.2;

/** Inputs in the middle half of the range. */
function inner(shape: readonly number[], low: number, high: number, source: Rng): Tensor {
  const inputs = zeros([SAMPLES, ...shape]);
  for (let i = 0; i < inputs.data.length; i++) inputs.data[i] = low + (high - low) * (0.25 + 0.5 * source.uniform());
  return inputs;
}

/** The truth is what the model says; of values, what lies so far off that no start within reach turns the error round. */
function labelsBy(head: Head, scores: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return scores.map((own) => {
    if (head.kind === 'regression') return own.map((value) => value - (1 - NEAR) * head.tolerance);
    if (head.kind === 'classes') return [own.indexOf(Math.max(...own))];
    return own.map((value) => (value > 0 ? 1 : 0));
  });
}

/** The least change that is wrong, by the nearest way to be wrong, with no value leaving the range. */
function distanceOf(
  head: Head,
  weights: readonly Float64Array[],
  scores: readonly number[],
  input: Float32Array,
  range: readonly [number, number],
  norm: Norm,
  label: readonly number[],
): number {
  const ways = waysToFail(head, weights, scores, label);
  return Math.min(...ways.map(({ slope, need }) => reach(slope, need, input, range, norm)));
}

/** Directions of which `need` is the dot product with the change from which on the answer is wrong. */
function waysToFail(
  head: Head,
  weights: readonly Float64Array[],
  scores: readonly number[],
  label: readonly number[],
): readonly { readonly slope: Float64Array; readonly need: number }[] {
  if (head.kind === 'classes') {
    const truth = label[0] ?? 0;
    return weights.flatMap((other, j) =>
      j === truth
        ? []
        : [
            {
              slope: other.map((value, i) => value - (weights[truth]?.[i] ?? NaN)),
              need: (scores[truth] ?? NaN) - (scores[j] ?? NaN),
            },
          ],
    );
  }
  if (head.kind === 'regression') {
    const [slope = new Float64Array()] = weights;
    return [{ slope, need: NEAR * head.tolerance }];
  }
  return weights.map((w, k) => {
    const sign = label[k] === 1 ? -1 : 1;
    return { slope: w.map((value) => sign * value), need: Math.abs(scores[k] ?? NaN) };
  });
}

/** The least size of a change whose dot product with `slope` is `need`. */
function reach(
  slope: Float64Array,
  need: number,
  input: Float32Array,
  [low, high]: readonly [number, number],
  norm: Norm,
): number {
  const sizes = slope.map(Math.abs);
  if (norm === 'Linf') return need / sizes.reduce((sum, value) => sum + value, 0);
  if (norm === 'L2') return need / Math.sqrt(sizes.reduce((sum, value) => sum + value * value, 0));
  // L1 spends on the steepest values first, each up to its end of the range; L0 on those that gain most.
  const room = slope.map((value, i) => (value > 0 ? high - (input[i] ?? NaN) : (input[i] ?? NaN) - low));
  const gain = (i: number) => (sizes[i] ?? 0) * (room[i] ?? 0);
  const order = [...slope.keys()].sort((a, b) =>
    norm === 'L1' ? (sizes[b] ?? 0) - (sizes[a] ?? 0) : gain(b) - gain(a),
  );
  let left = need;
  let spent = 0;
  for (const i of order) {
    if (left <= gain(i)) return spent + (norm === 'L1' ? left / (sizes[i] ?? NaN) : 1);
    left -= gain(i);
    spent += norm === 'L1' ? (room[i] ?? 0) : 1;
  }
  return Infinity;
}

function dot(a: Float64Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
}
