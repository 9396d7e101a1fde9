import { Type, type Static } from '@sinclair/typebox';
import { counted, grouped, percent } from '#base/format';
import type { JudgePolicy, Verdict } from '#plugin/plugin';
import type { Measure } from '#report/report';
import {
  commonReasons,
  NO_QUASI_IDENTIFIER,
  NO_RECORDS,
  suppressedSentence,
  undecided,
  type Unjudged,
} from '../words.js';
import type { ColumnSet, DistinctionSearch } from './distinction.js';
import type { ReidentificationEvidence } from './re-identification-evidence.js';

const AtMost = (description: string) =>
  Type.Object({ atMost: Type.Number({ minimum: 0, maximum: 1, description }) }, { additionalProperties: false });

export const ReidentificationPolicy = Type.Object(
  {
    highestRisk: AtMost('The largest probability with which any record may be found again.'),
    averageRisk: AtMost('The largest mean of that probability over records; it is the marketer risk too.'),
    recordsAtRisk: AtMost('Share of records whose own risk may be above `riskThreshold`.'),
  },
  { additionalProperties: false },
);

export type ReidentificationPolicy = Static<typeof ReidentificationPolicy>;

/** Fails where a risk is above the policy's; undecided where columns that nobody declared tell people apart. */
export function judgeReidentification(
  data: ReidentificationEvidence,
  policy: JudgePolicy<ReidentificationPolicy>,
): Verdict {
  const nothing = nothingToJudge(data);
  if (nothing !== null) return undecided(nothing);
  const measures = measuresOf(data, policy);
  const isWithin = measures.every(({ threshold }) => threshold === null || threshold.holds);
  const open = openQuestion(data.undeclared);
  return {
    status: !isWithin ? 'fail' : open === null ? 'pass' : 'inconclusive',
    claim: isWithin && open !== null ? open.claim : claimOf(data, policy.thresholds),
    reasons: [...(open === null ? [] : isWithin ? open.reasons : [open.claim, ...open.reasons]), ...reasonsOf(data)],
    measures,
    signs: [],
  };
}

/** What the search for undeclared quasi-identifiers found, in one sentence for each set. */
export function undeclaredSentence({ columns, distinction, withDeclared }: ColumnSet): string {
  const names = columns.join(', ');
  const alone = `${names} ${columns.length === 1 ? 'has' : 'have together'} a distinction of ${percent(distinction)}`;
  return withDeclared === null
    ? `${alone}.`
    : `${alone}, and of ${percent(withDeclared.distinction)} with the declared quasi-identifiers.`;
}

function recordsInClasses(data: ReidentificationEvidence): number {
  return data.records - data.suppressed;
}

function nothingToJudge(data: ReidentificationEvidence): Unjudged | null {
  if (data.records === 0) return NO_RECORDS;
  if (data.quasiIdentifiers.length === 0) {
    const open = openQuestion(data.undeclared);
    if (open === null) return NO_QUASI_IDENTIFIER;
    return { claim: NO_QUASI_IDENTIFIER.claim, reasons: [...NO_QUASI_IDENTIFIER.reasons, open.claim] };
  }
  if (recordsInClasses(data) > 0) return null;
  return {
    claim: 'No record has a quasi-identifier left, so there is no class to look at.',
    reasons: [suppressedSentence(data.suppressed)],
  };
}

function openQuestion(search: DistinctionSearch): Unjudged | null {
  const { sets, bar, isComplete, maximumSize } = search;
  const [first] = sets;
  if (first !== undefined) {
    return {
      claim: `${counted(sets.length, 'set')} of undeclared columns ${sets.length === 1 ? 'tells' : 'tell'} at least ${percent(bar)} of the records apart; ${undeclaredSentence(first)}`,
      reasons: [
        'Declare each of these columns as what it is in `data.table.roles`: a quasi-identifier where an adversary may know it, sensitive where nobody does.',
      ],
    };
  }
  if (isComplete) return null;
  return {
    claim: `Not all sets of up to ${maximumSize} undeclared columns could be counted, so it is open whether one tells people apart.`,
    reasons: ['Declare the roles of more columns in `data.table.roles`, or lower `columnsTogether`.'],
  };
}

function claimOf(data: ReidentificationEvidence, thresholds: ReidentificationPolicy): string {
  const { risks, riskThreshold } = data;
  const n = recordsInClasses(data);
  const bars = `highest ${percent(thresholds.highestRisk.atMost)}, average ${percent(thresholds.averageRisk.atMost)}, above the threshold ${percent(thresholds.recordsAtRisk.atMost)}`;
  return `A record is found again with a probability of up to ${percent(risks.highest)}, ${percent(risks.average)} on average; ${grouped(risks.recordsAtRisk)} of ${counted(n, 'record')} (${percent(risks.shareAtRisk)}) are above ${percent(riskThreshold)}. The policy allows: ${bars}.`;
}

function reasonsOf(data: ReidentificationEvidence): string[] {
  const { uniqueness, undeclared } = data;
  return commonReasons(data, [
    'A missing value is a value of its own.',
    ...(data.sampleUniques > 0
      ? [`${counted(data.sampleUniques, 'record')} ${data.sampleUniques === 1 ? 'agrees' : 'agree'} with no other.`]
      : []),
    ...(uniqueness === null ? [] : [uniquenessSentence(uniqueness)]),
    ...(undeclared.isComplete && undeclared.sets.length === 0 && undeclared.candidates.length > 0
      ? [
          `No set of up to ${undeclared.maximumSize} of the ${counted(undeclared.candidates.length, 'undeclared column')} has a distinction of ${percent(undeclared.bar)}.`,
        ]
      : []),
  ]);
}

function uniquenessSentence({ share, fraction, because }: NonNullable<ReidentificationEvidence['uniqueness']>): string {
  const found =
    share === null
      ? 'how many of its people are unique is not known'
      : `${percent(share)} of its people are unique in it`;
  return `The table is ${percent(fraction)} of its population, and by estimate ${found}. ${because}`;
}

function measuresOf(
  data: ReidentificationEvidence,
  { thresholds, setBy }: JudgePolicy<ReidentificationPolicy>,
): Measure[] {
  const n = recordsInClasses(data);
  const measure = (id: string, label: string, value: number, format: Measure['format'] = 'rate'): Measure => ({
    ...{ id, label, value, format, n },
    interval: null,
    threshold: null,
  });
  const judged = (id: string, label: string, value: number, { atMost }: { readonly atMost: number }): Measure => ({
    ...measure(id, label, value),
    threshold: { comparison: 'at-most', value: atMost, compared: value, holds: value <= atMost, setBy },
  });
  const { risks, riskThreshold, uniqueness } = data;
  return [
    judged('highest-risk', 'Highest prosecutor risk', risks.highest, thresholds.highestRisk),
    judged('average-risk', 'Average prosecutor risk over records', risks.average, thresholds.averageRisk),
    judged(
      'records-at-risk',
      `Records with a risk above ${percent(riskThreshold)}`,
      risks.shareAtRisk,
      thresholds.recordsAtRisk,
    ),
    measure('marketer-risk', 'Marketer risk: classes / records', data.classes / n),
    measure('sample-uniques', 'Records that agree with no other', data.sampleUniques / n),
    ...(uniqueness?.share == null
      ? []
      : [
          {
            ...measure('population-uniques', 'Unique people in the population, by estimate', uniqueness.share),
            n: uniqueness.population,
          },
        ]),
    measure('smallest-class', 'Smallest class', data.smallestClass, 'count'),
    measure(
      'undeclared-sets',
      'Sets of undeclared columns that tell people apart',
      data.undeclared.sets.length,
      'count',
    ),
  ];
}
