import { shortDigest } from '#base/digest';
import type { Change, Finding } from '#report/report';
import { formatP, formatPercent } from '../../format.js';
import type { PageContext } from './context.js';
import { anchorOf } from './overview.js';
import { titleOf } from './rules.js';
import type { ChangesView, Fact, Mark } from './schema.js';
import { codeFact, fact, headed } from './words.js';

const MOST_CHANGES = 50;

/** Better or worse than last time? What changed by more than chance, each with its test; null without a baseline. */
export function changes(context: PageContext): ChangesView | null {
  const { report, words } = context;
  if (report.baseline === null) return null;
  const all = context.ordered.flatMap((finding) => finding.changes.map((change) => ({ finding, change })));
  const changed = all.filter(({ change }) => change.direction !== 'same');
  const worse = changed.filter(({ change }) => change.direction === 'worse');
  const better = changed.filter(({ change }) => change.direction === 'better');
  const { shown, left } = headed([...worse, ...better], MOST_CHANGES);
  return {
    facts: baselineFacts(context, report.baseline),
    sentence: summary(changed.length, all.length, context),
    rows: shown.map(({ finding, change }) => row(finding, change, context)),
    rest: left === 0 ? null : words.changes.left(left),
  };
}

function summary(changed: number, compared: number, { words }: PageContext): string {
  if (compared === 0) return words.changes.uncompared;
  return changed === 0 ? words.changes.unchanged(compared) : words.changes.some(changed, compared);
}

function baselineFacts(
  { report, words, write }: PageContext,
  { file, digest, target }: NonNullable<PageContext['report']['baseline']>,
): Fact[] {
  const { changes } = words;
  const isSame = target !== null && target.digest === report.target?.digest;
  return [
    codeFact(changes.file, write.name(file)),
    codeFact(changes.digest, write.name(shortDigest(digest))),
    target === null
      ? fact(changes.model, changes.noModel)
      : fact(
          changes.model,
          words.list([write.name(target.name), write.name(shortDigest(target.digest))]),
          isSame ? changes.same : changes.other,
        ),
  ];
}

function row(finding: Finding, change: Change, context: PageContext): ChangesView['rows'][number] {
  const { words, write } = context;
  return {
    mark: directionMark(change, context),
    href: anchorOf(finding, context),
    title: titleOf(finding, context),
    label: write.english(change.label),
    values: words.changes.values(formatPercent(change.before), formatPercent(change.now)),
    counts: words.changes.counts(change.lost, change.won, change.n),
    test: write.english(change.test),
    p: formatP(change.p),
  };
}

function directionMark({ direction }: Change, { words }: PageContext): Mark {
  return direction === 'worse'
    ? { word: words.changes.worse, shape: '▼', tone: 'failed' }
    : { word: words.changes.better, shape: '▲', tone: 'passed' };
}
