import { AREAS, SEVERITIES, type Finding, type Severity } from '#report/report';
import { formatCount } from '../../format.js';
import { leadMeasure, measureCells } from '../../measure.js';
import { statusOf, tally } from '../../status.js';
import type { PageContext } from './context.js';
import type { GlanceView, MatrixView } from './schema.js';
import { markOf, setterOf } from './words.js';

/** Area by severity: in each cell how many findings ended how, with a link to the first of them. */
export function matrix(context: PageContext): MatrixView | null {
  const { words, areas } = context;
  if (areas.size === 0) return null;
  const { id, label } = context.numbers.table();
  const rows = AREAS.flatMap((area) => {
    const findings = areas.get(area);
    if (findings === undefined) return [];
    const cells = SEVERITIES.map((severity) => matrixCell(findings, severity, context));
    return [{ area: words.areas[area], href: `#area-${area}`, cells }];
  });
  return { id, label, severities: SEVERITIES.map((severity) => words.severity[severity]), rows };
}

/** One line a finding: severity says how bad it is if true, the number how often. */
export function glance(context: PageContext): GlanceView | null {
  const { ordered, inFull, words } = context;
  if (ordered.length === 0) return null;
  const { id, label } = context.numbers.table();
  return {
    id,
    label,
    rows: ordered.map((finding) => glanceRow(finding, context)),
    rest: inFull.size === ordered.length ? null : words.findings.left(inFull.size, ordered.length),
  };
}

export function anchorOf(finding: Finding, context: PageContext): string {
  return `#${context.anchors.get(finding.cell) ?? 'findings'}`;
}

function glanceRow(finding: Finding, context: PageContext): GlanceView['rows'][number] {
  const { words, write, units, inFull, anchors } = context;
  const measure = leadMeasure(finding);
  const cells = measure === null ? null : measureCells(measure, units, words);
  const isInFull = inFull.has(finding.cell);
  return {
    mark: markOf(statusOf(finding), words),
    href: isInFull ? anchorOf(finding, context) : null,
    id: isInFull ? null : (anchors.get(finding.cell) ?? null),
    audit: write.name(finding.audit),
    severity: words.severity[finding.severity],
    measure: cells === null ? null : write.english(cells.label),
    value: cells?.value ?? null,
    interval: cells?.interval ?? null,
    n: cells?.n ?? null,
    threshold: cells?.threshold ?? null,
    setBy: cells?.setBy == null ? null : setterOf(cells.setBy, words, write),
    signs: signsInWords(finding, context),
  };
}

function matrixCell(findings: readonly Finding[], severity: Severity, context: PageContext) {
  const inCell = findings.filter((finding) => finding.severity === severity);
  return tally(inCell).map(({ status, count }) => {
    const first = inCell.find((finding) => statusOf(finding) === status);
    return {
      mark: markOf(status, context.words),
      count: formatCount(count),
      href: first === undefined ? '#findings' : anchorOf(first, context),
    };
  });
}

function signsInWords({ signs }: Finding, { words }: PageContext): string | null {
  if (signs.length === 0) return null;
  return words.findings.held(signs.filter(({ holds }) => holds).length, signs.length);
}
