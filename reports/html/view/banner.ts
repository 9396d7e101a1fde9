import { shortDigest } from '#base/digest';
import type { Report, Timings } from '#report/report';
import { counted, formatCount, formatDuration, formatTime } from '../../format.js';
import { gateSentence, gateStatus, isOpen, statusOf } from '../../status.js';
import type { PageContext } from './context.js';
import type { BannerView, Fact, Mark, Rule } from './schema.js';
import { codeFact, fact, headed, holdsMark, name, sentence } from './words.js';

const MOST_RULES = 12;

/** May this ship? The decision in words, and the rules that made it. */
export function banner(context: PageContext, timings: Timings): BannerView {
  const { report } = context;
  const broken = report.gate.rules.filter(({ holds }) => !holds);
  const decisive = broken.length > 0 ? broken : report.gate.rules;
  const { shown } = headed(decisive, MOST_RULES);
  const others = report.gate.rules.filter((rule) => !shown.includes(rule));
  const heading = broken.length > 0 ? 'Why it does not pass' : 'Rules that decided';
  return {
    mark: gateStatus(report),
    model: name(report.target?.name ?? 'The audit'),
    decision: decision(report),
    sentence: gateSentence(report),
    facts: bannerFacts(report, timings),
    deciding: {
      heading: report.gate.passed ? 'Rules that decided' : heading,
      rules: shown.map((rule) => ruleView(rule, context)),
      empty: shown.length === 0 ? 'The gate names no rule, because there was nothing to decide.' : null,
    },
    more:
      others.length === 0
        ? null
        : { heading: counted(others.length, 'more rule'), rules: others.map((rule) => ruleView(rule, context)) },
  };
}

function decision(report: Report): string {
  if (report.findings.length === 0) return 'was not audited';
  return report.gate.passed ? 'passes its policy' : 'does not pass its policy';
}

function ruleView(rule: Report['gate']['rules'][number], context: PageContext): Rule {
  const anchor = rule.cell === null ? undefined : context.anchors.get(rule.cell);
  return {
    mark: ruleMark(rule, context),
    sentence: sentence(rule.sentence),
    href: anchor === undefined ? null : `#${anchor}`,
  };
}

/** The word for the finding that the rule is about, where that says the same as the rule and more. */
function ruleMark({ holds, cell }: Report['gate']['rules'][number], { findings }: PageContext): Mark {
  const finding = cell === null ? undefined : findings.get(cell);
  if (finding === undefined) return holdsMark(holds);
  const status = statusOf(finding);
  const keepsFromPassing = isOpen(status) && status.word !== 'waived';
  return keepsFromPassing === holds ? holdsMark(holds) : status;
}

function bannerFacts({ target, policy, data }: Report, timings: Timings): Fact[] {
  const test = data.find(({ role }) => role === 'test');
  return [
    ...(target === null ? [] : [codeFact('Model sha256', name(shortDigest(target.digest)))]),
    fact('Date', formatTime(timings.finished) ?? 'unknown'),
    fact('Duration', durationOf(timings)),
    fact('Policy', `${name(policy.preset)}, ${name(shortDigest(policy.digest))}`),
    ...(test === undefined
      ? []
      : [
          fact(
            'Test samples',
            test.used === test.available
              ? formatCount(test.used)
              : `${formatCount(test.used)} of ${formatCount(test.available)}`,
          ),
        ]),
  ];
}

export function durationOf({ started, finished }: Timings): string {
  return formatDuration((Date.parse(finished) - Date.parse(started)) / 1000);
}
