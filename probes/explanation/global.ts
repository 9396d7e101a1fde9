import { row, rowsOf, sizeOf, type Tensor } from '#base/tensor';
import type { Features } from '#plugin/explainer';
import type { Detail } from '#report/details';
import type { RandomStreams } from '#stats/random';
import { leavesOf } from '#stats/tree/tree';
import type { TabularDomain } from '#target/domain';
import { isCorrect, labelRow, type Labels } from '#target/head';
import { sampleLoss } from '#target/losses';
import type { SampleSource } from '#target/sample-source';
import { columnsOf } from '#target/table-domain';
import type { Samples, Target } from '#target/target';
import { accumulatedDetail, dependenceDetail } from './describing/effects.js';
import { drawnRows } from './describing/rows.js';
import { describedScore, labelOf } from './describing/score.js';
import { fidelityWords, rulesTable, termsTable } from './describing/surrogate-words.js';
import { linearSurrogate, surrogateData, treeSurrogate } from './describing/surrogates.js';
import { columnFeatures } from './features/columns.js';
import { gridRegions } from './features/regions.js';
import { pictureShape, regionFeatures } from './features/picture.js';
import { permutationImportance, type PermutationImportance, type RowLosses } from './methods/global/importance.js';
import { evidenceFor } from './methods/global/quantity.js';

export interface GlobalContext {
  readonly target: Target;
  /** Real inputs with their truth. */
  readonly background: SampleSource;
  readonly random: RandomStreams;
  /** Done and total, in any unit. */
  progress(done: number, total: number): void;
}

export interface GlobalOptions {
  /** Real rows, at most. */
  readonly rows: number;
  /** Exchanges of each feature. */
  readonly repeats: number;
  /** Columns whose effects are shown. */
  readonly columns: number;
  readonly points: number;
  readonly lines: number;
  readonly leaves: number;
  readonly rowsInLeaf: number;
  readonly terms: number;
}

const DEFAULTS: GlobalOptions = {
  ...{ rows: 500, repeats: 5, columns: 6, points: 20, lines: 30 },
  ...{ leaves: 32, rowsInLeaf: 5, terms: 10 },
};

/** Cells of a picture that are exchanged between pictures. */
const CELLS = 49;
const NORMAL_97_5 = 1.959964;

/**
 * A whole model in a few pictures: what its accuracy and loss owe to each feature, and of tables the effects of the columns
 * that matter most and two surrogates with their fidelity on rows that they have not seen. Of texts nothing: an exchange of
 * places between texts leaves no text.
 *
 * @throws AssayError `data` where there are too few rows
 */
export function globalExplanations(context: GlobalContext): Promise<readonly Detail[]> {
  return describeModel(context.target, context.background, DEFAULTS, context.random, (done, total) =>
    context.progress(done, total),
  );
}

/** See {@link globalExplanations}. */
export async function describeModel(
  target: Target,
  source: SampleSource,
  options: GlobalOptions,
  random: RandomStreams,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<readonly Detail[]> {
  const { domain, head } = target;
  if (domain.kind === 'text' || head.kind === 'ranking' || head.kind === 'sequence') return [];
  const samples = await drawnRows(source, options.rows, random);
  const features = featuresOf(target);
  const importance = (losses: RowLosses) =>
    permutationImportance(target, samples.inputs, losses, features, options.repeats, random.fork('importance'));
  const byLoss = await importance(lossesOf(target, samples.labels));
  progress(1, 4);
  const details = [importanceBars(features, byLoss, head.kind === 'regression' ? 'squared error' : 'loss')];
  if (head.kind !== 'regression') {
    const byErrors = await importance(errorsOf(target, samples.labels));
    details.push(importanceBars(features, byErrors, 'error rate'));
  }
  progress(2, 4);
  if (domain.kind !== 'tabular') return details;
  const score = await describedScore(target, samples.inputs);
  details.push(...(await effectsOf(target, domain, samples, score, byLoss, options)));
  progress(3, 4);
  details.push(...(await surrogatesOf(target, domain, samples.inputs, score, options, random.fork('surrogates'))));
  progress(4, 4);
  return details;
}

function featuresOf({ domain }: Target): Features {
  if (domain.kind === 'tabular') return columnFeatures(domain);
  if (domain.kind === 'image') {
    const { height, width } = pictureShape(domain);
    const cells = gridRegions(height, width, CELLS);
    return regionFeatures(domain, cells.of, cells.count);
  }
  const of = Int32Array.from({ length: sizeOf(domain.shape) }, (_, i) => i);
  return { names: Array.from(of, (i) => `position ${i}`), of };
}

function lossesOf({ head }: Target, labels: Labels): RowLosses {
  const loss = { kind: 'cross-entropy', labels: labels.values } as const;
  return (scores) =>
    Float64Array.from({ length: rowsOf(scores) }, (_, i) => sampleLoss(head, loss, i, row(scores, i)).value);
}

function errorsOf({ head }: Target, labels: Labels): RowLosses {
  return (scores) =>
    Float64Array.from({ length: rowsOf(scores) }, (_, i) =>
      Number(!isCorrect(head, row(scores, i), labelRow(labels, i))),
    );
}

function importanceBars(
  { names }: Features,
  { loss, rises, standardErrors }: PermutationImportance,
  what: string,
): Detail {
  const order = [...names.keys()].sort((a, b) => (rises[b] ?? NaN) - (rises[a] ?? NaN));
  return {
    kind: 'bars',
    title: `Permutation importance by the ${what}`,
    description:
      `How much the ${what}, ${Number(loss.toPrecision(3))} as it is, rises when a feature is exchanged between rows, with 95 % intervals. ` +
      'Features that stand in for each other can all seem unimportant.',
    x: { label: `rise of the ${what}`, format: what === 'error rate' ? 'rate' : 'number' },
    rows: order.map((feature) => {
      const [value, error] = [rises[feature] ?? NaN, NORMAL_97_5 * (standardErrors[feature] ?? NaN)];
      return { name: names[feature] ?? '', value, low: value - error, high: value + error };
    }),
    reference: { x: 0, label: 'no use to the model' },
  };
}

async function effectsOf(
  target: Target,
  domain: TabularDomain,
  { inputs, indices }: Samples,
  score: number,
  { rises }: PermutationImportance,
  options: GlobalOptions,
): Promise<Detail[]> {
  const columns = columnsOf(domain);
  const order = [...columns.keys()].sort((a, b) => (rises[b] ?? NaN) - (rises[a] ?? NaN));
  const quantity = evidenceFor(target.head, score);
  const label = `${target.head.kind === 'classes' ? 'log-odds' : 'score'} of ${labelOf(target, score)}`;
  const details: Detail[] = [];
  for (const column of order.slice(0, options.columns).flatMap((k) => columns[k] ?? [])) {
    const question = { model: target, column, inputs, indices, quantity, label };
    details.push(await dependenceDetail(question, { ...options, centred: false }));
    const accumulated = await accumulatedDetail(question, { ...options, centred: false });
    if (accumulated !== null) details.push(accumulated);
  }
  return details;
}

async function surrogatesOf(
  target: Target,
  domain: TabularDomain,
  inputs: Tensor,
  score: number,
  options: GlobalOptions,
  random: RandomStreams,
): Promise<Detail[]> {
  const data = await surrogateData(target, inputs, score, random);
  const grown = treeSurrogate(data, options, random.fork('tree'));
  const linear = linearSurrogate(data, score, options, random.fork('linear'));
  const label = labelOf(target, score);
  return [
    withNote(
      rulesTable(domain, grown.tree, data.answers),
      fidelityWords(`A tree of ${leavesOf(grown.tree)} leaves`, grown.fidelity),
    ),
    withNote(
      termsTable(domain, linear, label),
      fidelityWords(`A linear function of ${linear.fit.terms} terms`, linear.fidelity),
    ),
  ];
}

/** The fidelity before the note of a table: nobody should read rules without it. */
function withNote(detail: Detail, sentence: string): Detail {
  return detail.kind === 'table' ? { ...detail, note: [sentence, detail.note ?? ''].join(' ').trim() } : detail;
}
