import { row, zeros, type Tensor } from '#base/tensor';
import type { TableColumn, TabularDomain } from '#target/domain';
import { columnsOf, isLegal } from '#target/table-domain';
import type { Target } from '#target/target';
import type { Decision } from '../decision.js';
import { changedColumns, rowDistance, type RowDistance } from './distance.js';

/** What has to change about a row for another decision? */
export interface Question {
  readonly domain: TabularDomain;
  readonly columns: readonly TableColumn[];
  readonly original: Float32Array;
  /** Real rows, [n, ...shape]. */
  readonly background: Tensor;
  readonly distance: RowDistance;
  /** How far each row is from another decision than that of the sample, negative where it has one. */
  decide(rows: readonly Float32Array[]): Promise<Float64Array>;
  /** The same, and infinite for rows that are not legal or have something changed that nobody can change. */
  judge(rows: readonly Float32Array[]): Promise<Float64Array>;
}

/** A row with another decision. */
export interface Answer {
  readonly row: Float32Array;
  readonly changed: readonly TableColumn[];
  readonly distance: number;
}

/** Rows that go through the target at once. */
const BATCH = 4096;

export function questionOf(
  target: Pick<Target, 'predict'>,
  domain: TabularDomain,
  decision: Decision,
  original: Float32Array,
  background: Tensor,
): Question {
  const columns = columnsOf(domain);
  return {
    domain,
    columns,
    original,
    background,
    distance: rowDistance(columns, background),
    decide,
    async judge(rows) {
      const margins = new Float64Array(rows.length).fill(Infinity);
      const legal = rows.flatMap((values, i) => (isLegal(domain, values, original) ? [i] : []));
      const decided = await decide(legal.map((i) => rows[i] ?? original));
      legal.forEach((i, k) => (margins[i] = decided[k] ?? NaN));
      return margins;
    },
  };

  async function decide(rows: readonly Float32Array[]): Promise<Float64Array> {
    const margins = new Float64Array(rows.length);
    for (let start = 0; start < rows.length; start += BATCH) {
      const part = rows.slice(start, start + BATCH);
      const scores = await target.predict(stack(domain.shape, part));
      part.forEach((_, i) => (margins[start + i] = decision(row(scores, i))));
    }
    return margins;
  }
}

export function answerOf({ columns, original, distance }: Question, values: Float32Array): Answer {
  return { row: values, changed: changedColumns(columns, original, values), distance: distance(original, values) };
}

/** Of the rows those that are legal and get another decision. */
export async function answersAmong(question: Question, rows: readonly Float32Array[]): Promise<Answer[]> {
  const margins = await question.judge(rows);
  return rows.flatMap((values, i) => ((margins[i] ?? NaN) < 0 ? [answerOf(question, values)] : []));
}

/** Fewer changes come first, of as many the smaller ones. */
export function byEffort(a: Answer, b: Answer): number {
  return a.changed.length - b.changed.length || a.distance - b.distance;
}

function stack(shape: readonly number[], rows: readonly Float32Array[]): Tensor {
  const batch = zeros([rows.length, ...shape]);
  rows.forEach((values, i) => batch.data.set(values, i * values.length));
  return batch;
}
