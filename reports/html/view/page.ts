import type { ReportInput } from '#plugin/plugin';
import { REPORT_VERSION, type Area, type Finding } from '#report/report';
import { clip, visible } from '../../format.js';
import { gateStatus, statusOf } from '../../status.js';
import { banner, tallyInWords } from './banner.js';
import { dataCards, targetCards } from './cards.js';
import { changes } from './changes.js';
import { contextOf, type PageContext } from './context.js';
import { findingView } from './finding.js';
import { anchorOf, glance, matrix } from './overview.js';
import { provenance } from './provenance.js';
import type { AreaView, ContentsEntry, Page } from './schema.js';
import { validated } from './validate.js';
import { headed, markOf } from './words.js';

const MOST_CONTENTS = 12;
const TEXT_LENGTH = 4000;

/** Everything that the page says, in the order in which it is asked. */
export function pageOf({ report, timings, readFile, language }: ReportInput): Page {
  const context = contextOf(report, language, readFile);
  const { words, write } = context;
  const { target } = report;
  const status = markOf(gateStatus(report), words);
  const page: Page = {
    title: `${status.shape} ${status.word}${words.colon}${write.name(target?.name ?? words.dataOnly)} · ${words.wholeReport}`,
    digest: /^[0-9a-f]{12}/.exec(target?.digest ?? '')?.[0] ?? '',
    contents: contents(context),
    banner: banner(context, timings),
    changes: changes(context),
    matrix: matrix(context),
    glance: glance(context),
    areas: [...context.areas].map(([area, findings]) => areaView(area, findings, context)),
    target: targetCards(context),
    data: dataCards(context),
    threats: threats(context),
    ...untested(context),
    provenance: provenance(context, timings),
    colophon: words.footer.colophon(write.name(report.tool.version), REPORT_VERSION),
  };
  return validated(printable(page, context));
}

function areaView(area: Area, findings: readonly Finding[], context: PageContext): AreaView {
  const shown = findings.filter(({ cell }) => context.inFull.has(cell));
  const left = findings.length - shown.length;
  return {
    id: `area-${area}`,
    title: context.words.areas[area],
    tally: tallyInWords(findings, context),
    findings: shown.map((finding) => findingView(finding, context)),
    rest: left === 0 ? null : context.words.findings.areaLeft(left),
  };
}

function threats({ report, write, language }: PageContext): Page['threats'] {
  return report.threatModel.map(({ sentence, texts }) =>
    write.translated(sentence, language === 'en' ? undefined : texts[language]?.sentence),
  );
}

/** What has a reason of its own, and what the config just does not name. */
function untested({ report, words, write }: PageContext): Pick<Page, 'notTested' | 'unnamed'> {
  const unnamed = report.notTested.filter(({ kind }) => kind === 'unnamed');
  return {
    notTested: report.notTested
      .filter(({ kind }) => kind !== 'unnamed')
      .map(({ what, because }) => ({ what: write.english(what), because: write.sentence(because) })),
    unnamed:
      unnamed.length === 0
        ? null
        : { audits: unnamed.map(({ what }) => write.name(what)), because: words.untested.unnamed },
  };
}

function contents(context: PageContext): ContentsEntry[] {
  const { words, report } = context;
  const plain = (href: string, label: string): ContentsEntry => ({ href, label, findings: [], more: null });
  return [
    plain('#verdict', words.verdict.heading),
    ...(report.baseline === null ? [] : [plain('#changes', words.changes.contents)]),
    plain('#findings', words.findings.heading),
    ...[...context.areas].map(([area, findings]) => areaContents(area, findings, context)),
    plain('#target', words.model.heading),
    plain('#data', words.data.heading),
    plain('#threats', words.threats.heading),
    plain('#not-tested', words.untested.contents),
    plain('#provenance', words.provenance.heading),
  ];
}

function areaContents(area: Area, findings: readonly Finding[], context: PageContext): ContentsEntry {
  const { words } = context;
  const { shown, left } = headed(findings, MOST_CONTENTS);
  return {
    href: `#area-${area}`,
    label: words.areas[area],
    findings: shown.map((finding) => ({
      href: anchorOf(finding, context),
      mark: markOf(statusOf(finding), words),
      label: clip(finding.audit, 60, words.numbers),
    })),
    more: left === 0 ? null : words.moreHere(left),
  };
}

/**
 * Every text of the view with nothing invisible in it and of bounded length; pictures pass as they are. The view is
 * changed in place: of a large report it is itself large, and nobody else has it.
 */
function printable<View extends object>(view: View, { words }: PageContext): View {
  const text = (raw: string) =>
    raw.startsWith('data:image/png;base64,') ? raw : clip(visible(raw), TEXT_LENGTH, words.numbers);
  const print = (item: object): void => {
    for (const [key, value] of Object.entries(item) as [string, unknown][]) {
      if (typeof value === 'string') Reflect.set(item, key, text(value));
      else if (typeof value === 'object' && value !== null) print(value);
    }
  };
  print(view);
  return view;
}
