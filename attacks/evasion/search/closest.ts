import { row, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { labelRow, margin, takeLabels, type Labels } from '#target/head';
import type { Gradient, Samples, Target } from '#target/target';
import { isUsable } from '../geometry/ascent.js';
import { normsOf, sizeIn, type Norm } from '../geometry/norms.js';
import { decisionDraws, decisiveScores, type Book } from './ask.js';
import type { AttackResult, EpsilonResult, Fate, SampleOutcome } from './result.js';
import { observed, type GrowingTrace } from './trace.js';
import type { Rows } from './walk.js';

/** What is known of one sample. */
interface Record {
  /** The adversarial input that is closest to the original so far. */
  input: Float32Array | null;
  distance: number;
  /** At that input, or the least of all that were tried. */
  margin: number;
  queries: number;
  gradientQueries: number;
  /** Of minus the margin, along all that was tried. */
  trace: GrowingTrace | null;
  zeroGradientAtStart: boolean;
}

/**
 * The book-keeping that minimum-norm attacks share: of each sample the closest input that is wrong, among all that were
 * tried. One run gives the outcome at every epsilon: a sample falls at the least epsilon that reaches its distance.
 */
export class ClosestFound implements Book {
  readonly draws: number;
  readonly #target: Target;
  readonly #samples: Samples;
  readonly #norm: Norm;
  readonly #cleanScores: Tensor;
  readonly #clean: readonly number[];
  readonly #records: readonly Record[];

  private constructor(target: Target, samples: Samples, norm: Norm, draws: number, clean: Tensor) {
    this.#target = target;
    this.#samples = samples;
    this.#norm = norm;
    this.draws = draws;
    this.#cleanScores = clean;
    this.#clean = samples.indices.map((_, i) => margin(target.head, row(clean, i), labelRow(samples.labels, i)));
    this.#records = this.#clean.map((own) => ({
      ...{ input: null, distance: Infinity, margin: own, queries: 0, gradientQueries: 0 },
      ...{ trace: null, zeroGradientAtStart: false },
    }));
  }

  /** Asks the target for its answers on clean inputs. @param draws gradients averaged at an iterate */
  static async begin(target: Target, samples: Samples, norm: Norm, draws = 1): Promise<ClosestFound> {
    const clean = await decisiveScores(target, samples.inputs, samples.labels, decisionDraws(draws));
    return new ClosestFound(target, samples, norm, draws, clean);
  }

  /** Positions that are right when clean: those that there is something to find for. */
  get attacked(): readonly number[] {
    return this.#clean.flatMap((clean, position) => (clean > 0 ? [position] : []));
  }

  /** Infinity before anything wrong was found. */
  distanceOf(position: number): number {
    return this.#records[position]?.distance ?? Infinity;
  }

  /** The closest wrong input so far; null before there is one. Not to be written to. */
  inputOf(position: number): Float32Array | null {
    return this.#records[position]?.input ?? null;
  }

  /** What the target says of the clean input. */
  cleanScoresOf(position: number): Float32Array {
    return row(this.#cleanScores, position);
  }

  /** The margin of the clean input. */
  cleanMarginOf(position: number): number {
    return this.#clean[position] ?? NaN;
  }

  /** Whether scores are wrong for a sample: the adversary has won. */
  isWrong(position: number, scores: ArrayLike<number>): boolean {
    return !(margin(this.#target.head, scores, labelRow(this.#samples.labels, position)) > 0);
  }

  labelsOf({ positions }: Rows): Labels {
    return takeLabels(this.#samples.labels, positions);
  }

  recordScores(rows: Rows, scores: Tensor): void {
    rows.positions.forEach((position, i) => {
      const record = this.#records[position];
      if (record === undefined) return;
      record.queries += decisionDraws(this.draws);
      this.#observe(record, position, row(rows.inputs, i), row(scores, i));
    });
  }

  recordGradient(rows: Rows, { scores, gradient }: Gradient, _loss?: LossSpec): void {
    rows.positions.forEach((position, i) => {
      const record = this.#records[position];
      if (record === undefined) return;
      record.gradientQueries += this.draws;
      if (record.trace === null && !isUsable(row(gradient, i))) record.zeroGradientAtStart = true;
      this.#observe(record, position, row(rows.inputs, i), row(scores, i));
    });
  }

  /**
   * What one execution of scores and several of their gradients said.
   *
   * @param jacobian [n, rows, ...shape], which counts as `rows` gradients a sample
   */
  recordJacobian(rows: Rows, scores: Tensor, jacobian: Tensor): void {
    const width = jacobian.shape[1] ?? 1;
    rows.positions.forEach((position, i) => {
      const record = this.#records[position];
      if (record === undefined) return;
      record.gradientQueries += width;
      if (record.trace === null && !isUsable(row(jacobian, i))) record.zeroGradientAtStart = true;
      this.#observe(record, position, row(rows.inputs, i), row(scores, i));
    });
  }

  /** What was found, at each epsilon. @param epsilons ascending */
  result(epsilons: readonly number[]): AttackResult {
    const { inputs: originals } = this.#samples;
    const inputs = this.#within(Infinity);
    const distances = this.#records.map(({ distance }, i) => ((this.#clean[i] ?? NaN) > 0 ? distance : 0));
    return {
      norm: this.#norm,
      epsilons: epsilons.map((epsilon, k) => this.#at(epsilon, epsilons[k - 1] ?? 0, k === 0, originals)),
      closest: { inputs, distances },
    };
  }

  #at(epsilon: number, before: number, isFirst: boolean, originals: Tensor): EpsilonResult {
    const inputs = this.#within(epsilon);
    const outcomes = this.#records.map((record, position): SampleOutcome => {
      const { queries, gradientQueries, trace, zeroGradientAtStart } = record;
      const falls = record.distance <= epsilon;
      return {
        fate: fateOf(this.#clean[position] ?? NaN, record.distance, epsilon, before),
        margin: falls ? record.margin : (this.#clean[position] ?? NaN),
        norms: normsOf(row(originals, position), row(inputs, position)),
        // One run serves all epsilons: it is counted once.
        queries: isFirst ? queries : 0,
        gradientQueries: isFirst ? gradientQueries : 0,
        loss: trace,
        flags: { zeroGradientAtStart },
      };
    });
    return { epsilon, inputs, outcomes };
  }

  /** Originals, and in their place what was found within epsilon of them. */
  #within(epsilon: number): Tensor {
    const { shape, data } = this.#samples.inputs;
    const inputs: Tensor = { shape, data: data.slice() };
    this.#records.forEach(({ input, distance }, position) => {
      if (input !== null && distance <= epsilon) row(inputs, position).set(input);
    });
    return inputs;
  }

  #observe(record: Record, position: number, input: Float32Array, scores: Float32Array): void {
    const now = margin(this.#target.head, scores, labelRow(this.#samples.labels, position));
    record.trace = observed(record.trace, -now);
    if (now > 0) {
      if (record.input === null) record.margin = Math.min(record.margin, now);
      return;
    }
    const distance = sizeIn(this.#norm, normsOf(row(this.#samples.inputs, position), input));
    if (!(distance < record.distance)) return;
    record.input = input.slice();
    record.distance = distance;
    record.margin = now;
  }
}

function fateOf(clean: number, distance: number, epsilon: number, before: number): Fate {
  if (!(clean > 0)) return 'misclassified';
  if (distance <= before) return 'carried';
  return distance <= epsilon ? 'broken' : 'survived';
}
