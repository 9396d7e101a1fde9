import type { ReportInput } from '#plugin/plugin';
import type { Area, Finding, Measure, Report, Timings } from '#report/report';
import { epsilonUnits, type EpsilonUnits } from '../format.js';
import { anchorsOf } from '../html/view/anchors.js';
import { leadMeasure, measureCells } from '../measure.js';
import { coded, named, numberInWords, some } from '../model-card/tables.js';
import { inReadingOrder, statusOf, tallyInWords } from '../status.js';

/** What the points of the annex are filled from. */
export interface Facts {
  readonly report: Report;
  readonly timings: Timings;
  readonly units: EpsilonUnits;
  /** A finding by its audit, linked to its place on the page. */
  readonly link: (finding: Finding) => string;
}

const MOST_FINDINGS = 5;

export function factsOf({ report, timings }: ReportInput): Facts {
  const anchors = anchorsOf(report.findings);
  const link = ({ cell, audit }: Finding) => `[${coded(audit)}](report.html#${anchors.get(cell) ?? ''})`;
  return { report, timings, units: epsilonUnits(report.target), link };
}

/** Findings of these areas that were measured; what was not run or does not apply is no evidence. */
export function measuredIn({ report }: Facts, areas: readonly Area[]): Finding[] {
  return report.findings.filter(
    ({ area, status }) => areas.includes(area) && ['pass', 'fail', 'inconclusive'].includes(status),
  );
}

/** `2 failed, 1 passed: …`, the first few with their numbers; null where there is nothing. */
export function findingsInWords(facts: Facts, findings: readonly Finding[]): string | null {
  if (findings.length === 0) return null;
  const shown = inReadingOrder(findings).slice(0, MOST_FINDINGS);
  const left = findings.length - shown.length;
  const words = shown.map(
    (finding) => `${facts.link(finding)} ${statusOf(finding).word}${leadInWords(finding, facts.units)}`,
  );
  return `${tallyInWords(findings)}: ${words.join('; ')}${left > 0 ? `; ${left} more in table A` : ''}.`;
}

function leadInWords(finding: Finding, units: EpsilonUnits): string {
  const measure = leadMeasure(finding);
  return measure === null ? '' : `, ${measureInWords(measure, units)}`;
}

export function measureInWords(measure: Measure, units: EpsilonUnits): string {
  const { threshold, setBy } = measureCells(measure, units);
  const bar = threshold === null ? '' : `, asked for ${threshold} (${named(setBy ?? '')})`;
  return `${named(measure.label)} ${numberInWords(measure, units)}${bar}`;
}

/** `a.onnx (SHA-256 …)` */
export function filesInWords(files: readonly { readonly name: string; readonly sha256: string }[]): string {
  return some(
    files.map(({ name, sha256 }) => `${named(name)} (SHA-256 ${coded(sha256)})`),
    MOST_FINDINGS,
  );
}
