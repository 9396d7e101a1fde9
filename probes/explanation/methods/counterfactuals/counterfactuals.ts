import type { Tensor } from '#base/tensor';
import type { TableColumn, TabularDomain } from '#target/domain';
import { isLegal } from '#target/table-domain';
import type { Target } from '#target/target';
import type { Decision } from '../decision.js';
import { fewMoves } from './beam.js';
import { movesOf } from './moves.js';
import { adapted, distanceToBackground, unlikeNeighbours } from './neighbours.js';
import { byEffort, questionOf, type Answer, type Question } from './question.js';
import { refined } from './refinement.js';

export interface Counterfactual extends Answer {
  /** To the nearest row of the background. */
  readonly toBackground: number;
}

export interface Counterfactuals {
  /** Each another set of changed columns; the first needs the fewest changes. */
  readonly found: readonly Counterfactual[];
  /** Of the sample itself, to compare with. */
  readonly toBackground: number;
  /** The nearest row of the background with another decision, whatever it differs in; null where there is none. */
  readonly unlike: Answer | null;
  /** Whether values had to be tried that no row of the background has. */
  readonly unseen: boolean;
}

/** Answers that are worked upon, of different sets of columns. */
const REFINED = 24;
/** How many changes more than the first of them another counterfactual may need. */
const MORE_CHANGES = 2;

/**
 * Rows as near to the sample as can be found that get another decision (Wachter, Mittelstadt & Russell 2018), legal as its domain
 * has it, with values that real rows have, and different from each other in what they change (Mothilal, Sharma & Tan 2020). The
 * search starts from few changes, and from the real rows with another decision that are nearest. No random numbers, no gradients.
 *
 * @param sample the values of a legal row
 * @param background [n, ...shape], one row at least
 * @param count how many are wanted at most
 */
export async function findCounterfactuals(
  target: Pick<Target, 'predict'>,
  domain: TabularDomain,
  decision: Decision,
  sample: Float32Array,
  background: Tensor,
  count: number,
): Promise<Counterfactuals> {
  const question = questionOf(target, domain, decision, sample, background);
  const neighbours = await unlikeNeighbours(question);
  const starts = await adapted(question, neighbours);
  let found = await search(question, starts, 'seen values');
  const unseen = found.length === 0;
  if (unseen) found = await search(question, starts, 'all values');
  if (found.length === 0) found = await search(question, starts, 'all values, all moves each round');
  const valid = await rechecked(question, target, decision, different(withoutMore(found), count));
  return {
    found: valid.map((answer) => ({ ...answer, toBackground: distanceToBackground(question, answer.row) })),
    toBackground: distanceToBackground(question, sample),
    unlike: neighbours[0] ?? null,
    unseen,
  };
}

/** How much is tried: each effort where the one before has found nothing. */
type Effort = 'seen values' | 'all values' | 'all values, all moves each round';

async function search(question: Question, starts: readonly Answer[], effort: Effort): Promise<Answer[]> {
  const moves = movesOf(question, effort !== 'seen values');
  const after = effort === 'all values, all moves each round' ? 'all' : 'promising';
  const answers = bestOfEachSet([...starts, ...(await fewMoves(question, moves, after))]);
  const found: Answer[] = [];
  for (const answer of answers.slice(0, REFINED)) found.push(await refined(question, answer, moves));
  return bestOfEachSet(found);
}

/** The best answer of each set of changed columns, the best first. */
function bestOfEachSet(answers: readonly Answer[]): Answer[] {
  const best = new Map<string, Answer>();
  for (const answer of answers.toSorted(byEffort)) {
    const key = JSON.stringify(answer.changed.map(({ name }) => name));
    if (!best.has(key)) best.set(key, answer);
  }
  return [...best.values()];
}

/** Without those that change all that another one changes, and more. */
function withoutMore(answers: readonly Answer[]): Answer[] {
  return answers.filter(({ changed }) => {
    return !answers.some((other) => {
      return other.changed.length < changed.length && other.changed.every((column) => changed.includes(column));
    });
  });
}

/** The best answer, and then each time the one whose columns have the least in common with those before it. */
function different(answers: readonly Answer[], count: number): Answer[] {
  const [first] = answers;
  if (first === undefined) return [];
  const chosen = [first];
  const left = answers.filter(({ changed }) => changed.length <= first.changed.length + MORE_CHANGES);
  const overlap = ({ changed }: Answer) => Math.max(...chosen.map((other) => common(changed, other.changed)));
  while (chosen.length < count) {
    const [next] = left
      .filter((answer) => !chosen.includes(answer))
      .toSorted((a, b) => overlap(a) - overlap(b) || byEffort(a, b));
    if (next === undefined) break;
    chosen.push(next);
  }
  return chosen;
}

/** The Jaccard index of two sets of columns. */
function common(a: readonly TableColumn[], b: readonly TableColumn[]): number {
  const both = a.filter((column) => b.includes(column)).length;
  return both / (a.length + b.length - both);
}

/** Those that stand when each alone is asked for once more. */
async function rechecked(
  { domain, original }: Question,
  target: Pick<Target, 'predict'>,
  decision: Decision,
  answers: readonly Answer[],
): Promise<Answer[]> {
  const standing: Answer[] = [];
  for (const answer of answers) {
    const { data } = await target.predict({ shape: [1, ...domain.shape], data: answer.row.slice() });
    if (decision(data) < 0 && isLegal(domain, answer.row, original)) standing.push(answer);
  }
  return standing;
}
