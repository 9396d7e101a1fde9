import { AssayError } from '#base/errors';
import { canonicalJson } from '#base/json';
import { COMPARISON } from '#config/policy';
import type { Finding } from '#report/report';
import { answered, type Found, type MatcherResult } from './answer.js';
import { isFileTable, isFileTarget } from './declared.js';
import { auditFile } from './file-audit.js';
import { refuseForRecorded, refuseUnknown, type RegressionOptions } from './options.js';
import type { MatcherContext } from './paint.js';
import type { Recorded } from './recorded.js';
import { idOf, matcherAudit, type Named } from './run-audit.js';

const MATCHER = 'toHaveNoRegression';

/** Passes only when every comparison with the baseline that is meant passes, and there is one. */
export function hasNoRegression(
  context: MatcherContext,
  received: unknown,
  named: Named | undefined,
  options: RegressionOptions,
): MatcherResult | Promise<MatcherResult> {
  return answered(context, received, {
    matcher: MATCHER,
    expected: () => (named === undefined ? '' : idOf(named, MATCHER)),
    hasOptions: Object.keys(options).length > 0,
    look: (recorded) => {
      refuseUnknown(MATCHER, options);
      refuseForRecorded(MATCHER, options, []);
      return comparisonsIn(recorded, named);
    },
    run: async () => {
      refuseUnknown(MATCHER, options);
      return compared(received, named, options);
    },
  });
}

function comparisonsIn({ kind, findings, folder }: Recorded, named: Named | undefined): Found {
  const all = findings.filter(isComparison);
  const id = named === undefined ? null : `${COMPARISON}${idOf(named, MATCHER)}`;
  const meant = id === null ? all : all.filter(({ audit }) => audit === id);
  if (meant.length > 0) return { findings: meant, folder };
  throw new AssayError('usage', {
    what: kind === 'finding' ? 'this finding is no comparison with a baseline' : nothingIn(all, id),
    ...(all.length === 0 ? { mend: 'Name what `assay bless` wrote as `baseline` in the config.' } : {}),
  });
}

function nothingIn(all: readonly Finding[], id: string | null): string {
  if (all.length === 0 || id === null) return 'the run was compared with no baseline';
  return `the report has no ${id}; it has ${namesOf(all)}`;
}

async function compared(received: unknown, named: Named | undefined, options: RegressionOptions): Promise<Found> {
  const { baseline, alpha, drop, ...rest } = options;
  if (!isFileTarget(received) && !isFileTable(received)) {
    throw new AssayError('usage', {
      where: MATCHER,
      what: 'what it got cannot be compared with a baseline',
      mend: 'Give a target({ file, head, domain }) with an audit and `baseline`, a report, the result of `audit()`, or the folder of a run.',
    });
  }
  if (named === undefined || baseline === undefined) {
    const lacking = named === undefined ? 'an audit' : '`baseline`';
    throw new AssayError('usage', {
      where: MATCHER,
      what: `it needs ${lacking}`,
      mend: "As in toHaveNoRegression(pgd({ norm: 'Linf', epsilons: 0.1 }), { on, baseline: 'assay.baseline.json' }).",
    });
  }
  const policy = { regression: { alpha, drop } };
  const audit = matcherAudit({ matcher: MATCHER, named, options: rest.options, policy }, rest);
  const { findings, folder } = isFileTable(received)
    ? await auditFile(null, { ...audit, data: { ...audit.data, table: received } }, baseline)
    : await auditFile(received, audit, baseline);
  return { findings: ofAudit(findings, baseline), folder };
}

/** A baseline of a whole run has other audits too, and maybe this one with other options: these are not this test's. */
function ofAudit([own, ...others]: readonly Finding[], baseline: string): readonly Finding[] {
  const meant = others.filter(
    ({ audit, options }) =>
      own !== undefined &&
      audit === `${COMPARISON}${own.audit}` &&
      canonicalJson(options) === canonicalJson(own.options),
  );
  if (meant.length > 0) return meant;
  throw new AssayError('usage', {
    where: baseline,
    what: `the baseline does not have ${own?.audit ?? 'it'} with these options; it has ${namesOf(others)}`,
    mend: 'Bless a run that has it, or give the options of that run.',
  });
}

function isComparison({ audit }: Finding): boolean {
  return audit.startsWith(COMPARISON);
}

function namesOf(comparisons: readonly Finding[]): string {
  const names = new Set(comparisons.filter(isComparison).map(({ audit }) => audit.slice(COMPARISON.length)));
  return [...names].join(', ');
}
