import { row, type Tensor } from '#base/tensor';
import type { LabelLossKind, LossSpec } from '#engine/index';
import { labelRow, margin, takeLabels } from '#target/head';
import { lossValue } from '#target/losses';
import type { Samples, Target } from '#target/target';
import { isUsable } from '../geometry/ascent.js';
import { normsOf } from '../geometry/norms.js';
import type { EpsilonResult, Fate, LossTrace, SampleOutcome } from './result.js';
import type { Walk } from './walk.js';

/** What is known of one sample at the present epsilon. */
interface Attempt {
  /** The first input that was wrong, or else the one with the least margin. Null before any was tried. */
  input: Float32Array | null;
  margin: number;
  broken: boolean;
  queries: number;
  gradientQueries: number;
  /** Of the present restart, and of the restart that came highest. */
  present: LossTrace | null;
  highest: LossTrace | null;
  zeroGradientAtStart: boolean;
}

/**
 * The book-keeping that every attack shares: the worst case of each sample over iterates, restarts and smaller epsilons
 * (design rule 3). Any iterate that is wrong counts, not the last one alone; each row is judged by itself, so the rest
 * of a batch never matters.
 */
export class WorstCase {
  readonly #target: Target;
  readonly #samples: Samples;
  readonly #loss: LabelLossKind;
  readonly #clean: readonly number[];
  #attempts: readonly (Attempt | null)[] = [];
  /** What broke a sample at the smallest epsilon that did. */
  readonly #found = new Map<number, Attempt>();

  private constructor(target: Target, samples: Samples, loss: LabelLossKind, clean: readonly number[]) {
    this.#target = target;
    this.#samples = samples;
    this.#loss = loss;
    this.#clean = clean;
  }

  /** Asks the target for its answers on clean inputs: one forward pass. */
  static async begin(target: Target, samples: Samples, loss: LabelLossKind = 'cross-entropy'): Promise<WorstCase> {
    const scores = await target.predict(samples.inputs);
    const clean = samples.indices.map((_, i) => margin(target.head, row(scores, i), labelRow(samples.labels, i)));
    return new WorstCase(target, samples, loss, clean);
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

  /** The loss of a walk's rows, by their true labels. */
  lossOf(walk: Walk): LossSpec {
    return { kind: this.#loss, labels: takeLabels(this.#samples.labels, walk.positions).values };
  }

  /** Each restart has a loss trace of its own. */
  beginRestart(): void {
    for (const attempt of this.#attempts) if (attempt !== null) attempt.present = null;
  }

  /** What a forward pass said. */
  recordScores(walk: Walk, scores: Tensor): void {
    this.#each(walk, (attempt, i, position) => {
      attempt.queries++;
      this.#observe(attempt, row(walk.inputs, i), row(scores, i), position);
      if (attempt.present !== null) this.#follow(attempt, row(scores, i), position);
    });
  }

  /** What one execution of scores and gradients said. */
  recordGradient(walk: Walk, scores: Tensor, gradient: Tensor): void {
    this.#each(walk, (attempt, i, position) => {
      attempt.gradientQueries++;
      if (attempt.present === null && !isUsable(row(gradient, i))) attempt.zeroGradientAtStart = true;
      this.#observe(attempt, row(walk.inputs, i), row(scores, i), position);
      this.#follow(attempt, row(scores, i), position);
    });
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
    if (attempt.input !== null && now >= attempt.margin) return;
    attempt.input = input.slice();
    attempt.margin = now;
  }

  #follow(attempt: Attempt, scores: Float32Array, position: number): void {
    const now = lossValue(this.#target.head, this.#loss, scores, labelRow(this.#samples.labels, position));
    const { present, highest } = attempt;
    const trace =
      present === null
        ? { start: now, end: now, best: now }
        : { start: present.start, end: now, best: Math.max(present.best, now) };
    attempt.present = trace;
    if (highest === null || highest === present || trace.best > highest.best) attempt.highest = trace;
  }

  #each(walk: Walk, visit: (attempt: Attempt, i: number, position: number) => void): void {
    walk.positions.forEach((position, i) => {
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
