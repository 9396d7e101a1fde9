import { AssayError } from '#base/errors';
import { counted, grouped, percent } from '#base/format';
import type { PredictLabels, Utility } from '#plugin/anonymizing';
import type { Rng } from '#stats/random';
import type { EncodedTable, Release } from '../contract.js';
import { classifierUtility, labelColumn, type Accuracy } from '../utility/classifier.js';
import { modelUtility, predictedLabels } from '../utility/model-accuracy.js';
import { representativeTable } from '../utility/representatives.js';
import type { CompleteOptions } from './options.js';

/** What is compared: the records as they were, and as they are behind perturbation and algorithm. */
export interface Compared {
  readonly original: EncodedTable;
  readonly perturbed: EncodedTable;
  readonly release: Release;
  /** What the audited model says of the original; null where it was not asked. */
  readonly said: readonly string[] | null;
  readonly predict: PredictLabels | null;
  readonly source: Rng;
}

/** What the table is still good for: a classifier that learns from it, and the audited model on it. */
export async function accuracyRows(
  { label, folds }: NonNullable<CompleteOptions['accuracy']>,
  compared: Compared,
): Promise<Utility[]> {
  const { original, perturbed, release, said, predict, source } = compared;
  const released = representativeTable(perturbed, release);
  const tree = classifierUtility(original, released, { label, folds, source });
  const row = (id: string, name: string, before: Accuracy, after: Accuracy | null, note: string): Utility => ({
    ...{ id, label: name, format: 'rate', better: 'high', note },
    before: shareOf(before),
    after: after === null ? null : shareOf(after),
  });
  const learned = row(
    'classifier-accuracy',
    `Accuracy of a tree that learns ${label}`,
    tree.original,
    tree.released,
    `${tree.folds}-fold cross-validation of ${counted(tree.original.n, 'record')}; ${intervals(tree.original, tree.released)}. ` +
      `To say the most frequent label alone is right for ${percent(shareOf(tree.baseline))}.`,
  );
  if (said === null || predict === null) return [learned];
  const truth = labelColumn(original, label);
  const answered = await answersOf(released, compared, label, predict);
  const name = 'Accuracy of the audited model';
  if (!Array.isArray(answered)) {
    return [learned, row('model-accuracy', name, modelUtility(truth, said, said).original, null, answered.because)];
  }
  const model = modelUtility(truth, said, answered);
  const agreed = `It says the same of ${grouped(model.agreed)} of ${counted(model.original.n, 'record')}`;
  return [
    learned,
    row(
      'model-accuracy',
      name,
      model.original,
      model.released,
      `${agreed}; ${intervals(model.original, model.released)}. A range is handed to it as the value nearest to its middle, a set as its most frequent value.`,
    ),
  ];
}

type Answered = readonly string[] & unknown[];

/** Protected values may be none that the model takes: then there is no number, and the reason stands in its place. */
async function answersOf(
  released: EncodedTable,
  { original }: Compared,
  label: string,
  predict: PredictLabels,
): Promise<Answered | { readonly because: string }> {
  try {
    return [...(await predictedLabels(released, labelColumn(original, label), predict))];
  } catch (thrown) {
    if (!(thrown instanceof AssayError) || thrown.code !== 'data') throw thrown;
    return { because: `It cannot be asked of the protected table: ${thrown.what}.` };
  }
}

function shareOf({ correct, n }: Accuracy): number {
  return n === 0 ? 0 : correct / n;
}

function intervals(before: Accuracy, after: Accuracy): string {
  const inPrint = ({ interval: { low, high } }: Accuracy) => `${percent(low)} to ${percent(high)}`;
  return `95 % intervals ${inPrint(before)} and ${inPrint(after)}`;
}
