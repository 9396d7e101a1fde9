import { row, type Tensor } from '#base/tensor';
import type { LabelLossKind, LossSpec } from '#engine/index';
import { labelRow, margin, takeLabels, type Labels } from '#target/head';
import { lossValue, sampleLoss } from '#target/losses';
import type { Gradient, Samples, Target } from '#target/target';
import { isUsable } from '../geometry/ascent.js';
import { normsOf } from '../geometry/norms.js';
import { decisionDraws, decisiveScores, type Book } from './ask.js';
import type { EpsilonResult, Fate, SampleOutcome } from './result.js';
import { observed, type GrowingTrace } from './trace.js';
import type { Rows } from './walk.js';

/** What is known of one sample at the present epsilon. */
interface Attempt {
  /** The first input that was wrong, or else the one with the least margin. Null before any was tried. */
  input: Float32Array | null;
  margin: number;
  broken: boolean;
  queries: number;
  gradientQueries: number;
  /** Of the present restart, and of the restart that came highest. */
  present: GrowingTrace | null;
  highest: GrowingTrace | null;
  zeroGradientAtStart: boolean;
}

export interface SearchOptions {
  /** What is climbed; its value along the iterates is the trace. Default: cross-entropy. */
  readonly loss?: LabelLossKind;
  /** Gradients averaged at an iterate; default 1. */
  readonly draws?: number;
}

/**
 * The book-keeping that every attack within a ball shares: the worst case of each sample over iterates, restarts and
 * smaller epsilons (design rule 3). Any iterate that is wrong counts, not the last one alone; each row is judged by
 * itself, so the rest of a batch never matters.
 */
export class WorstCase implements Book {
  readonly draws: number;
  readonly #target: Target;
  readonly #samples: Samples;
  readonly #loss: LabelLossKind;
  readonly #cleanScores: Tensor;
  readonly #clean: readonly number[];
  #attempts: readonly (Attempt | null)[] = [];
  /** What broke a sample at the smallest epsilon that did. */
  readonly #found = new Map<number, Attempt>();

  private constructor(target: Target, samples: Samples, { loss, draws }: Required<SearchOptions>, clean: Tensor) {
    this.#target = target;
    this.#samples = samples;
    this.#loss = loss;
    this.draws = draws;
    this.#cleanScores = clean;
    this.#clean = samples.indices.map((_, i) => margin(target.head, row(clean, i), labelRow(samples.labels, i)));
  }

  /** Asks the target for its answers on clean inputs: one forward pass, or several of a randomized target. */
  static async begin(target: Target, samples: Samples, options: SearchOptions = {}): Promise<WorstCase> {
    const { loss = 'cross-entropy', draws = 1 } = options;
    const scores = await decisiveScores(target, samples.inputs, samples.labels, decisionDraws(draws));
    return new WorstCase(target, samples, { loss, draws }, scores);
  }

  /** Begins an epsilon: those that are right when clean and not yet broken are under attack. */
  enter(epsilon: number): void {
    this.#attempts = this.#clean.map((clean, position) =>
      epsilon > 0 && clean > 0 && !this.#found.has(position) ? newAttempt(clean) : null,
    );
  }

  /** The samples under attack, and those of them that are not broken yet. */
  get attacked(): readonly number[] {
    return this.#positionsOf(() => true);
  }

  get survivors(): readonly number[] {
    return this.#positionsOf((attempt) => !attempt.broken);
  }

  isBroken(position: number): boolean {
    return this.#attempts[position]?.broken === true;
  }

  /** What the target said of the clean input. Not to be written to. */
  cleanScoresOf(position: number): Float32Array {
    return row(this.#cleanScores, position);
  }

  labelsOf({ positions }: Rows): Labels {
    return takeLabels(this.#samples.labels, positions);
  }

  /** The loss of some rows, by their true labels. */
  lossOf(rows: Rows): LossSpec {
    return { kind: this.#loss, labels: this.labelsOf(rows).values };
  }

  /** Each restart has a loss trace of its own. */
  beginRestart(): void {
    for (const attempt of this.#attempts) if (attempt !== null) attempt.present = null;
  }

  /** What a forward pass said; a trace that has begun goes on with it. */
  recordScores(rows: Rows, scores: Tensor, loss: LossSpec = this.lossOf(rows)): void {
    this.#each(rows, (attempt, i, position) => {
      attempt.queries += decisionDraws(this.draws);
      this.#observe(attempt, row(rows.inputs, i), row(scores, i), position);
      if (attempt.present !== null) this.#follow(attempt, this.#valueOf(loss, i, row(scores, i)));
    });
  }

  /** What one execution of scores and gradients said. */
  recordGradient(rows: Rows, { scores, gradient }: Gradient, loss: LossSpec): void {
    this.#each(rows, (attempt, i, position) => {
      attempt.gradientQueries += this.draws;
      if (attempt.present === null && !isUsable(row(gradient, i))) attempt.zeroGradientAtStart = true;
      this.#observe(attempt, row(rows.inputs, i), row(scores, i), position);
      this.#follow(attempt, this.#valueOf(loss, i, row(scores, i)));
    });
  }

  /**
   * The book for points outside of the ball: they cost, and prove nothing. A trace that begins there begins with the loss
   * of the clean input, since what is reached outside is no measure for what is reached within.
   */
  get outside(): Book {
    return {
      draws: this.draws,
      labelsOf: (rows) => this.labelsOf(rows),
      recordScores: (rows) => this.#each(rows, (attempt) => (attempt.queries += decisionDraws(this.draws))),
      recordGradient: (rows, { gradient }, loss) =>
        this.#each(rows, (attempt, i, position) => {
          attempt.gradientQueries += this.draws;
          if (attempt.present !== null) return;
          if (!isUsable(row(gradient, i))) attempt.zeroGradientAtStart = true;
          this.#follow(attempt, this.#valueOf(loss, i, this.cleanScoresOf(position)));
        }),
    };
  }

  /** Ends an epsilon: what was found at it, or at a smaller one. */
  leave(epsilon: number): EpsilonResult {
    const originals = this.#samples.inputs;
    const inputs: Tensor = { shape: originals.shape, data: originals.data.slice() };
    const outcomes = this.#clean.map((clean, position): SampleOutcome => {
      const attempt = this.#attempts[position] ?? null;
      const fate = this.#fateOf(clean, attempt, position);
      if (fate === 'broken' && attempt !== null) this.#found.set(position, attempt);
      const kept = attempt ?? this.#found.get(position) ?? null;
      if (kept !== null && kept.input !== null) row(inputs, position).set(kept.input);
      return {
        fate,
        margin: kept?.margin ?? clean,
        norms: normsOf(row(originals, position), row(inputs, position)),
        queries: attempt?.queries ?? 0,
        gradientQueries: attempt?.gradientQueries ?? 0,
        loss: attempt?.highest ?? null,
        flags: { zeroGradientAtStart: attempt?.zeroGradientAtStart ?? false },
      };
    });
    this.#attempts = [];
    return { epsilon, inputs, outcomes };
  }

  #fateOf(clean: number, attempt: Attempt | null, position: number): Fate {
    if (!(clean > 0)) return 'misclassified';
    if (this.#found.has(position)) return 'carried';
    return attempt?.broken === true ? 'broken' : 'survived';
  }

  /** The first wrong input is kept; until there is one, that with the least margin. */
  #observe(attempt: Attempt, input: Float32Array, scores: Float32Array, position: number): void {
    if (attempt.broken) return;
    const now = margin(this.#target.head, scores, labelRow(this.#samples.labels, position));
    attempt.broken = !(now > 0);
    if (attempt.input === null) attempt.input = input.slice();
    else if (now >= attempt.margin) return;
    else attempt.input.set(input);
    attempt.margin = now;
  }

  /** From the scores, in double precision: an engine's float32 loss is zero where the scores still tell samples apart. */
  #valueOf(loss: LossSpec, i: number, scores: Float32Array): number {
    const { head } = this.#target;
    if (!('labels' in loss) || 'targets' in loss) return sampleLoss(head, loss, i, scores).value;
    const width = this.#samples.labels.width;
    return lossValue(head, loss.kind, scores, loss.labels.subarray(i * width, (i + 1) * width));
  }

  #follow(attempt: Attempt, now: number): void {
    const trace = observed(attempt.present, now);
    const { present, highest } = attempt;
    attempt.present = trace;
    if (highest === null || highest === present || trace.best > highest.best) attempt.highest = trace;
  }

  #each(rows: Rows, visit: (attempt: Attempt, i: number, position: number) => void): void {
    rows.positions.forEach((position, i) => {
      const attempt = this.#attempts[position];
      if (attempt !== null && attempt !== undefined) visit(attempt, i, position);
    });
  }

  #positionsOf(chosen: (attempt: Attempt) => boolean): readonly number[] {
    return this.#attempts.flatMap((attempt, position) => (attempt !== null && chosen(attempt) ? [position] : []));
  }
}

function newAttempt(clean: number): Attempt {
  return {
    ...{ input: null, margin: clean, broken: false },
    ...{ queries: 0, gradientQueries: 0 },
    ...{ present: null, highest: null, zeroGradientAtStart: false },
  };
}
