import type { RecordedAttribution, RecordedDecision, RecordedExplainer } from '#report/explanation';
import { canonicalJson } from '#base/json';
import type { FigureContext } from './context.js';
import type { PanelView } from './explain-schema.js';
import { figureOf } from './figures.js';

/** Characters of a token that are printed. */
const TOKEN_LENGTH = 60;

/** What one explainer says of the sample. */
export function panelView(explainer: RecordedExplainer, decision: RecordedDecision, context: FigureContext): PanelView {
  const { id, title, attribution } = explainer;
  return {
    ...modelPanelView(explainer, context),
    map: attribution?.map == null ? null : mapOf(attribution, id, title, context),
    tokens: attribution?.tokens == null ? null : tokensOf(attribution.tokens, decision.sample.tokens ?? [], context),
    bars: attribution === null ? null : barsOf(attribution, context),
    facts: attribution === null ? [] : factsOf(id, attribution, decision, context),
  };
}

/** The same of a model as a whole, in which nothing is attributed. */
export function modelPanelView(explainer: RecordedExplainer, context: FigureContext): PanelView {
  const { write } = context;
  const { id, title, description, sources, statements, details, options, because, role } = explainer;
  return {
    id: `explainer-${id}`,
    title: write.english(title),
    mark: markOf(explainer),
    error: because === null ? null : write.sentence(because),
    ...{ map: null, tokens: null, bars: null, facts: [] },
    statements: [
      ...(role === 'control' ? [write.own('A control: it is known not to show what this model has learned.')] : []),
      ...statements.map((statement) => write.sentence(statement)),
    ],
    description: write.sentence(description),
    sources: sources.map((source) => write.sentence(source)),
    options: optionsInWords(options),
    figures: details.map((detail) => figureOf(detail, context)),
  };
}

function markOf({ role, status }: RecordedExplainer): PanelView['mark'] {
  if (status === 'error') return { word: 'error', shape: '!', tone: 'failed' };
  return role === 'control' ? { word: 'control', shape: '○', tone: 'muted' } : null;
}

/** Its colours are on the scale of its own largest value. */
function mapOf(
  { map, mapLargest }: RecordedAttribution,
  id: string,
  title: string,
  { pictures, write }: FigureContext,
): PanelView['map'] {
  const largest = write.number(mapLargest ?? NaN);
  const text = `Map of ${write.name(title)}; full colour is ${largest}. The pixels with the largest values are in the list below.`;
  return pictures.map(map, text, `map-${id}`, 1);
}

function tokensOf(values: readonly number[], tokens: readonly string[], { write }: FigureContext): PanelView['tokens'] {
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return values.map((value, i) => ({
    text: (tokens[i] ?? '').slice(0, TOKEN_LENGTH),
    value: write.number(value),
    shade: shade(value, most),
  }));
}

/** Four steps of the largest value, and none for what is below a fiftieth of it. */
function shade(value: number, most: number): string {
  const share = most === 0 ? 0 : Math.abs(value) / most;
  return share < 0.02 ? 'none' : `${value > 0 ? 'positive' : 'negative'}-${Math.ceil(4 * share)}`;
}

function barsOf({ top, map }: RecordedAttribution, { write }: FigureContext): PanelView['bars'] {
  const most = top.reduce((largest, { value }) => Math.max(largest, Math.abs(value)), 0);
  return {
    label: 'The largest values',
    behind: map !== null,
    rows: top.map(({ name, value, standardError }) => ({
      name: write.english(name),
      value: write.number(value),
      error: standardError === null ? null : `± ${write.number(standardError)}`,
      share: most === 0 ? 0 : value / most,
    })),
  };
}

function factsOf(
  id: string,
  attribution: RecordedAttribution,
  { explainers, agreement, removal }: RecordedDecision,
  { write }: FigureContext,
): PanelView['facts'] {
  const { completeness, features, mapLargest, top } = attribution;
  const errors = top.flatMap(({ standardError }) => standardError ?? []);
  const curves = removal?.explained.find((each) => each.id === id);
  const controls = new Set(explainers.filter(({ role }) => role === 'control').map((each) => each.id));
  return [
    { term: 'Full scale', value: write.number(mapLargest ?? Math.abs(top[0]?.value ?? 0)) },
    ...(completeness === null
      ? []
      : [
          {
            term: 'Adds up to',
            value: `${write.number(completeness.difference)}, off by ${write.number(completeness.residual)}`,
          },
        ]),
    ...(errors.length === 0 ? [] : [{ term: 'Largest standard error', value: write.number(Math.max(...errors)) }]),
    { term: 'Features', value: String(features) },
    ...medianAgreement(id, agreement, controls, write.number.bind(write)),
    ...(curves === undefined || removal === null
      ? []
      : [
          {
            term: 'Beats random',
            value: `${curves.deletion.beats} (deletion), ${curves.insertion.beats} (insertion) of ${removal.orders}`,
          },
        ]),
  ];
}

/** With the other explanations; controls are no measure. */
function medianAgreement(
  id: string,
  pairs: RecordedDecision['agreement'],
  controls: ReadonlySet<string>,
  number: (value: number) => string,
): PanelView['facts'] {
  const values = pairs
    .filter(({ a, b }) => (a === id && !controls.has(b)) || (b === id && !controls.has(a)))
    .flatMap(({ spearman }) => spearman ?? [])
    .sort((a, b) => a - b);
  if (values.length === 0) return [];
  const [low = NaN, high = NaN] = [values[(values.length - 1) >> 1], values[values.length >> 1]];
  return [{ term: 'Median rank correlation', value: number((low + high) / 2) }];
}

function optionsInWords(options: RecordedExplainer['options']): string {
  const entries = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, value]) => `${key}: ${canonicalJson(value ?? null)}`).join(', ');
}
