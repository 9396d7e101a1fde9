import { writeNpy } from '#data/write-npy';
import type { Attribution, Explainer } from '#plugin/explainer';
import type { ModelExplainer } from '#plugin/model-explainer';
import type { RecordedAttribution, RecordedExplainer, RecordedScore } from '#report/explanation';
import type { Domain } from '#target/domain';
import { scoreWidth, type Head } from '#target/head';
import { mapPicture, placeFile, type Files } from './drawings.js';
import { onGround, type Ground } from './ground.js';
import type { Outcome } from './run.js';
import type { Scheduled } from './schedule.js';

/** Features that a record names: those with the largest absolute values. */
const TOP = 10;
/** Scores that a record names. */
const SCORES = 5;

export interface Shown {
  readonly domain: Domain;
  readonly ground: Ground;
  readonly files: Files;
}

/** What came of an explainer, with its arrays and its map as files. */
export function recordedExplainer(
  { explainer, options, because }: Scheduled,
  outcome: Outcome | undefined,
  shown: Shown,
): RecordedExplainer {
  const recorded = recordedFacts({ ...explainer, options, because }, outcome);
  if (outcome?.kind !== 'explained' || outcome.attribution === null) return recorded;
  return { ...recorded, attribution: recordedAttribution(explainer.id, outcome.attribution, shown) };
}

/** The same of a model as a whole. */
export function recordedModelExplainer(
  { explainer, options, because }: Scheduled<ModelExplainer>,
  outcome: Outcome | undefined,
): RecordedExplainer {
  return recordedFacts({ ...explainer, role: 'explanation', options, because }, outcome);
}

type Facts = Pick<RecordedExplainer, 'id' | 'title' | 'description' | 'role' | 'options' | 'because'> &
  Pick<Explainer, 'sources'>;

function recordedFacts(
  { id, title, description, sources, role, options, because }: Facts,
  outcome: Outcome | undefined,
): RecordedExplainer {
  const facts = { id, title, description, sources: [...sources], role, options };
  const nothing = { attribution: null, details: [], statements: [] };
  if (because !== null) return { ...facts, ...nothing, status: 'not-applicable', because };
  if (outcome === undefined) return { ...facts, ...nothing, status: 'error', because: 'It was not run.' };
  if (outcome.kind !== 'explained') {
    const status = outcome.kind === 'unfit' ? 'not-applicable' : 'error';
    return { ...facts, ...nothing, status, because: outcome.sentence };
  }
  const { details, statements } = outcome;
  const found = { attribution: null, details: [...details], statements: [...statements] };
  return { ...facts, ...found, status: 'explained', because: null };
}

function recordedAttribution(
  id: string,
  attribution: Attribution,
  { domain, ground, files }: Shown,
): RecordedAttribution {
  const { values, standardErrors, features, completeness } = attribution;
  const shown = onGround(attribution, ground);
  const mapLargest = largestOf(shown);
  const array = (name: string, data: Float64Array | Int32Array) =>
    placeFile(files, `attributions/${name}.npy`, writeNpy([data.length], data));
  return {
    values: array(id, values),
    standardErrors: standardErrors === undefined ? null : array(`${id}.standard-errors`, standardErrors),
    of: features === undefined ? null : array(`${id}.features`, features.of),
    features: values.length,
    largest: largestOf(values),
    sum: values.reduce((sum, value) => sum + value, 0),
    completeness: completeness ?? null,
    top: topOf(attribution, shown, ground),
    tokens: domain.kind === 'text' ? [...shown] : null,
    map: domain.kind === 'image' ? mapPicture(domain, shown, mapLargest, id, files) : null,
    mapLargest: domain.kind === 'image' ? mapLargest : null,
  };
}

/** By its own features where it has few, as they have standard errors; else by those of the page. */
function topOf(attribution: Attribution, shown: Float64Array, ground: Ground): RecordedAttribution['top'] {
  const { features, values, standardErrors } = attribution;
  const own = features !== undefined && features.names.length <= ground.names.length;
  const isEach = features === undefined && values.length === ground.names.length;
  const [names, sizes] = own ? [features.names, values] : [ground.names, shown];
  const errors = own || isEach ? standardErrors : undefined;
  return Array.from(sizes, (value, i) => ({
    name: names[i] ?? String(i),
    value,
    standardError: errors?.[i] ?? null,
  }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, TOP)
    .filter(({ value }) => value !== 0);
}

/** The highest scores, and the explained one wherever it stands. */
export function recordedScores(
  head: Head,
  labels: readonly string[] | null,
  scores: Float32Array,
  explained: number,
): { readonly score: RecordedScore; readonly scores: RecordedScore[] } {
  const all = Array.from(scores, (value, index) => ({
    index,
    label: labelOf(head, labels, index),
    value,
    probability: probabilityOf(head, scores, index),
  }));
  const score = all[explained] ?? { index: explained, label: String(explained), value: NaN, probability: null };
  const highest = all.toSorted((a, b) => b.value - a.value).slice(0, SCORES);
  return { score, scores: highest.includes(score) || all.length === 0 ? highest : [...highest, score] };
}

/** Of the one score of a binary head the label that it speaks for. */
function labelOf(head: Head, labels: readonly string[] | null, index: number): string {
  if (head.kind === 'binary') return labels?.[1] ?? '1';
  return (scoreWidth(head) > 1 || head.kind === 'classes' ? labels?.[index] : undefined) ?? String(index);
}

function probabilityOf(head: Head, scores: Float32Array, index: number): number | null {
  const score = scores[index] ?? NaN;
  if (head.kind === 'binary' || head.kind === 'multi-label') return 1 / (1 + Math.exp(-score));
  if (head.kind !== 'classes') return null;
  let [most, sum] = [-Infinity, 0];
  for (const each of scores) most = Math.max(most, each);
  for (const each of scores) sum += Math.exp(each - most);
  return Math.exp(score - most) / sum;
}

function largestOf(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
