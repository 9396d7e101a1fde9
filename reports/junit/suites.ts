import { AREAS, type Report, type Timings } from '#report/report';
import type { ReportInput } from '#plugin/plugin';
import { configFile } from '../config-file.js';
import { epsilonUnits } from '../format.js';
import { ruleByFinding, rulesWithoutFinding } from '../gate.js';
import { inReadingOrder } from '../status.js';
import { caseOf, gateCase, type CaseContext, type TestCase } from './cases.js';
import { caseNames } from './names.js';

export interface Suite {
  readonly name: string;
  readonly cases: readonly TestCase[];
}

export interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly milliseconds: number;
}

/** The gate's own rules first, then each area that has a finding. */
export function suitesOf(input: ReportInput): readonly Suite[] {
  const { report } = input;
  const file = configFile(input);
  const gate = rulesWithoutFinding(report).map((rule, i) => gateCase(rule, `rule ${i + 1}`, file));
  const context = contextOf(input, file);
  const findings = inReadingOrder(report.findings);
  const areas = AREAS.map((area) => ({
    name: area,
    cases: findings.filter((finding) => finding.area === area).map((finding) => caseOf(finding, context)),
  }));
  return [{ name: 'gate', cases: gate }, ...areas].filter(({ cases }) => cases.length > 0);
}

export function countsOf(cases: readonly TestCase[]): Counts {
  const withElement = (element: string) => cases.filter(({ outcome }) => outcome?.element === element).length;
  return {
    tests: cases.length,
    failures: withElement('failure'),
    errors: withElement('error'),
    skipped: withElement('skipped'),
    milliseconds: cases.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
  };
}

function contextOf({ report, timings }: ReportInput, file: string): CaseContext {
  const names = caseNames(report.findings);
  const milliseconds = millisecondsByCell(timings);
  return {
    ruleOf: ruleByFinding(report),
    millisecondsOf: ({ cell }) => milliseconds.get(cell) ?? 0,
    nameOf: (finding) => names.get(finding) ?? finding.audit,
    file,
    units: epsilonUnits(report.target),
  };
}

/** Whole, so that the sums are those of the numbers shown. */
function millisecondsByCell({ cells }: Timings): ReadonlyMap<string, number> {
  const whole = (seconds: number) => (seconds >= 0 && Number.isFinite(seconds) ? Math.round(1000 * seconds) : 0);
  return new Map(cells.map(({ cell, seconds }) => [cell, whole(seconds)]));
}

/** By which the run is known again. */
export function propertiesOf({ tool, target, policy, provenance }: Report): readonly (readonly [string, string])[] {
  return [
    ['seed', String(provenance.seed)],
    ['target', target?.name ?? 'none'],
    ['targetDigest', target?.digest ?? 'none'],
    ['policy', policy.preset],
    ['policyDigest', policy.digest],
    ['configDigest', provenance.configDigest],
    ['planDigest', provenance.planDigest],
    ...Object.entries({ assay: tool.version, ...provenance.versions }),
  ];
}
