import { AssayError } from '#base/errors';
import { foldsOf } from '#stats/cross-validation';
import { clopperPearson, type Interval } from '#stats/intervals';
import type { Rng } from '#stats/random';
import { answerOf, growTree } from '#stats/tree/tree';
import type { EncodedColumn, EncodedTable } from '../contract.js';
import { trainingColumns } from './features.js';

/** Of records that were not trained on. */
export interface Accuracy {
  readonly correct: number;
  readonly n: number;
  /** 95 %, Clopper and Pearson. */
  readonly interval: Interval;
}

/** How well a classifier predicts a column after it was trained on the table as it was, and as it is protected. */
export interface ClassifierUtility {
  /** The column that is predicted. */
  readonly label: string;
  /** What is predicted from: the quasi-identifiers and the insensitive columns, in the order of the table. */
  readonly features: readonly string[];
  readonly folds: number;
  readonly original: Accuracy;
  readonly released: Accuracy;
  /** Of saying the most frequent label of the records that were trained on: what an unusable table still allows. */
  readonly baseline: Accuracy;
}

export interface ClassifierOptions {
  readonly label: string;
  /** Default 10; at most the records with a label. */
  readonly folds?: number;
  /** Orders the records for the folds: the same for both tables, so that they differ in their values alone. */
  readonly source: Rng;
}

/** Of a tree: enough for Adult's accuracy to level off, small enough not to learn single records. */
const TREE = { maximumLeaves: 64, minimumRows: 10 };

/**
 * Accuracy of a classification tree (Breiman et al. 1984) by cross-validation, as Iyengar 2002 and LeFevre et al. 2006 measure
 * what a protected table is good for. The labels are the original ones. Records without a label are left out.
 *
 * @param released with exact values, as `representativeTable` has them, suppressed records among them
 * @throws AssayError `data` where the table lacks the column, or it has fewer than two records with a label
 */
export function classifierUtility(
  table: EncodedTable,
  released: EncodedTable,
  { label, folds = 10, source }: ClassifierOptions,
): ClassifierUtility {
  const labels = labelColumn(table, label);
  const rows = Int32Array.from(labels.codes, (_, row) => row).filter((row) => labels.codes[row] !== 0);
  if (rows.length < 2) {
    throw new AssayError('data', {
      where: label,
      what: `a classifier needs at least two records with a label, and there are ${rows.length}`,
      mend: 'Name a column that has values.',
    });
  }
  const isFeature = ({ name, role }: EncodedColumn) =>
    name !== label && (role === 'quasi-identifier' || role === 'insensitive');
  const answers = Float64Array.from(rows, (row) => (labels.codes[row] ?? 0) - 1);
  const classes = labels.dictionary.length - 1;
  const foldCount = Math.min(folds, rows.length);
  const fold = foldsOf(rows.length, foldCount, source);
  const accuracyOn = (columns: readonly EncodedColumn[]) =>
    crossValidated({
      columns: columns.map(({ codes, ...facts }) => ({ ...facts, codes: pick(codes, rows) })),
      answers,
      classes,
      fold,
    });
  const features = table.columns.filter(isFeature);
  const original = accuracyOn(features);
  return {
    ...{ label, features: features.map(({ name }) => name), folds: foldCount },
    original: original.tree,
    released: accuracyOn(released.columns.filter(isFeature)).tree,
    baseline: original.baseline,
  };
}

/** `correct` of `n`, with its interval. */
export function accuracyOf(correct: number, n: number): Accuracy {
  return { correct, n, interval: clopperPearson(correct, n) };
}

interface Learning {
  readonly columns: readonly EncodedColumn[];
  readonly answers: Float64Array;
  readonly classes: number;
  readonly fold: Int32Array;
}

function crossValidated({ columns, answers, classes, fold }: Learning): {
  readonly tree: Accuracy;
  readonly baseline: Accuracy;
} {
  let [byTree, byBaseline] = [0, 0];
  for (const out of new Set(fold)) {
    const seen = Int32Array.from(fold, (_, i) => i).filter((i) => fold[i] !== out);
    const values = trainingColumns(columns, answers, seen);
    const learned = { values: values.map((column) => pick(column, seen)), answers: pick(answers, seen), classes };
    const tree = growTree(learned, TREE);
    for (let i = 0; i < fold.length; i++) {
      if (fold[i] !== out) continue;
      const input = values.map((column) => column[i] ?? NaN);
      byTree += Number(answerOf(tree, input) === answers[i]);
      // The root's answer is the most frequent label.
      byBaseline += Number(tree.answer === answers[i]);
    }
  }
  return { tree: accuracyOf(byTree, fold.length), baseline: accuracyOf(byBaseline, fold.length) };
}

/** The column of the true labels. @throws AssayError `data` where the table lacks it */
export function labelColumn({ columns }: EncodedTable, label: string): EncodedColumn {
  const column = columns.find(({ name }) => name === label);
  if (column !== undefined) return column;
  throw new AssayError('data', {
    where: label,
    what: 'the table has no such column to predict',
    mend: `Name one of ${columns.map(({ name }) => name).join(', ')}.`,
  });
}

function pick<T extends Int32Array | Float64Array>(values: T, rows: Int32Array): T {
  const picked = values.slice(0, rows.length) as T;
  rows.forEach((row, i) => (picked[i] = values[row] ?? NaN));
  return picked;
}
