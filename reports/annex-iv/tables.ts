import { clauseMap, namedClauses } from '#report/clauses';
import type { Finding, Report } from '#report/report';
import { formatCount, formatNumber, formatPercent } from '../format.js';
import { limitsOf } from '../model-card/limits.js';
import {
  coded,
  columns,
  dataTable,
  list,
  MOST_ROWS,
  named,
  numbersTable,
  sentence,
  some,
  table,
  verdictInWords,
} from '../model-card/tables.js';
import { inReadingOrder } from '../status.js';
import type { Facts } from './facts.js';
import { isRisk } from './operation.js';

/** The tables that the points refer to, by their letters. */
export interface NamedTable {
  readonly title: string;
  readonly content: string;
}

export function tablesOf({ report, link }: Facts): NamedTable[] {
  return [
    {
      title: 'Table A: numbers',
      content: report.findings.length === 0 ? 'Nothing was audited.' : numbersTable(report, link),
    },
    { title: 'Table B: data', content: report.data.length === 0 ? 'The audit read no data.' : dataTable(report.data) },
    { title: 'Table C: limits and assumed adversaries', content: limits(report) },
    { title: 'Table D: residual and unknown risks', content: risks(report, link) },
    { title: 'Table E: changes against the baseline', content: changes(report, link) },
    { title: 'Table F: evidence toward clauses', content: clauses(report.findings, link) },
  ];
}

function limits(report: Report): string {
  const entries = [
    ...limitsOf(report).flatMap(({ kind, sentences }) => sentences.map((text) => `${kind}: ${sentence(text)}`)),
    ...report.threatModel.map((threat) => `Assumed adversary: ${sentence(threat.sentence)}`),
  ];
  return entries.length === 0 ? 'The report names none.' : list(entries);
}

function risks({ findings }: Report, link: Facts['link']): string {
  const open = inReadingOrder(findings.filter(({ status }) => isRisk(status)));
  if (open.length === 0)
    return findings.length === 0 ? 'Nothing was audited.' : 'Every finding passed or does not apply.';
  const rows = open
    .slice(0, MOST_ROWS)
    .map((finding) => [
      verdictInWords(finding),
      link(finding),
      coded(finding.cell),
      finding.severity,
      sentence(finding.claim),
      finding.status === 'fail' ? sentence(finding.advice) : 'none: it did not fail',
      waiverInWords(finding),
    ]);
  return table(columns('Verdict', 'Finding', 'Cell', 'Severity', 'Claim', 'Advice', 'Waiver'), rows, open.length);
}

function waiverInWords({ waiver }: Finding): string {
  return waiver === null
    ? 'none'
    : `${sentence(waiver.reason)} Owner: ${named(waiver.owner)}; until ${named(waiver.expires)}.`;
}

function changes({ findings, baseline }: Report, link: Facts['link']): string {
  if (baseline === null) return 'The run was compared with no baseline.';
  const all = findings.flatMap((finding) => finding.changes.map((change) => ({ finding, change })));
  if (all.length === 0) return 'No rate could be compared with the baseline.';
  const rows = all
    .slice(0, MOST_ROWS)
    .map(({ finding, change }) => [
      link(finding),
      named(change.label),
      formatPercent(change.before),
      formatPercent(change.now),
      formatCount(change.n),
      formatCount(change.lost),
      formatCount(change.won),
      `${named(change.test)}, p ${formatNumber(change.p)}`,
      change.direction,
    ]);
  const right = (label: string) => ({ label, align: 'right' }) as const;
  return table(
    [
      ...columns('Finding', 'Rate'),
      ...['Before', 'Now', 'n', 'Samples lost', 'Samples won'].map(right),
      ...columns('Test', 'Direction'),
    ],
    rows,
    all.length,
  );
}

/** One row for each clause, in the order of the clause map. */
function clauses(findings: readonly Finding[], link: Facts['link']): string {
  const rows = new Map<
    string,
    { readonly cells: readonly string[]; readonly rank: number; readonly findings: Finding[] }
  >();
  const order = Object.keys(clauseMap().frameworks);
  for (const finding of findings) {
    for (const { id, framework, clauses: names } of namedClauses(finding.frameworks)) {
      for (const clause of names) {
        const key = JSON.stringify([id, clause.id]);
        const row = rows.get(key);
        if (row !== undefined) {
          row.findings.push(finding);
          continue;
        }
        const cells = [named(framework?.short ?? id), named(clause.id), named(clause.about ?? 'not in the clause map')];
        rows.set(key, { cells, rank: framework === null ? order.length : order.indexOf(id), findings: [finding] });
      }
    }
  }
  if (rows.size === 0) return 'No finding names a clause.';
  const sorted = [...rows.values()].sort((a, b) => a.rank - b.rank);
  return table(
    columns('Framework', 'Clause', 'About', 'Findings'),
    sorted
      .slice(0, MOST_ROWS)
      .map(({ cells, findings: toward }) => [
        ...cells,
        some(toward.slice(0, 20).map((finding) => `${link(finding)} ${verdictInWords(finding)}`)) +
          (toward.length > 20 ? `, and ${formatCount(toward.length - 20)} more` : ''),
      ]),
    rows.size,
  );
}
