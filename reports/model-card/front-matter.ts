import { shortDigest } from '#base/digest';
import { stringify } from 'yaml';
import type { DataCard, Report, TargetCard } from '#report/report';
import { clip, epsilonUnits, visible, type EpsilonUnits } from '../format.js';
import { measureCells } from '../measure.js';
import { modelMetrics, taskOf, type ModelMetric } from './metrics.js';
import { MOST_ROWS } from './tables.js';

/**
 * What Hugging Face reads of a model card: the metadata specification of `modelcard.md` in huggingface/hub-docs. Only
 * what the report says: no licence, no language, no base model.
 */

interface Metadata {
  readonly library_name?: string;
  readonly pipeline_tag?: string;
  readonly tags: readonly string[];
  readonly 'model-index'?: readonly [{ readonly name: string; readonly results: readonly Result[] }];
}

interface Result {
  readonly task: { readonly type: string; readonly name?: string };
  readonly dataset: { readonly name: string; readonly type: string; readonly split: string };
  readonly metrics: readonly Metric[];
}

interface Metric {
  readonly type: string;
  /** A text where the number needs an exponent, which readers of YAML 1.1 and 1.2 take for different things. */
  readonly value: number | string;
  readonly name: string;
  /** Self-reported, in the words of the specification: the service that verifies did not compute it. */
  readonly verified: false;
}

const TASK_NAMES: Readonly<Record<string, string>> = {
  'image-classification': 'Image classification',
  'tabular-classification': 'Tabular classification',
  'tabular-regression': 'Tabular regression',
  'text-classification': 'Text classification',
};

/** Libraries of the Hub by the format of the files; other formats are read by several. */
const LIBRARIES: Readonly<Record<string, string>> = { ONNX: 'onnx', 'Keras 3 (.keras)': 'keras' };

const NAME_LENGTH = 96;
const METRIC_LENGTH = 300;

/** Ends with its own fence and a line break. Every text stands in double quotes on one line: no name can end the block. */
export function frontMatter(report: Report): string {
  const block = stringify(metadata(report), {
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    lineWidth: 0,
  });
  return `---\n${block}---\n`;
}

function metadata(report: Report): Metadata {
  const { target } = report;
  const tags = ['assay', 'model-audit'];
  if (target === null) return { tags };
  const library = Object.hasOwn(LIBRARIES, target.format ?? '') ? LIBRARIES[target.format ?? ''] : undefined;
  const task = taskOf(target);
  const results = task === null ? [] : resultsOf(report, target, task);
  return {
    ...(library === undefined ? {} : { library_name: library }),
    ...(task === null ? {} : { pipeline_tag: task }),
    tags,
    ...(results.length === 0 ? {} : { 'model-index': [{ name: oneLine(target.name, NAME_LENGTH), results }] }),
  };
}

/** None without test data: the specification asks for the data set that a number was measured on. */
function resultsOf(report: Report, target: TargetCard, task: string): Result[] {
  const data = report.data.find(({ role }) => role === 'test');
  const units = epsilonUnits(target);
  const metrics = modelMetrics(report)
    .slice(0, MOST_ROWS)
    .map((metric) => metricOf(metric, units));
  if (data === undefined || metrics.length === 0) return [];
  const name = TASK_NAMES[task];
  return [{ task: { type: task, ...(name === undefined ? {} : { name }) }, dataset: datasetOf(data), metrics }];
}

/** The type is an id of the Hub's data sets, which the report does not know: one that is nobody's, by the digest. */
function datasetOf({ files, digest }: DataCard): Result['dataset'] {
  const names = oneLine(files.map(({ name }) => name).join(', '), NAME_LENGTH);
  return {
    name: names === '' ? 'Test data of the audit' : names,
    type: /^[0-9a-f]{64}$/.test(digest) ? `assay-test-data-${shortDigest(digest)}` : 'assay-test-data',
    split: 'test',
  };
}

function metricOf({ finding, measure, value }: ModelMetric, units: EpsilonUnits): Metric {
  const { interval, n } = measureCells(measure, units);
  const what = finding === null ? measure.label : `${measure.label}, ${finding.audit}`;
  const unit = measure.format === 'rate' ? ['fraction from 0 to 1'] : [];
  const reading = [
    ...unit,
    ...(interval === null ? [] : [`95 % interval ${interval}`]),
    ...(n === null ? [] : [`n ${n}`]),
  ].join('; ');
  const name = oneLine(what, METRIC_LENGTH);
  return {
    type: finding === null ? 'accuracy' : identifier(measure.id),
    value: String(value).includes('e') ? String(value) : value,
    name: reading === '' ? name : `${name} (${reading.replaceAll('\u00a0', ' ')})`,
    verified: false,
  };
}

/** Metric ids of the Hub are words; an id of a measure that is none tells a reader nothing. */
function identifier(id: string): string {
  return /^[\w@.:-]{1,96}$/.test(id) ? id : 'other';
}

/** Printable for every reader of YAML: no line break, no control, no code point that is no character. */
function oneLine(text: string, limit: number): string {
  const line = clip(text, limit).replace(/\s+/g, ' ').trim();
  return visible(line).replace(/\p{Noncharacter_Code_Point}/gu, '\ufffd');
}
