import type { ExplanationRecord, RecordedDecision, RecordedExplainer } from '#report/explanation';
import { counted, epsilonUnits, formatPercent, formatRate } from '../../format.js';
import { wordsOf } from '../language/languages.js';
import { Numbers, type FigureContext } from './context.js';
import { agreementView, removalView } from './explain-comparison.js';
import { panelView } from './explain-panels.js';
import { ExplanationPage } from './explain-schema.js';
import type { DataTable } from './figure-schema.js';
import { picturesOf } from './pictures.js';
import { colophonOf, printable, provenanceOf } from './explain-provenance.js';
import type { Fact } from './schema.js';
import { dataTable } from './tables.js';
import { validatedAs } from './validate.js';
import { codeFact, fact } from './words.js';
import { Writer } from './writer.js';

/** The page of an explanation, in English. */
export function explanationView(
  record: ExplanationRecord,
  decision: RecordedDecision,
  readFile: (path: string) => Uint8Array | null,
): ExplanationPage {
  const context = contextOf(record, decision, readFile);
  const { write } = context;
  const { explainers, prediction, sample } = decision;
  const attributed = explainers.filter(({ attribution }) => attribution !== null);
  const failed = explainers.filter(({ status }) => status === 'error');
  const others = explainers.filter((each) => each.status === 'explained' && each.attribution === null);
  const name = write.name(record.target.name);
  const isPicture = sample.picture !== null;
  // Tables are numbered in the order in which they are made.
  const input = inputView(decision, context);
  const panels = [...attributed, ...failed].map((explainer) => panelView(explainer, decision, context));
  const page: ExplanationPage = {
    title: `Why ${name} says ${write.name(prediction.label)} · Assay explanation`,
    digest: /^[0-9a-f]{12}/.exec(record.target.digest)?.[0] ?? '',
    contents: contentsOf(others.length > 0),
    heading: `Why ${name} says ${write.name(prediction.label)}`,
    lead: leadOf(decision, attributed, failed, context),
    facts: factsOf(record, decision, context),
    input,
    scale: scaleView(isPicture, attributed.length),
    panels: panels.map((panel) => ({ ...panel, figures: [] })),
    figures: panels.filter(({ figures }) => figures.length > 0).map(({ title, figures }) => ({ title, figures })),
    noPanels: attributed.length + failed.length === 0 ? 'No explainer that fits this model gives attributions.' : null,
    agreement: attributed.length < 2 ? null : agreementView(attributed, decision, context),
    noAgreement: attributed.length < 2 ? 'There are not two attributions that could agree.' : null,
    removal: removalView(attributed, decision, context),
    others: others.map((explainer) => panelView(explainer, decision, context)),
    absent: explainers
      .filter(({ status }) => status === 'not-applicable')
      .map(({ title, because }) => ({ what: write.english(title), because: write.sentence(because ?? '') })),
    provenance: provenanceOf(record, context),
    colophon: colophonOf(record, write),
  };
  return validatedAs(ExplanationPage, printable(page), 'explanation.html');
}

function contextOf(
  record: ExplanationRecord,
  { explainers, sample }: RecordedDecision,
  readFile: (path: string) => Uint8Array | null,
): FigureContext {
  const words = wordsOf('en');
  const units = epsilonUnits(record.target);
  // Every picture has its share of the page: the input, the maps, and those of details.
  const own = {
    kind: 'heat-maps' as const,
    ...{ title: '', chosen: '', scale: 1 },
    rows: explainers.map(() => ({ sample: 0, caption: '', input: null, map: sample.picture })),
  };
  const details = explainers.flatMap((each) => each.details);
  return {
    words,
    units,
    write: new Writer(words, units),
    pictures: picturesOf([{ details: [own, ...details] }], readFile, words.figures),
    numbers: new Numbers(words),
    samples: 'show',
  };
}

function contentsOf(hasOthers: boolean): ExplanationPage['contents'] {
  const entry = (href: string, label: string) => ({ href, label, findings: [], more: null });
  return [
    entry('#verdict', 'The decision'),
    entry('#input', 'The input'),
    entry('#attributions', 'What the score owes to what'),
    entry('#agreement', 'Do they agree?'),
    entry('#removal', 'Does the model bear them out?'),
    ...(hasOthers ? [entry('#others', 'Other explanations')] : []),
    entry('#absent', 'Not applicable'),
    entry('#provenance', 'How to repeat it'),
  ];
}

function leadOf(
  { prediction, sample, score }: RecordedDecision,
  attributed: readonly RecordedExplainer[],
  failed: readonly RecordedExplainer[],
  { write }: FigureContext,
): string {
  const sure = prediction.probability === null ? '' : ` with ${formatPercent(prediction.probability)}`;
  const truth =
    sample.truth === null
      ? 'its truth is not known'
      : sample.truth === prediction.label
        ? 'that is right'
        : `the truth is ${write.name(sample.truth)}`;
  const explanations = attributed.filter(({ role }) => role === 'explanation').length;
  const controls = attributed.length - explanations;
  const errors = failed.length === 0 ? '' : ` ${failed.length} ended in an error.`;
  const sentence = `The model says ${write.name(prediction.label)}${sure} of ${write.name(sample.name)}; ${truth}.`;
  return `${sentence} Explained is the score of ${write.name(score.label)}, ${write.number(score.value)}, by ${counted(explanations, 'attribution')} beside ${counted(controls, 'control')}.${errors}`;
}

function factsOf(
  record: ExplanationRecord,
  { sample, prediction, score }: RecordedDecision,
  { write }: FigureContext,
): Fact[] {
  const sure = prediction.probability === null ? '' : ` (${formatPercent(prediction.probability)})`;
  return [
    codeFact('Model sha256', record.target.digest.slice(0, 12)),
    fact('Sample', write.name(sample.name)),
    fact('Prediction', `${write.name(prediction.label)}${sure}`),
    fact('Truth', sample.truth === null ? 'not known' : write.name(sample.truth)),
    fact('Explained score', `${write.name(score.label)}: ${write.number(score.value)}`),
  ];
}

function inputView({ sample, scores, score }: RecordedDecision, context: FigureContext): ExplanationPage['input'] {
  const { pictures, write } = context;
  const text = `The input, ${write.name(sample.name)}`;
  const columns = [
    { label: 'Score of', numeric: false },
    { label: 'Score', numeric: true },
    { label: 'Probability (%)', numeric: true },
  ];
  const table = dataTable(
    context,
    { title: 'The highest scores, and the one that is explained.', empty: 'The model gives no scores.' },
    columns,
    scores,
    (each) => [
      write.english(each.index === score.index ? `${each.label} (explained)` : each.label),
      write.number(each.value),
      each.probability === null ? null : formatRate(each.probability),
    ],
  );
  return {
    image: sample.picture === null ? null : pictures.image(sample.picture, text, 'mean'),
    tokens: sample.tokens === null ? null : [...sample.tokens],
    scores: table,
    columns: sample.columns === null ? null : rowTable(sample.columns, context),
  };
}

function rowTable(columns: NonNullable<RecordedDecision['sample']['columns']>, context: FigureContext): DataTable {
  return dataTable(
    context,
    { title: 'The row, in the units of the data.', empty: 'The row has no columns.' },
    [
      { label: 'Column', numeric: false },
      { label: 'Value', numeric: true },
    ],
    columns,
    ({ name, value }) => [context.write.english(name), context.write.english(value)],
  );
}

function scaleView(isPicture: boolean, attributed: number): ExplanationPage['scale'] {
  if (attributed === 0) return { legend: null, sentences: [] };
  const each =
    'Values of different methods have different units, so each is drawn on the scale of its own largest absolute value, which stands below it as its full scale: colours and lengths can be compared within a method, not between methods.';
  const signs = isPicture
    ? 'Orange raises the explained score, blue and hatched lowers it; of methods without a sign all is orange. The channels of a pixel are added up, and the value of a region is spread evenly over its pixels.'
    : 'Orange, to the right, raises the explained score; blue, to the left, lowers it; of methods without a sign all is orange.';
  return {
    legend: isPicture
      ? {
          id: 'scale',
          lang: null,
          unit: 'Share of the largest absolute value',
          summary: 'From blue and hatched, minus the largest absolute value, through white, nothing, to orange.',
          scale: 1,
          words: { negative: 'lowers the score', positive: 'raises it' },
        }
      : null,
    sentences: [each, signs],
  };
}
