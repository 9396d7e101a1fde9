import { moved, type Move } from './moves.js';
import { answerOf, type Answer, type Question } from './question.js';

/** Rows that are built upon after each round. */
const BEAM = 32;
/** Moves of one unit, and units, that are made in the rounds after the first. */
const MOVES = 4;
const UNITS = 32;
/** Rounds after which nothing shorter can be hoped for. */
const ROUNDS = 16;

interface Step {
  readonly row: Float32Array;
  readonly margin: number;
  readonly units: readonly number[];
  readonly last: Move | null;
}

/**
 * Answers by few moves: every move alone, then the rows that came nearest to another decision, each with the moves that alone
 * brought it nearest. Ends one round after the first answer, for there to be others beside it.
 *
 * @param after which moves are made in the rounds after the first: `all` finds what moves do together and none does alone
 */
export async function fewMoves(
  question: Question,
  moves: readonly Move[],
  after: 'promising' | 'all' = 'promising',
): Promise<Answer[]> {
  const start: Step = { row: question.original, margin: NaN, units: [], last: null };
  const answers: Answer[] = [];
  let steps = await stepsFrom(question, [start], moves);
  const best = after === 'all' ? moves : mostPromising(steps);
  for (let round = 1; round <= ROUNDS && steps.length > 0; round++) {
    const isLast = answers.length > 0;
    answers.push(...steps.filter(({ margin }) => margin < 0).map(({ row }) => answerOf(question, row)));
    if (isLast) break;
    const beam = steps.filter(({ margin }) => margin >= 0).toSorted(byMargin);
    steps = await stepsFrom(question, beam.slice(0, BEAM), best);
  }
  return answers;
}

/** Every legal row that is one move from one of these. */
async function stepsFrom(question: Question, from: readonly Step[], moves: readonly Move[]): Promise<Step[]> {
  const made = new Map<string, Omit<Step, 'margin'>>();
  for (const { row, units } of from) {
    for (const move of moves) {
      if (units.includes(move.unit)) continue;
      const next = moved(row, move);
      made.set(next.join(), { row: next, units: [...units, move.unit], last: move });
    }
  }
  const steps = [...made.values()];
  const margins = await question.judge(steps.map(({ row }) => row));
  return steps.map((step, i) => ({ ...step, margin: margins[i] ?? NaN })).filter(({ margin }) => margin < Infinity);
}

/** A few moves of each unit, of those units that bring the decision nearest to its change. */
function mostPromising(steps: readonly Step[]): Move[] {
  const byUnit = new Map<number, Move[]>();
  for (const { last } of steps.toSorted(byMargin)) {
    if (last === null) continue;
    const moves = byUnit.get(last.unit) ?? [];
    if (moves.length < MOVES) byUnit.set(last.unit, [...moves, last]);
  }
  return [...byUnit.values()].slice(0, UNITS).flat();
}

function byMargin(a: Step, b: Step): number {
  return a.margin - b.margin;
}
