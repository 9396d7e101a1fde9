import { row, rowsOf, takeRows, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { labelRow, margin, takeLabels, type Head, type Labels } from '#target/head';
import type { DifferentiableTarget, Gradient, Target } from '#target/target';
import type { Rows } from './walk.js';

/** Fresh answers of a randomized target by which an input is judged: it is wrong when most of them are. */
export const DECISION_DRAWS = 20;

/** What writes down the answers to what an attack asks. */
export interface Book {
  /** Gradients averaged at an iterate; more than 1 says that the target draws random numbers. */
  readonly draws: number;
  labelsOf(rows: Rows): Labels;
  recordScores(rows: Rows, scores: Tensor, loss?: LossSpec): void;
  recordGradient(rows: Rows, given: Gradient, loss: LossSpec): void;
}

/** Asks for the scores of some rows. */
export async function ask(target: Target, book: Book, rows: Rows, loss?: LossSpec): Promise<Tensor> {
  const scores = await decisiveScores(target, rows.inputs, book.labelsOf(rows), decisionDraws(book.draws));
  book.recordScores(rows, scores, loss);
  return scores;
}

/**
 * Asks for the gradient of a loss, one a row. Of a randomized target it is the mean over several draws at the same
 * input (expectation over transformation, Athalye et al. 2018, arXiv:1802.00420, section 4.2).
 */
export async function follow(target: DifferentiableTarget, book: Book, rows: Rows, loss: LossSpec): Promise<Gradient> {
  const given = book.draws === 1 ? await target.gradient(rows.inputs, loss) : await expected(target, book, rows, loss);
  book.recordGradient(rows, given, loss);
  return given;
}

/** How often a target is asked before an input counts as wrong. */
export function decisionDraws(draws: number): number {
  return draws === 1 ? 1 : DECISION_DRAWS;
}

/**
 * The scores by which each row is judged: those of one pass, or of several passes through a randomized target those with
 * the middle margin, which is zero or less exactly where most of them are wrong.
 */
export async function decisiveScores(target: Target, inputs: Tensor, labels: Labels, draws: number): Promise<Tensor> {
  const passes = [await target.predict(inputs)];
  while (passes.length < draws) passes.push(await target.predict(inputs));
  return middleOf(target.head, passes, labels);
}

async function expected(target: DifferentiableTarget, book: Book, rows: Rows, loss: LossSpec): Promise<Gradient> {
  const labels = book.labelsOf(rows);
  const passes = [await target.gradient(rows.inputs, loss)];
  while (passes.length < book.draws) passes.push(await target.gradient(rows.inputs, loss));
  const scores = await confirmed(
    target,
    rows.inputs,
    labels,
    middleOf(
      target.head,
      passes.map((pass) => pass.scores),
      labels,
    ),
  );
  const gradient = { shape: rows.inputs.shape, data: meanOf(passes.map((pass) => pass.gradient.data)) };
  return { scores, loss: meanOf(passes.map((pass) => pass.loss)), gradient };
}

/** What seems wrong is asked for again. */
async function confirmed(target: Target, inputs: Tensor, labels: Labels, scores: Tensor): Promise<Tensor> {
  const wrong = Array.from({ length: rowsOf(inputs) }, (_, i) => i).filter(
    (i) => !(margin(target.head, row(scores, i), labelRow(labels, i)) > 0),
  );
  if (wrong.length === 0) return scores;
  const again = await decisiveScores(target, takeRows(inputs, wrong), takeLabels(labels, wrong), DECISION_DRAWS);
  const decided: Tensor = { shape: scores.shape, data: scores.data.slice() };
  wrong.forEach((i, k) => row(decided, i).set(row(again, k)));
  return decided;
}

function middleOf(head: Head, passes: readonly Tensor[], labels: Labels): Tensor {
  const [first] = passes;
  if (first === undefined || passes.length === 1) return first ?? { shape: [0], data: new Float32Array() };
  const chosen: Tensor = { shape: first.shape, data: new Float32Array(first.data.length) };
  for (let i = 0; i < rowsOf(first); i++) {
    const ordered = passes
      .map((pass) => ({ scores: row(pass, i), margin: margin(head, row(pass, i), labelRow(labels, i)) }))
      .sort((a, b) => a.margin - b.margin);
    row(chosen, i).set(ordered[Math.floor(ordered.length / 2)]?.scores ?? []);
  }
  return chosen;
}

function meanOf(parts: readonly Float32Array[]): Float32Array {
  const sum = new Float64Array(parts[0]?.length ?? 0);
  for (const part of parts) for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (part[i] ?? NaN);
  return Float32Array.from(sum, (value) => value / parts.length);
}
