import type { ReportInput } from '#plugin/plugin';
import { AREAS, REPORT_VERSION, type Area } from '#report/report';
import { clip, epsilonUnits, formatCount, visible } from '../../format.js';
import { gateStatus, inReadingOrder, statusOf, tallyInWords } from '../../status.js';
import { anchorsOf } from './anchors.js';
import { banner } from './banner.js';
import { dataCards, provenance, targetCards } from './cards.js';
import { Numbers, type PageContext } from './context.js';
import { findingView } from './finding.js';
import { anchorOf, glance, matrix } from './overview.js';
import { picturesOf } from './pictures.js';
import type { AreaView, ContentsEntry, Page } from './schema.js';
import { validated } from './validate.js';
import { AREA_TITLES, headed, name, sentence } from './words.js';

const MOST_CONTENTS = 12;
const TEXT_LENGTH = 4000;

/** Everything that the page says, in the order in which it is asked. */
export function pageOf({ report, timings, readFile }: ReportInput): Page {
  const context: PageContext = {
    report,
    units: epsilonUnits(report.target),
    pictures: picturesOf(report, readFile),
    numbers: new Numbers(),
    findings: new Map(report.findings.map((finding) => [finding.cell, finding])),
    anchors: anchorsOf(report.findings),
  };
  const { threatModel, notTested, target } = report;
  const status = gateStatus(report);
  return validated(
    printable({
      title: `${status.shape} ${status.word}: ${name(target?.name ?? 'data')} · Assay audit report`,
      digest: /^[0-9a-f]{12}/.exec(target?.digest ?? '')?.[0] ?? '',
      contents: contents(context),
      banner: banner(context, timings),
      matrix: matrix(context),
      glance: glance(context),
      noFindings: report.findings.length === 0 ? 'No audit is part of this run, so there are no findings.' : null,
      areas: AREAS.flatMap((area) => areaView(area, context)),
      target: targetCards(context),
      data: dataCards(context),
      threats: {
        sentences: threatModel.map(sentence),
        empty: threatModel.length === 0 ? 'No audit of this run assumes an adversary.' : null,
      },
      notTested: {
        items: notTested.map(({ what, because }) => ({ what: name(what), because: sentence(because) })),
        empty: notTested.length === 0 ? 'The report names nothing that was planned or applicable and left out.' : null,
      },
      provenance: provenance(context, timings),
      tool: `assay ${report.tool.version}, report version ${REPORT_VERSION}`,
    }),
  );
}

function areaView(area: Area, context: PageContext): AreaView[] {
  const findings = inReadingOrder(context.report.findings.filter((finding) => finding.area === area));
  if (findings.length === 0) return [];
  return [
    {
      id: `area-${area}`,
      title: AREA_TITLES[area],
      tally: tallyInWords(findings),
      findings: findings.map((finding) => findingView(finding, context)),
    },
  ];
}

function contents(context: PageContext): ContentsEntry[] {
  const plain = (href: string, label: string): ContentsEntry => ({ href, label, findings: [], more: null });
  const areas = AREAS.flatMap((area) => {
    const findings = inReadingOrder(context.report.findings.filter((finding) => finding.area === area));
    if (findings.length === 0) return [];
    const { shown, left } = headed(findings, MOST_CONTENTS);
    return [
      {
        href: `#area-${area}`,
        label: AREA_TITLES[area],
        findings: shown.map((finding) => ({
          href: anchorOf(finding, context),
          mark: statusOf(finding),
          label: clip(finding.audit, 60),
        })),
        more: left === 0 ? null : `${formatCount(left)} more`,
      },
    ];
  });
  return [
    plain('#verdict', 'Verdict'),
    plain('#findings', 'Findings'),
    ...areas,
    plain('#target', 'Model'),
    plain('#data', 'Data'),
    plain('#threats', 'Threat model'),
    plain('#not-tested', 'Not tested'),
    plain('#provenance', 'Provenance'),
  ];
}

/** Every text of the view with nothing invisible in it and of bounded length; pictures pass as they are. */
function printable(value: unknown): unknown {
  if (typeof value === 'string')
    return value.startsWith('data:image/png;base64,') ? value : clip(visible(value), TEXT_LENGTH);
  if (Array.isArray(value)) return value.map(printable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, printable(item)]));
}
