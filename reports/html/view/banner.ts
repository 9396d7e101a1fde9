import { shortDigest } from '#base/digest';
import type { Report, Timings } from '#report/report';
import { formatCount, formatTime } from '../../format.js';
import { gateStatus, tally } from '../../status.js';
import type { Finding } from '#report/report';
import type { PageContext } from './context.js';
import { ruleView } from './rules.js';
import type { BannerView, Fact } from './schema.js';
import { codeFact, fact, headed, markOf } from './words.js';

const MOST_RULES = 12;
/** Of the rules that are folded away: the rest of them say no more than the table of findings. */
const MOST_MORE_RULES = 200;

/** May this ship? The decision in words, and the rules that made it. */
export function banner(context: PageContext, timings: Timings): BannerView {
  const { report, words, write } = context;
  const { verdict } = words;
  const broken = report.gate.rules.filter(({ holds }) => !holds);
  const decisive = broken.length > 0 ? broken : report.gate.rules;
  const { shown } = headed(decisive, MOST_RULES);
  const taken = new Set(shown);
  const others = report.gate.rules.filter((rule) => !taken.has(rule));
  const more = headed(others, MOST_MORE_RULES);
  return {
    mark: markOf(gateStatus(report), words),
    model: report.target === null ? null : write.name(report.target.name),
    decision: decision(context),
    sentence:
      report.findings.length === 0
        ? verdict.nothing
        : verdict.tally(report.findings.length, tallyInWords(report.findings, context)),
    facts: bannerFacts(context, timings),
    deciding: {
      heading: !report.gate.passed && broken.length > 0 ? verdict.why : verdict.rules,
      rules: shown.map((rule) => ruleView(rule, context)),
      rest: shown.length === 0 ? verdict.noRule : null,
    },
    more:
      others.length === 0
        ? null
        : {
            heading: verdict.moreRules(others.length),
            rules: more.shown.map((rule) => ruleView(rule, context)),
            rest: more.left === 0 ? null : verdict.rulesLeft(more.left),
          },
  };
}

/** `2 failed, 1 inconclusive, 6 passed` in the page's language. */
export function tallyInWords(findings: readonly Finding[], { words }: PageContext): string {
  return words.list(tally(findings).map(({ status, count }) => words.statusOf(count, words.status[status.word])));
}

function decision({ report, words: { verdict } }: PageContext): string {
  const isModel = report.target !== null;
  if (report.findings.length === 0) return isModel ? verdict.unaudited : verdict.runUnaudited;
  if (report.gate.passed) return isModel ? verdict.passes : verdict.runPasses;
  return isModel ? verdict.fails : verdict.runFails;
}

function bannerFacts(context: PageContext, timings: Timings): Fact[] {
  const { words, write, report } = context;
  const { target, policy, data } = report;
  const { verdict } = words;
  const test = data.find(({ role }) => role === 'test');
  return [
    ...(target === null ? [] : [codeFact(verdict.digest, write.name(shortDigest(target.digest)))]),
    fact(verdict.date, formatTime(timings.finished) ?? words.unknown),
    fact(verdict.duration, durationOf(timings, context)),
    fact(verdict.policy, words.list([policyName(report, context), write.name(shortDigest(policy.digest))])),
    ...(test === undefined
      ? []
      : [
          fact(
            verdict.samples,
            test.used === test.available ? formatCount(test.used) : verdict.partOf(test.used, test.available),
          ),
        ]),
  ];
}

/** Its file with the preset that it starts from, or the preset alone. */
function policyName({ policy: { file, preset } }: Report, { write }: PageContext): string {
  return file === null ? write.name(preset) : `${write.name(file)} (${write.name(preset)})`;
}

export function durationOf({ started, finished }: Timings, { write }: PageContext): string {
  return write.duration((Date.parse(finished) - Date.parse(started)) / 1000);
}
