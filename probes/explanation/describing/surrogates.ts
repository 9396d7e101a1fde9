import { AssayError } from '#base/errors';
import { row, rowsOf, takeRows, type Tensor } from '#base/tensor';
import { permutation, type RandomStreams } from '#stats/random';
import { answerOf, type Tree } from '#stats/tree/tree';
import type { Target } from '#target/target';
import { agreementOf, explainedVarianceOf, mostFrequent, type Fidelity } from '../methods/surrogate/fidelity.js';
import { linearAnswer, sparseLinear, type SparseFit } from '../methods/surrogate/sparse-linear.js';
import { chosenTree } from '../methods/surrogate/tree-surrogate.js';
import { answersOf, type ModelAnswers } from './answers.js';

export interface SurrogateOptions {
  readonly leaves: number;
  readonly rowsInLeaf: number;
  readonly terms: number;
}

export interface TreeSurrogate {
  readonly tree: Tree;
  readonly fidelity: Fidelity;
}

export interface LinearSurrogate {
  readonly fit: SparseFit;
  readonly fidelity: Fidelity;
  /** Whether it says yes or no (to the label of the score), or a number. */
  readonly yesNo: boolean;
}

/** What the model says of some rows, in two parts: surrogates are fitted to one and judged by the other. */
export interface SurrogateData {
  readonly answers: ModelAnswers;
  readonly fitted: Tensor;
  readonly heldOut: Tensor;
  readonly fittedAnswers: Float64Array;
  readonly heldOutAnswers: Float64Array;
}

const HELD_OUT = 0.3;
const FOLDS = 5;

/** @param random names the draw of the rows that are held out */
export async function surrogateData(
  target: Target,
  inputs: Tensor,
  score: number,
  random: RandomStreams,
): Promise<SurrogateData> {
  const n = rowsOf(inputs);
  const held = Math.floor(HELD_OUT * n);
  if (held < 2)
    throw new AssayError('data', { what: `a surrogate needs 7 rows to be fitted and judged by, and has ${n}` });
  const answers = answersOf(target, await target.predict(inputs), score);
  const order = permutation(n, random.fork('held out').of(0));
  const [out, seen] = [order.slice(0, held), order.slice(held)].map((part) => part.sort((a, b) => a - b));
  const ofRows = (rows: readonly number[] = []) => Float64Array.from(rows, (i) => answers.values[i] ?? NaN);
  return {
    answers,
    fitted: takeRows(inputs, seen ?? []),
    heldOut: takeRows(inputs, out ?? []),
    ...{ fittedAnswers: ofRows(seen), heldOutAnswers: ofRows(out) },
  };
}

/** A tree of few leaves that says what the model says, and how often it does on rows that it has not seen. */
export function treeSurrogate(data: SurrogateData, options: SurrogateOptions, random: RandomStreams): TreeSurrogate {
  const { classes } = data.answers;
  const tree = chosenTree(
    { values: columnsOfRows(data.fitted), answers: data.fittedAnswers, classes },
    { maximumLeaves: options.leaves, minimumRows: options.rowsInLeaf },
    FOLDS,
    random.fork('folds').of(0),
  );
  const said = answersBy(data.heldOut, (input) => answerOf(tree, input));
  return { tree, fidelity: fidelityOf(data.heldOutAnswers, said, data.fittedAnswers, classes, random) };
}

/** A linear function of few values: of a number, or of whether the model says the label of a score. */
export function linearSurrogate(
  data: SurrogateData,
  score: number,
  options: SurrogateOptions,
  random: RandomStreams,
): LinearSurrogate {
  const { classes } = data.answers;
  const yesNo = classes !== null;
  // Of two answers 1 is the yes; of more it is the class of the score.
  const yes = classes === 2 ? 1 : score;
  const asked = (answers: Float64Array) => (yesNo ? answers.map((answer) => Number(answer === yes)) : answers);
  const fit = sparseLinear(
    { values: columnsOfRows(data.fitted), answers: asked(data.fittedAnswers) },
    yesNo ? 'yes-no' : 'numbers',
    { maximumTerms: options.terms, folds: FOLDS },
    random.fork('folds').of(0),
  );
  const said = answersBy(data.heldOut, (input) => {
    const value = linearAnswer(fit, input);
    return yesNo ? Number(value > 0) : value;
  });
  const fidelity = fidelityOf(asked(data.heldOutAnswers), said, asked(data.fittedAnswers), yesNo ? 2 : null, random);
  return { fit, fidelity, yesNo };
}

function fidelityOf(
  model: Float64Array,
  surrogate: Float64Array,
  fitted: Float64Array,
  classes: number | null,
  random: RandomStreams,
): Fidelity {
  if (classes === null) return explainedVarianceOf(model, surrogate, random.fork('resampled').of(0));
  return agreementOf(model, surrogate, mostFrequent(fitted, classes));
}

function answersBy(inputs: Tensor, answer: (input: Float32Array) => number): Float64Array {
  return Float64Array.from({ length: rowsOf(inputs) }, (_, i) => answer(row(inputs, i)));
}

function columnsOfRows(inputs: Tensor): Float64Array[] {
  const width = row(inputs, 0).length;
  return Array.from({ length: width }, (_, j) =>
    Float64Array.from({ length: rowsOf(inputs) }, (_, i) => row(inputs, i)[j] ?? NaN),
  );
}
