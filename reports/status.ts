import { SEVERITIES, type Finding, type Report } from '#report/report';
import { counted, formatCount } from './format.js';

/** How a verdict reads: a word, a shape and a tone (a colour), in that order of importance. */
export interface Status {
  readonly word: StatusWord;
  readonly shape: string;
  readonly tone: Tone;
}

export type StatusWord = 'failed' | 'error' | 'inconclusive' | 'waived' | 'not run' | 'passed' | 'not applicable';
export type Tone = 'passed' | 'failed' | 'inconclusive' | 'waived' | 'muted';

/** In the order in which findings are read: what keeps a model from shipping first. */
export const STATUSES: readonly Status[] = [
  { word: 'failed', shape: '✕', tone: 'failed' },
  { word: 'error', shape: '!', tone: 'failed' },
  { word: 'inconclusive', shape: '?', tone: 'inconclusive' },
  { word: 'waived', shape: '~', tone: 'waived' },
  { word: 'not run', shape: '○', tone: 'muted' },
  { word: 'passed', shape: '✓', tone: 'passed' },
  { word: 'not applicable', shape: '–', tone: 'muted' },
];

const WORDS: Readonly<Record<Finding['status'], StatusWord>> = {
  pass: 'passed',
  fail: 'failed',
  inconclusive: 'inconclusive',
  'not-applicable': 'not applicable',
  error: 'error',
  'not-run': 'not run',
};

const BY_WORD = new Map(STATUSES.map((status) => [status.word, status]));

/** What a verdict was before a waiver set it aside. */
export function verdictOf(finding: Finding): Status {
  return statusNamed(WORDS[finding.status]);
}

/** What a reader has to do with a finding: a waiver hides every verdict but `passed`. */
export function statusOf(finding: Finding): Status {
  const verdict = verdictOf(finding);
  return finding.waiver === null || verdict.word === 'passed' ? verdict : statusNamed('waived');
}

/** Findings whose evidence a reader sees without opening anything. */
export function isOpen(status: Status): boolean {
  return status.word !== 'passed' && status.word !== 'not applicable';
}

/** In reading order; equal ones keep the order of the report. */
export function inReadingOrder(findings: readonly Finding[]): Finding[] {
  return findings
    .map((finding) => ({ finding, rank: STATUSES.indexOf(statusOf(finding)) }))
    .sort((a, b) => a.rank - b.rank || severityRank(a.finding) - severityRank(b.finding))
    .map(({ finding }) => finding);
}

/** How many findings ended in each way, in reading order, without the ways that none ended in. */
export function tally(findings: readonly Finding[]): { readonly status: Status; readonly count: number }[] {
  const counts = new Map<Status, number>();
  for (const finding of findings) {
    const status = statusOf(finding);
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return STATUSES.flatMap((status) => {
    const count = counts.get(status);
    return count === undefined ? [] : [{ status, count }];
  });
}

/** `2 failed, 1 inconclusive, 6 passed` */
export function tallyInWords(findings: readonly Finding[]): string {
  return tally(findings)
    .map(({ status, count }) => `${formatCount(count)} ${status.word}`)
    .join(', ');
}

/** The decision as a status: a gate knows only `passed` and `failed`. */
export function gateStatus(report: Report): Status {
  return statusNamed(report.gate.passed ? 'passed' : 'failed');
}

/** One sentence under the decision. */
export function gateSentence(report: Report): string {
  if (report.findings.length === 0) return 'Nothing was audited, so there is nothing to pass.';
  return `Of ${counted(report.findings.length, 'audit')}: ${tallyInWords(report.findings)}.`;
}

function statusNamed(word: StatusWord): Status {
  const status = BY_WORD.get(word);
  if (status === undefined) throw new RangeError(`no status is called ${word}`);
  return status;
}

function severityRank(finding: Finding): number {
  return SEVERITIES.indexOf(finding.severity);
}
