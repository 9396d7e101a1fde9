import { foldsOf, leastWithinOneError } from '#stats/cross-validation';
import type { Rng } from '#stats/random';
import type { TreeData } from '#stats/tree/split';
import { answerOf, growTree, topOf, type Tree, type TreeOptions } from '#stats/tree/tree';

/** A tree with as many leaves as cross-validation asks for, by the rule of one standard error; at most those of the options. */
export function chosenTree(data: TreeData, options: TreeOptions, folds: number, source: Rng): Tree {
  const rows = data.answers.length;
  const fold = foldsOf(rows, Math.min(folds, rows), source);
  const errors = Array.from({ length: rows }, () => new Float64Array(options.maximumLeaves));
  for (const out of new Set(fold)) {
    const tree = growTree(without(data, fold, out), options);
    for (let i = 0; i < rows; i++) {
      const own = errors[i];
      if (fold[i] === out && own !== undefined) fillErrors(own, data, tree, i);
    }
  }
  const leaves = leastWithinOneError(errors) + 1;
  return topOf(growTree(data, options), leaves);
}

/** The error of one row with 1, 2, ... leaves. */
function fillErrors(errors: Float64Array, { values, answers, classes }: TreeData, tree: Tree, row: number): void {
  const input = Float64Array.from(values, (column) => column[row] ?? NaN);
  const truth = answers[row] ?? NaN;
  for (let leaves = 1; leaves <= errors.length; leaves++) {
    const said = answerOf(tree, input, leaves);
    errors[leaves - 1] = classes === null ? (said - truth) ** 2 : Number(said !== truth);
  }
}

function without({ values, answers, classes }: TreeData, fold: Int32Array, out: number): TreeData {
  const seen = Array.from(fold, (own, i) => (own === out ? -1 : i)).filter((i) => i >= 0);
  return {
    values: values.map((column) => Float64Array.from(seen, (i) => column[i] ?? NaN)),
    answers: Float64Array.from(seen, (i) => answers[i] ?? NaN),
    classes,
  };
}
