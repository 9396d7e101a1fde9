import { row, rowsOf } from '#base/tensor';
import { copyColumns } from './distance.js';
import { answerOf, answersAmong, type Answer, type Question } from './question.js';

/** Neighbours that are taken for a start. */
const STARTS = 64;

/** The rows of the background that got another decision, the nearest first; they may differ in what nobody can change. */
export async function unlikeNeighbours(question: Question): Promise<Answer[]> {
  const rows = backgroundRows(question);
  const margins = await question.decide(rows);
  return rows
    .flatMap((values, i) => ((margins[i] ?? NaN) < 0 ? [answerOf(question, values)] : []))
    .toSorted((a, b) => a.distance - b.distance);
}

/** The nearest of them with what nobody can change as it is: those that are legal and get another decision even so. */
export async function adapted(question: Question, neighbours: readonly Answer[]): Promise<Answer[]> {
  const immutable = question.columns.filter((column) => column.immutable);
  const rows = neighbours.slice(0, STARTS).map((neighbour) => {
    return copyColumns(immutable, question.original, neighbour.row.slice());
  });
  return answersAmong(question, rows);
}

/** The distance to the nearest row of the background: what is far from all of them is not plausible. */
export function distanceToBackground(question: Question, values: Float32Array): number {
  return backgroundRows(question).reduce((least, other) => Math.min(least, question.distance(values, other)), Infinity);
}

function backgroundRows({ background }: Question): Float32Array[] {
  return Array.from({ length: rowsOf(background) }, (_, i) => row(background, i));
}
