import type { Finding, Report } from '#report/report';
import { leadMeasure, measureCells } from '../../measure.js';
import { isOpen, statusOf } from '../../status.js';
import type { PageContext } from './context.js';
import { anchorOf } from './overview.js';
import type { Phrase } from './phrase-schema.js';
import type { Mark, Rule } from './schema.js';
import { holdsMark, markOf, setterOf } from './words.js';

type GateRule = Report['gate']['rules'][number];

/** A rule in one line: what it is about, the number, the bar and who set it; its own sentence where there is no number. */
export function ruleView(rule: GateRule, context: PageContext): Rule {
  const { words, write, findings } = context;
  const own = write.sentence(rule.sentence);
  const finding = rule.cell === null ? undefined : findings.get(rule.cell);
  if (finding === undefined) {
    return { mark: holdsMark(rule.holds, words), title: null, measured: null, notes: [own] };
  }
  const measured = measuredOf(finding, context);
  const because = measured === null ? [own] : undecidedBecause(finding, context);
  return {
    mark: ruleMark(rule, finding, context),
    title: { phrase: titleOf(finding, context), href: anchorOf(finding, context) },
    measured,
    notes: [...because, ...waivedBy(finding, context)],
  };
}

export function titleOf({ title, texts }: Finding, { write, language }: PageContext): Phrase {
  return write.title(title, language === 'en' ? undefined : texts[language]?.title);
}

/** The word for the finding that the rule is about, where that says the same as the rule and more. */
function ruleMark({ holds }: GateRule, finding: Finding, { words }: PageContext): Mark {
  const status = statusOf(finding);
  const keepsFromPassing = isOpen(status) && status.word !== 'waived';
  return keepsFromPassing === holds ? holdsMark(holds, words) : markOf(status, words);
}

function measuredOf(finding: Finding, { words, write, units }: PageContext): Rule['measured'] {
  const measure = leadMeasure(finding);
  if (measure === null) return null;
  const { value, interval, n, threshold, setBy } = measureCells(measure, units, words);
  const number = words.verdict.number(value ?? words.notMeasured, interval, n);
  const bar = threshold === null ? words.verdict.noBar : words.verdict.asked(threshold);
  return {
    label: write.english(measure.label),
    number: words.sentenceParts([number, bar]),
    setBy: setBy === null ? null : setterOf(setBy, words, write),
  };
}

/** A number above its bar that does not count has to say why. */
function undecidedBecause({ status, reasons, signs }: Finding, { write }: PageContext): Phrase[] {
  if (status !== 'inconclusive' && status !== 'error') return [];
  const because = signs.find(({ holds }) => !holds)?.sentence ?? reasons[0];
  return because === undefined ? [] : [write.sentence(because)];
}

function waivedBy(finding: Finding, { words, write }: PageContext): Phrase[] {
  if (finding.waiver === null || statusOf(finding).word !== 'waived') return [];
  const { expires, owner } = finding.waiver;
  return [write.own(words.verdict.waived(write.name(expires), write.name(owner)))];
}
