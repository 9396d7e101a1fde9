import { AssayError } from '#base/errors';
import { canonicalJson, type JsonObject } from '#base/json';
import type { Finding } from '#report/report';
import { answered, type Found, type MatcherResult } from './answer.js';
import { refuseForRecorded, refuseUnknown, type Matcher, type PassOptions } from './options.js';
import type { MatcherContext } from './paint.js';
import type { Recorded } from './recorded.js';
import { idOf, matcherAudit, optionsOf, runAudit, type Named } from './run-audit.js';

/** A matcher that is a short form of `toPassAudit`, or that itself. */
export interface Passing {
  readonly matcher: Matcher;
  readonly named: Named;
  /** As the test wrote them. */
  readonly written: object;
  /** The same, as `toPassAudit` takes them. */
  readonly options: PassOptions;
  /** The options that choose cells of a report, and so may be given for one. */
  readonly choosing: readonly string[];
}

/** What `toPassAudit` and all short forms of it do. */
export function passes(
  context: MatcherContext,
  received: unknown,
  { matcher, named, written, options, choosing }: Passing,
): MatcherResult | Promise<MatcherResult> {
  return answered(context, received, {
    matcher,
    expected: () => (typeof named === 'string' ? named : idOf(named, matcher)),
    hasOptions: Object.keys(written).length > 0,
    look: (recorded) => {
      refuseUnknown(matcher, written);
      refuseForRecorded(matcher, written, choosing);
      return cellsIn(recorded, idOf(named, matcher), optionsOf(named, options.options));
    },
    run: async () => {
      refuseUnknown(matcher, written);
      const { preset, thresholds = {} } = options;
      const id = idOf(named, matcher);
      const bars = Object.values(thresholds).some((value) => value !== undefined) ? { [id]: thresholds } : {};
      const policy = { preset, audits: bars };
      return runAudit(received, matcherAudit({ matcher, named, options: options.options, policy }, options));
    },
  });
}

/** The cells of an audit whose options are the given ones, as far as these go. */
function cellsIn({ kind, findings, folder }: Recorded, id: string, options: JsonObject): Found {
  const named = findings.filter(({ audit }) => audit === id);
  const cells = named.filter((finding) => fits(finding, options));
  if (cells.length > 0) return { findings: cells, folder };
  const what = named.length > 0 ? `the ${kind} has ${id} with other options` : `the ${kind} has no ${id}`;
  const others = [...new Set(findings.map(({ audit }) => audit))].join(', ');
  throw new AssayError('usage', { what: others === '' ? what : `${what}; it has ${others}` });
}

function fits(finding: Finding, options: JsonObject): boolean {
  const own = finding.options as JsonObject;
  return Object.entries(options).every(
    ([key, value]) =>
      value === undefined || (own[key] !== undefined && canonicalJson(own[key]) === canonicalJson(value)),
  );
}
