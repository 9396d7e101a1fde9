import { shortDigest } from '#base/digest';
import { canonicalJson } from '#base/json';
import type { Detail } from '#report/details';
import type { Finding } from '#report/report';
import { measureCells } from '../../measure.js';
import { isOpen, statusOf, verdictOf } from '../../status.js';
import type { PageContext } from './context.js';
import { curveFigure, histogramFigure } from './curves.js';
import type { Figure } from './figure-schema.js';
import { sampleFigure } from './samples.js';
import type { FindingView } from './schema.js';
import { pluginTable } from './tables.js';
import { holdsMark, metMark, name, sentence } from './words.js';

const FRAMEWORKS: Readonly<Record<string, string>> = {
  'mitre-atlas': 'MITRE ATLAS',
  'owasp-ml': 'OWASP Machine Learning Security Top Ten',
  'eu-ai-act': 'EU AI Act, Article',
  'nist-ai-rmf': 'NIST AI RMF',
  'iso-42001': 'ISO/IEC 42001',
};

export function findingView(finding: Finding, context: PageContext): FindingView {
  const status = statusOf(finding);
  return {
    id: context.anchors.get(finding.cell) ?? 'finding',
    mark: status,
    open: isOpen(status),
    title: name(finding.title),
    claim: sentence(finding.claim),
    audit: name(finding.audit),
    cell: name(shortDigest(finding.cell)),
    severity: finding.severity,
    reasons: finding.reasons.map(sentence),
    waiver: waiver(finding),
    measures: measures(finding, context),
    signs: finding.signs.map((sign) => ({ mark: holdsMark(sign.holds), sentence: sentence(sign.sentence) })),
    figures: finding.details.map((detail) => figure(detail, context)),
    advice: finding.status === 'fail' ? lines(finding.advice).map(sentence) : [],
    command: sentence(finding.command),
    clauses: Object.entries(finding.frameworks).map(([framework, ids]) => ({
      framework: FRAMEWORKS[framework] ?? name(framework),
      ids: ids.map(name).join(', '),
    })),
    about: {
      description: sentence(finding.description),
      sources: finding.sources.map(sentence),
      options: optionLines(finding.options).join('\n'),
    },
  };
}

function waiver(finding: Finding): FindingView['waiver'] {
  if (finding.waiver === null) return null;
  const { reason, owner, expires } = finding.waiver;
  return { verdict: verdictOf(finding), reason: sentence(reason), owner: name(owner), expires: name(expires) };
}

function measures(finding: Finding, context: PageContext): FindingView['measures'] {
  if (finding.measures.length === 0) return null;
  const caption = context.numbers.table('What was measured');
  const methods = [
    ...new Set(finding.measures.flatMap(({ interval }) => (interval === null ? [] : [name(interval.method)]))),
  ];
  const compares = finding.measures.some(
    ({ interval, threshold }) =>
      threshold !== null && (threshold.compared === interval?.low || threshold.compared === interval?.high),
  );
  return {
    name: caption,
    caption,
    rows: finding.measures.map((measure) => {
      const { holds, ...cells } = measureCells(measure, context.units);
      return {
        ...cells,
        label: name(cells.label),
        setBy: cells.setBy === null ? null : name(cells.setBy),
        outcome: holds === null ? null : metMark(holds),
      };
    }),
    methods:
      methods.length === 0
        ? null
        : `Intervals: ${methods.join(', ')}.${compares ? ' Their pessimistic end is compared with the bar.' : ''}`,
  };
}

function figure(detail: Detail, context: PageContext): Figure {
  switch (detail.kind) {
    case 'curve':
      return curveFigure(detail, context);
    case 'histogram':
      return histogramFigure(detail, context);
    case 'table':
      return { kind: 'table', table: pluginTable(detail, context) };
    case 'image-pairs':
    case 'heat-maps':
    case 'tokens':
      return sampleFigure(detail, context);
  }
}

/** One option a line, its value as JSON. */
function optionLines(options: unknown): string[] {
  if (typeof options !== 'object' || options === null) return ['none'];
  const entries = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? ['none'] : entries.map(([key, value]) => `${key}: ${canonicalJson(value ?? null)}`);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
