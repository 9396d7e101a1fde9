import type { ScalarColumn } from '#target/domain';
import { copyColumns } from './distance.js';
import { unitsOf, type Move } from './moves.js';
import { answerOf, answersAmong, byEffort, type Answer, type Question } from './question.js';

/** Sets of changes that are tried before one change is given up on trust. */
const SUBSETS = 4096;

/**
 * Takes back what is not needed, and moves the rest towards what it was, until neither can be done: none of the changes that
 * are left can be dropped, nor can any smaller set of them do.
 */
export async function refined(question: Question, answer: Answer, moves: readonly Move[]): Promise<Answer> {
  let best = answer;
  for (;;) {
    const next = await nearer(question, await fewest(question, best), moves);
    if (byEffort(next, best) >= 0) return best;
    best = next;
  }
}

/**
 * The smallest set of an answer's changes that gives another decision, of equally small ones the nearest. While there are too
 * many sets to try, the change is taken back that leaves the decision the furthest from turning (DiCE's sparsity, Mothilal, Sharma
 * & Tan 2020, section 3.3).
 */
async function fewest(question: Question, answer: Answer): Promise<Answer> {
  const { row, changed } = answer;
  let tried = 0;
  for (let size = 1; size < changed.length; size++) {
    const sets = subsets(changed, size, SUBSETS - tried + 1);
    tried += sets.length;
    if (tried > SUBSETS) {
      const shorter = await withoutOne(question, answer);
      return shorter === null ? answer : fewest(question, shorter);
    }
    const rows = sets.map((set) => copyColumns(set, row, question.original.slice()));
    const [nearest] = (await answersAmong(question, rows)).toSorted(byEffort);
    if (nearest !== undefined) return nearest;
  }
  return answer;
}

/** Null where everything is needed. */
async function withoutOne(question: Question, { row, changed }: Answer): Promise<Answer | null> {
  const rows = unitsOf(question)
    .filter((unit) => unit.some((column) => changed.includes(column)))
    .map((unit) => copyColumns(unit, question.original, row.slice()));
  const margins = await question.judge(rows);
  const [furthest] = rows
    .map((values, i) => ({ values, margin: margins[i] ?? NaN }))
    .filter(({ margin }) => margin < 0)
    .toSorted((a, b) => a.margin - b.margin);
  return furthest === undefined ? null : answerOf(question, furthest.values);
}

/** Each number that was changed, one after the other, to the value nearest to what it was that gives another decision still. */
async function nearer(question: Question, answer: Answer, moves: readonly Move[]): Promise<Answer> {
  let best = answer;
  for (const column of answer.changed) {
    if (column.kind === 'one-hot') continue;
    const rows = valuesBetween(question, best, column, moves).map((value) => best.row.with(column.position, value));
    const [nearest] = (await answersAmong(question, rows)).toSorted(byEffort);
    best = nearest ?? best;
  }
  return best;
}

/** The values of the moves of one column that lie between what it was and what it is now. */
function valuesBetween(
  { original }: Question,
  { row }: Answer,
  { position }: ScalarColumn,
  moves: readonly Move[],
): number[] {
  const ends = [original[position] ?? NaN, row[position] ?? NaN];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  return moves
    .filter(({ positions }) => positions.length === 1 && positions[0] === position)
    .flatMap(({ values }) => values)
    .filter((value) => value > low && value < high);
}

/** The subsets of this size, in order; no more than so many. */
function subsets<T>(of: readonly T[], size: number, limit: number, from = 0): T[][] {
  if (size === 0) return [[]];
  const found: T[][] = [];
  for (let i = from; i <= of.length - size && found.length < limit; i++) {
    for (const rest of subsets(of, size - 1, limit - found.length, i + 1)) found.push([...of.slice(i, i + 1), ...rest]);
  }
  return found;
}
