import { row, rowRange, rowSize, rowsOf, zeros, type Tensor } from '#base/tensor';
import type { Head, Labels } from '#target/head';
import { labelRow } from '#target/head';
import type { DifferentiableTarget } from '#target/target';
import type { ConvexNorm } from '../geometry/norms.js';
import type { ClosestFound } from '../search/closest.js';
import type { Rows } from '../search/walk.js';

// Every difference of scores has a gradient that is walked by index: what is global is looked up once.
const { abs, max, sqrt } = Math;

/**
 * For each row, a linear function that is negative where the answer is right and zero where it turns wrong, as it looks
 * from the input.
 */
export interface Boundaries {
  /** What the functions are at the inputs, [n]; 0 where there is no direction. */
  readonly values: Float64Array;
  /** Their slopes, [n, ...shape]; finite, 0 at what nobody can change and where there is no direction. */
  readonly slopes: Tensor;
}

/** Which boundaries are looked at. */
export interface Lookout {
  readonly norm: ConvexNorm;
  readonly immutable: ReadonlySet<number>;
  /** Scores of a position whose boundary it may cross, equally many for each; the label of a class is not among them. */
  readonly candidatesOf: (position: number) => readonly number[];
}

/** Rows of the Jacobian in one graph; more are asked for one graph after the other. */
const MOST_ROWS = 16;
/** Values of the Jacobian in one call: 64 MB. */
const MOST_VALUES = 2 ** 24;

/** The boundary of each input that is nearest in a norm, among the candidates: by |g| / |grad g|_dual of each. */
export async function nearestBoundaries(
  target: DifferentiableTarget,
  search: ClosestFound,
  rows: Rows,
  lookout: Lookout,
): Promise<Boundaries> {
  const nearest = new Nearest(target.head, rows.inputs, lookout);
  const fitting = Math.max(1, Math.floor(MOST_VALUES / (MOST_ROWS * rowSize(rows.inputs))));
  for (let start = 0; start < rows.positions.length; start += fitting) {
    const end = Math.min(start + fitting, rows.positions.length);
    const part = { positions: rows.positions.slice(start, end), inputs: rowRange(rows.inputs, start, end) };
    const labels = search.labelsOf(part);
    for (const asked of questions(target.head, part, labels, lookout)) {
      const { scores, rows: jacobian } = await target.jacobian(part.inputs, Float64Array.from(asked.flat()));
      search.recordJacobian(part, scores, jacobian);
      asked.forEach((own, i) =>
        nearest.consider(start + i, own, row(scores, i), row(jacobian, i), labelRow(labels, i)),
      );
    }
  }
  return nearest;
}

/** The scores asked for of each row, in one or several rounds: of classes the label first, as all others are held against it. */
function questions(head: Head, { positions }: Rows, labels: Labels, { candidatesOf }: Lookout): number[][][] {
  const candidates = positions.map(candidatesOf);
  const own = positions.map((_, i) => (head.kind === 'classes' ? [labels.values[i] ?? -1] : []));
  const width = MOST_ROWS - (own[0]?.length ?? 0);
  const count = candidates[0]?.length ?? 0;
  const rounds: number[][][] = [];
  for (let first = 0; first < count; first += width) {
    rounds.push(candidates.map((scores, i) => [...(own[i] ?? []), ...scores.slice(first, first + width)]));
  }
  return rounds;
}

/** Keeps the nearest boundary of each row. */
class Nearest implements Boundaries {
  readonly values: Float64Array;
  readonly slopes: Tensor;
  readonly #distances: Float64Array;
  readonly #slope: Float32Array;

  constructor(
    private readonly head: Head,
    inputs: Tensor,
    private readonly lookout: Lookout,
  ) {
    this.values = new Float64Array(rowsOf(inputs));
    this.slopes = zeros(inputs.shape);
    this.#distances = new Float64Array(rowsOf(inputs)).fill(Infinity);
    this.#slope = new Float32Array(rowSize(inputs));
  }

  /** @param jacobian the gradients of the scores that were asked for, one after the other */
  consider(
    i: number,
    asked: readonly number[],
    scores: Float32Array,
    jacobian: Float32Array,
    label: Float64Array,
  ): void {
    const size = this.#slope.length;
    const isAgainstLabel = this.head.kind === 'classes';
    for (let k = isAgainstLabel ? 1 : 0; k < asked.length; k++) {
      const { value, sign } = boundaryAt(this.head, scores, label, asked[k] ?? -1);
      const gradient = jacobian.subarray(k * size, (k + 1) * size);
      if (isAgainstLabel) difference(gradient, jacobian, this.#slope);
      else scaled(gradient, sign, this.#slope);
      for (const position of this.lookout.immutable) this.#slope[position] = 0;
      const steepness = dualSize(this.lookout.norm, this.#slope);
      const distance = abs(value) / steepness;
      if (!(distance < (this.#distances[i] ?? 0)) || !Number.isFinite(steepness)) continue;
      this.#distances[i] = distance;
      this.values[i] = value;
      row(this.slopes, i).set(this.#slope);
    }
  }
}

/** The value of one boundary, and whether its score raises or lowers it. */
function boundaryAt(
  head: Head,
  scores: Float32Array,
  label: Float64Array,
  k: number,
): { readonly value: number; readonly sign: number } {
  const score = scores[k] ?? NaN;
  switch (head.kind) {
    case 'classes':
      return { value: score - (scores[label[0] ?? -1] ?? NaN), sign: 1 };
    case 'regression': {
      const error = score - (label[k] ?? NaN);
      return { value: abs(error) - head.tolerance, sign: error < 0 ? -1 : 1 };
    }
    default: {
      const sign = label[k] === 1 ? -1 : 1;
      return { value: sign * score, sign };
    }
  }
}

function difference(a: Float32Array, b: Float32Array, into: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (a[i] ?? NaN) - (b[i] ?? NaN);
}

function scaled(a: Float32Array, factor: number, into: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (a[i] ?? NaN) * factor;
}

/** How fast a linear function changes with distance in a norm. */
export function dualSize(norm: ConvexNorm, slope: Float32Array): number {
  let sum = 0;
  switch (norm) {
    case 'Linf':
      for (let i = 0; i < slope.length; i++) sum += abs(slope[i] ?? NaN);
      return sum;
    case 'L2':
      for (let i = 0; i < slope.length; i++) sum += (slope[i] ?? NaN) ** 2;
      return sqrt(sum);
    case 'L1':
      for (let i = 0; i < slope.length; i++) sum = max(sum, abs(slope[i] ?? NaN));
      return sum;
  }
}
