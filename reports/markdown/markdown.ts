import { shortDigest } from '#base/digest';
import { defineReporter } from '#plugin/define';
import type { ReportInput } from '#plugin/plugin';
import type { Finding, Measure, Report } from '#report/report';
import { clip, counted, epsilonUnits, formatTime, type EpsilonUnits } from '../format.js';
import { leadMeasure, measureCells } from '../measure.js';
import { gateSentence, gateStatus, inReadingOrder, statusOf } from '../status.js';
import { code, escaped } from './escape.js';

/** Summaries are shown by services that cut long ones off. */
const MOST_FINDINGS = 200;
const MOST_RULES = 50;
const NAME_LENGTH = 120;
const SENTENCE_LENGTH = 600;

/** The decision and its numbers, for a pull request or a job's summary. */
export const markdownReporter = defineReporter({
  id: 'markdown',
  file: 'summary.md',
  description: 'The decision and its numbers, for a pull request or the summary of a job.',
  render: summary,
});

function summary({ report, timings }: ReportInput): string {
  const { shape, word } = gateStatus(report);
  return [
    `## ${shape} ${word}: ${named(report.target?.name ?? 'data audit')}`,
    `${gateSentence(report)} ${facts(report, formatTime(timings.finished))}`,
    clean(report),
    rules(report),
    findings(report),
    'The page with pictures, tables and provenance is `report.html`; for programs, `report.json`. Both are in the run folder.',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function facts({ target, policy }: Report, date: string | null): string {
  return [
    ...(target === null ? [] : [`Model ${code(shortDigest(target.digest))}`]),
    `policy ${named(policy.preset)} ${code(shortDigest(policy.digest))}`,
    ...(date === null ? [] : [date]),
  ]
    .join(', ')
    .concat('.');
}

/** What the model does with clean data: without it no other number can be read. */
function clean({ target }: Report): string {
  const { accuracy = null, checks = [] } = target ?? {};
  const broken = checks.filter(({ holds }) => holds === false).length;
  const held = checks.filter(({ holds }) => holds === true).length;
  const parts = [
    ...(accuracy === null ? [] : [accuracyInWords(accuracy)]),
    ...(checks.length === 0 ? [] : [`Checks of the model: ${held} hold, ${broken} do not.`]),
  ];
  return parts.join(' ');
}

function accuracyInWords(accuracy: Measure): string {
  const { value, interval, n } = measureCells(accuracy, 'plain');
  return `Clean accuracy ${value ?? 'not measured'}, 95 % interval ${interval ?? 'unknown'}, n ${n ?? 'unknown'}.`;
}

function rules({ gate }: Report): string {
  const shown = gate.rules.slice(0, MOST_RULES);
  const left = gate.rules.length - shown.length;
  return [
    ...shown.map(
      ({ holds, sentence }) =>
        `- ${holds ? '✓ holds' : '✕ does not hold'}: ${escaped(clip(sentence, SENTENCE_LENGTH))}`,
    ),
    ...(left === 0 ? [] : [`- ${counted(left, 'more rule')} in the page`]),
  ].join('\n');
}

function findings(report: Report): string {
  if (report.findings.length === 0) return '';
  const units = epsilonUnits(report.target);
  const ordered = inReadingOrder(report.findings);
  const left = ordered.length - MOST_FINDINGS;
  return [
    '| Verdict | Audit | Severity | Number | 95 % interval | n | Asked for |',
    '| :-- | :-- | :-- | --: | --: | --: | :-- |',
    ...ordered.slice(0, MOST_FINDINGS).map((finding) => row(finding, units)),
    ...(left <= 0 ? [] : ['', `${counted(left, 'more finding')} in the page.`]),
  ].join('\n');
}

function row(finding: Finding, units: EpsilonUnits): string {
  const { shape, word } = statusOf(finding);
  const measure = leadMeasure(finding);
  const cells = measure === null ? null : measureCells(measure, units);
  const number = cells?.value == null ? '' : `${cells.value} ${named(cells.label)}`;
  const threshold = cells?.threshold == null ? '' : `${cells.threshold} (${named(cells.setBy ?? '')})`;
  const columns = [
    `${shape} ${word}`,
    code(clip(finding.audit, NAME_LENGTH)),
    finding.severity,
    number,
    cells?.interval ?? '',
    cells?.n ?? '',
    threshold,
  ];
  return `| ${columns.join(' | ')} |`;
}

function named(text: string): string {
  return escaped(clip(text, NAME_LENGTH));
}
