import type { DataCard, Report, TargetCard } from '#report/report';
import { limitsOf } from '../model-card/limits.js';
import { modelMetrics, taskOf, type ModelMetric } from '../model-card/metrics.js';
import { MOST_ROWS } from '../model-card/tables.js';
import type { Component, DataSet, ModelCard, PerformanceMetric, Property } from './cyclonedx.js';
import { hashes, named, sentence, unlessEmpty, versioned } from './text.js';

/** The model with its card, the data that it was audited on, and what executed it. */

export const MODEL = 'model';

export function dataReference(index: number): string {
  return `data-${index + 1}`;
}

export function modelComponent(report: Report, target: TargetCard): Component {
  return {
    type: 'machine-learning-model',
    'bom-ref': MODEL,
    name: named(target.name),
    version: versioned(target.digest),
    components: unlessEmpty(fileComponents(MODEL, target.files)),
    modelCard: modelCard(report, target),
  };
}

export function dataComponents(data: readonly DataCard[]): Component[] {
  return data.map((card, index) => {
    const reference = dataReference(index);
    return {
      type: 'data',
      'bom-ref': reference,
      name: named(`${card.role} data`),
      version: versioned(card.digest),
      scope: 'excluded',
      components: unlessEmpty(fileComponents(reference, card.files)),
      data: [dataSet(card)],
    };
  });
}

/** By name and version as the report has them; what they need of their own is not in it. */
export function engineComponents({ provenance: { versions } }: Report): Component[] {
  return Object.entries(versions)
    .filter(([name]) => name !== 'assay')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version], index) => ({
      type: name === 'node' ? 'platform' : 'library',
      'bom-ref': `engine-${index + 1}`,
      name: named(name),
      version: versioned(version),
      scope: 'excluded',
      description: 'Part of what executed the model in the audit.',
    }));
}

function fileComponents(owner: string, files: TargetCard['files']): Component[] {
  return files.map(({ name, sha256, bytes }, index) => ({
    type: 'file',
    'bom-ref': `${owner}-file-${index + 1}`,
    name: named(name),
    hashes: hashes(sha256),
    properties: [property('assay:bytes', String(bytes))],
  }));
}

function dataSet({ role, available, used, drawn, classes, columns, digest }: DataCard): DataSet {
  const sensitive = columns
    .filter((column) => ['identifier', 'quasi-identifier', 'sensitive'].includes(column.role))
    .map(({ name, role: kind }) => named(`Column ${name}: ${kind}`));
  return {
    type: 'dataset',
    name: named(`${role} data`),
    contents: {
      properties: [
        property('assay:digest', digest),
        property('assay:available', String(available)),
        property('assay:used', String(used)),
        property('assay:drawn', drawn),
        ...classes.slice(0, MOST_ROWS).map(({ label, count }) => property('assay:class', `${label}: ${count}`)),
        ...columns.slice(0, MOST_ROWS).map(({ name, role: kind }) => property('assay:column', `${name}: ${kind}`)),
      ],
    },
    sensitiveData: unlessEmpty(sensitive),
  };
}

function modelCard(report: Report, target: TargetCard): ModelCard {
  const metrics = modelMetrics(report).map(performanceMetric);
  const limits = limitsOf(report).flatMap(({ kind, sentences }) =>
    sentences.map((text) => sentence(`${kind}: ${text}`)),
  );
  const shown = limits.slice(0, MOST_ROWS);
  const left = limits.length - shown.length;
  if (left > 0) shown.push(`And ${left} more in report.json.`);
  return {
    modelParameters: {
      task: taskOf(target) ?? undefined,
      datasets: unlessEmpty(report.data.map((_, index) => ({ ref: dataReference(index) }))),
      inputs: [{ format: valueFormat(target.domain.kind, target.input) }],
      outputs: [{ format: valueFormat(`${target.head.kind}, ${target.head.scale}`, target.output) }],
    },
    quantitativeAnalysis: metrics.length === 0 ? undefined : { performanceMetrics: metrics },
    considerations: shown.length === 0 ? undefined : { technicalLimitations: shown },
    properties: modelProperties(target),
  };
}

/** Rates as fractions from 0 to 1, which the type says. */
function performanceMetric({ finding, measure, value }: ModelMetric): PerformanceMetric {
  const { label, format, n, interval } = measure;
  const slice = [finding?.audit ?? 'clean data', ...(n === null ? [] : [`n ${n}`])].join(', ');
  return {
    type: named(format === 'rate' ? `${label} (fraction from 0 to 1)` : label),
    value: String(value),
    slice: named(interval === null ? slice : `${slice}, 95 % interval by ${interval.method}`),
    confidenceInterval:
      interval === null ? undefined : { lowerBound: String(interval.low), upperBound: String(interval.high) },
  };
}

function valueFormat(kind: string, value: TargetCard['input']): string {
  if (value === undefined) return named(kind);
  const shape = value.shape.map((size) => String(size ?? 'any')).join(', ');
  return named(`${kind}: ${value.type} [${shape}]`);
}

function modelProperties({ format, opset, engine, device, labels, capabilities }: TargetCard): Property[] {
  return [
    ...(format === undefined ? [] : [property('assay:format', format)]),
    ...(opset == null ? [] : [property('assay:opset', String(opset))]),
    property('assay:engine', engine),
    property('assay:device', device),
    ...capabilities.map((capability) => property('assay:capability', capability)),
    ...(labels ?? []).slice(0, MOST_ROWS).map((label) => property('assay:label', label)),
    ...LEFT_TO_THE_PROVIDER.map((field) => property('assay:left-to-the-provider', field)),
  ];
}

/** What a model card of CycloneDX has a place for, and the report of an audit does not know. */
const LEFT_TO_THE_PROVIDER = [
  'licenses',
  'supplier',
  'modelParameters.approach',
  'modelParameters.architectureFamily',
  'modelParameters.modelArchitecture',
  'considerations.users',
  'considerations.useCases',
  'considerations.performanceTradeoffs',
  'considerations.ethicalConsiderations',
  'considerations.environmentalConsiderations',
  'considerations.fairnessAssessments',
];

export function property(name: string, value: string): Property {
  return { name, value: sentence(value) };
}
