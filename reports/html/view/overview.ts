import { AREAS, SEVERITIES, type Finding, type Severity } from '#report/report';
import { formatCount } from '../../format.js';
import { leadMeasure, measureCells } from '../../measure.js';
import { inReadingOrder, statusOf, tally } from '../../status.js';
import type { PageContext } from './context.js';
import type { GlanceRow, MatrixView } from './schema.js';
import { AREA_TITLES, name } from './words.js';

/** Area by severity: in each cell how many findings ended how, with a link to the first of them. */
export function matrix(context: PageContext): MatrixView {
  const findings = inReadingOrder(context.report.findings);
  const rows = AREAS.flatMap((area) => {
    const ofArea = findings.filter((finding) => finding.area === area);
    if (ofArea.length === 0) return [];
    return [
      {
        area: AREA_TITLES[area],
        href: `#area-${area}`,
        cells: SEVERITIES.map((severity) => matrixCell(ofArea, severity, context)),
      },
    ];
  });
  return { severities: [...SEVERITIES], rows };
}

/** One line a finding: severity says how bad it is if true, the number how often. */
export function glance(context: PageContext): GlanceRow[] {
  return inReadingOrder(context.report.findings).map((finding) => {
    const measure = leadMeasure(finding);
    const cells = measure === null ? null : measureCells(measure, context.units);
    return {
      mark: statusOf(finding),
      href: anchorOf(finding, context),
      title: name(finding.title),
      audit: name(finding.audit),
      severity: finding.severity,
      measure: cells === null ? null : name(cells.label),
      value: cells?.value ?? null,
      interval: cells?.interval ?? null,
      n: cells?.n ?? null,
      threshold: cells?.threshold ?? null,
      setBy: cells?.setBy == null ? null : name(cells.setBy),
      signs: signsInWords(finding),
    };
  });
}

export function anchorOf(finding: Finding, context: PageContext): string {
  return `#${context.anchors.get(finding.cell) ?? 'finding'}`;
}

function matrixCell(findings: readonly Finding[], severity: Severity, context: PageContext) {
  const inCell = findings.filter((finding) => finding.severity === severity);
  return tally(inCell).map(({ status, count }) => {
    const first = inCell.find((finding) => statusOf(finding) === status);
    return {
      mark: status,
      count: formatCount(count),
      href: first === undefined ? '#findings' : anchorOf(first, context),
    };
  });
}

function signsInWords({ signs }: Finding): string | null {
  if (signs.length === 0) return null;
  const held = signs.filter(({ holds }) => holds).length;
  return `${held} of ${signs.length}`;
}
