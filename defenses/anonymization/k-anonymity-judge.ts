import { Type, type Static } from '@sinclair/typebox';
import { counted, grouped, percent } from '#base/format';
import type { JudgePolicy, Verdict } from '#plugin/plugin';
import type { Measure } from '#report/report';
import type { KAnonymityEvidence } from './k-anonymity-census.js';
import {
  commonReasons,
  CONVENTIONS,
  NO_QUASI_IDENTIFIER,
  NO_RECORDS,
  suppressedSentence,
  undecided,
  type Unjudged,
  verdictBy,
} from './words.js';

export const KAnonymityPolicy = Type.Object(
  {
    recordsAtRisk: Type.Object(
      {
        atMost: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Share of records that may be in classes of fewer than k.',
        }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export type KAnonymityPolicy = Static<typeof KAnonymityPolicy>;

/** Records that are in a class: all but the suppressed ones. */
export function recordsInClasses(data: KAnonymityEvidence): number {
  return data.records - data.suppressed;
}

/** Fails where more records than the policy allows are in classes of fewer than k. */
export function judgeKAnonymity(data: KAnonymityEvidence, policy: JudgePolicy<KAnonymityPolicy>): Verdict {
  const nothing = nothingToJudge(data);
  if (nothing !== null) return undecided(nothing);
  return verdictBy(measuresOf(data, policy), {
    claim: claimOf(data, policy.thresholds.recordsAtRisk.atMost),
    reasons: reasonsOf(data),
  });
}

function nothingToJudge(data: KAnonymityEvidence): Unjudged | null {
  if (data.quasiIdentifiers.length === 0) return NO_QUASI_IDENTIFIER;
  const n = recordsInClasses(data);
  if (n >= data.k) return null;
  if (data.records === 0) return NO_RECORDS;
  return {
    claim: `The table has ${counted(n, 'record')} with a quasi-identifier, and a class of k = ${data.k} needs ${data.k}.`,
    reasons: [
      'A table that small can only be k-anonymous for a smaller `k`.',
      ...(data.suppressed > 0 ? [suppressedSentence(data.suppressed)] : []),
    ],
  };
}

function claimOf(data: KAnonymityEvidence, atMost: number): string {
  const n = recordsInClasses(data);
  const convention = `k = ${data.k}; ${CONVENTIONS[data.missing]}`;
  const columns = `${data.quasiIdentifiers.length === 1 ? 'its' : 'all its'} ${counted(data.quasiIdentifiers.length, 'quasi-identifier')}`;
  if (data.recordsBelowK === 0) {
    return `Each of ${counted(n, 'record')} shares ${columns} with at least ${counted(data.smallestClass - 1, 'other')} (${convention}).`;
  }
  const share = `${grouped(data.recordsBelowK)} of ${counted(n, 'record')} (${percent(data.recordsBelowK / n)})`;
  const bar = atMost === 0 ? 'none' : `at most ${percent(atMost)}`;
  return `${share} share their ${counted(data.quasiIdentifiers.length, 'quasi-identifier')} with ${data.k === 2 ? 'no other' : `fewer than ${grouped(data.k - 1)} others`} (${convention}); the policy allows ${bar}.`;
}

function reasonsOf(data: KAnonymityEvidence): string[] {
  return commonReasons(
    data,
    data.sampleUniques > 0
      ? [`${counted(data.sampleUniques, 'record')} ${data.sampleUniques === 1 ? 'agrees' : 'agree'} with no other.`]
      : [],
  );
}

function measuresOf(data: KAnonymityEvidence, { thresholds, setBy }: JudgePolicy<KAnonymityPolicy>): Measure[] {
  const n = recordsInClasses(data);
  const atRisk = data.recordsBelowK / n;
  const { atMost } = thresholds.recordsAtRisk;
  const measure = (id: string, label: string, format: Measure['format'], value: number): Measure => ({
    id,
    label,
    value,
    format,
    n,
    interval: null,
    threshold: null,
  });
  return [
    {
      ...measure('records-at-risk', `Records in classes of fewer than ${data.k}`, 'rate', atRisk),
      threshold: { comparison: 'at-most', value: atMost, compared: atRisk, holds: atRisk <= atMost, setBy },
    },
    measure('smallest-class', 'Smallest class', 'count', data.smallestClass),
    measure('sample-uniques', 'Records that agree with no other', 'rate', data.sampleUniques / n),
    measure('highest-risk', 'Highest prosecutor risk', 'rate', data.risk.highest),
    measure('average-risk', 'Average prosecutor risk over records', 'rate', data.risk.average),
    ...(data.risk.marketer === null
      ? []
      : [measure('marketer-risk', 'Marketer risk: classes / records', 'rate', data.risk.marketer)]),
  ];
}
