import { counted, formatCount } from '../format.js';
import { coded, named, some } from '../model-card/tables.js';
import { limitsOf } from '../model-card/limits.js';
import { verdictOf } from '../status.js';
import { findingsInWords, measuredIn, measureInWords, type Facts } from './facts.js';
import type { Point } from './point.js';

/** Annex IV, points 3 to 9: operation, risks, changes, standards and what follows. */
export const OPERATION: readonly Point[] = [
  {
    id: '3',
    title: 'Monitoring, functioning and control',
    items: [
      {
        asked: 'Capabilities and limits in performance',
        evidence: limits,
        provider: 'Capabilities and limits of the system in its use.',
      },
      {
        asked: 'Accuracy for the persons or groups on whom the system is meant to be used',
        evidence: (facts) => findingsInWords(facts, measuredIn(facts, ['subgroups'])),
        provider: 'Which persons or groups these are, and the accuracy for each.',
      },
      {
        asked: 'The overall accuracy to be expected for the purpose',
        evidence: ({ report: { target }, units }) =>
          target?.accuracy == null ? null : `On clean test data: ${measureInWords(target.accuracy, units)}.`,
        provider: 'What that means for the intended purpose.',
      },
      {
        asked:
          'Foreseeable unintended outcomes, and sources of risk to health, safety, fundamental rights and equal treatment',
        evidence: (facts) => {
          const failed = facts.report.findings.filter(({ status }) => status === 'fail');
          const words = findingsInWords(facts, failed);
          return words === null ? null : `Failures that the audit brought about: ${words}`;
        },
        provider: 'Outcomes and risks in the light of the intended purpose.',
      },
      { asked: 'Human oversight under Article 14, with aids to interpretation', provider: 'The oversight measures.' },
      {
        asked: 'Specifications of the input data',
        evidence: inputData,
        provider: 'What the data has to be in use: quality, source, conditions of recording.',
      },
    ],
  },
  {
    id: '4',
    title: 'Appropriateness of the performance metrics',
    items: [
      {
        asked: 'Why the metrics fit this system',
        evidence: metrics,
        provider: 'Why these metrics and thresholds fit the purpose.',
      },
    ],
  },
  {
    id: '5',
    title: 'Risk management',
    items: [
      {
        asked: 'The risk management system under Article 9',
        evidence: residualRisks,
        provider: 'The risk management system; for each entry of table D, whether the residual risk is acceptable.',
      },
    ],
  },
  {
    id: '6',
    title: 'Changes through the lifecycle',
    items: [
      {
        asked: 'Relevant changes that the provider made',
        evidence: changes,
        provider: 'What was changed, when and why.',
      },
    ],
  },
  {
    id: '7',
    title: 'Standards',
    items: [
      {
        asked: 'The harmonised standards applied, in full or in part',
        provider: 'The list, with references of the Official Journal.',
      },
      {
        asked: 'Where none were applied: the solutions, and other standards and specifications',
        evidence: ({ report }) =>
          report.findings.some(({ frameworks }) => Object.keys(frameworks).length > 0)
            ? 'Clauses of frameworks that findings are evidence toward: table F. That a framework was applied does not follow.'
            : null,
        provider: 'The solutions that meet Chapter III, Section 2, and the standards and specifications applied.',
      },
    ],
  },
  {
    id: '8',
    title: 'EU declaration of conformity',
    items: [{ asked: 'A copy of the declaration under Article 47', provider: 'The declaration.' }],
  },
  {
    id: '9',
    title: 'Performance after the market',
    items: [
      {
        asked: 'The system of evaluation under Article 72, with the plan under Article 72(3)',
        provider: 'The system and the monitoring plan.',
      },
    ],
  },
];

function limits({ report }: Facts): string | null {
  const kinds = limitsOf(report);
  if (kinds.length === 0) return null;
  const words = kinds.map(({ kind, sentences }) => `${kind.toLowerCase()}: ${formatCount(sentences.length)}`);
  return `Limits of what was measured, in words: table C (${words.join('; ')}).`;
}

function inputData({ report: { target } }: Facts): string | null {
  if (target === null) return null;
  const { kind, shape, range, layout, mean, std } = target.domain;
  const parts = [
    `kind ${named(kind)}`,
    `shape ${shape.join(' x ')}`,
    ...(layout === null ? [] : [`layout ${named(layout)}`]),
    ...(range === null ? [] : [`values from ${range[0]} to ${range[1]}`]),
    ...(mean.length === 0 ? [] : [`normalized by mean ${some(mean.map(String))}`]),
    ...(std.length === 0 ? [] : [`by standard deviation ${some(std.map(String))}`]),
  ];
  return `As declared to the audit: ${parts.join(', ')}.`;
}

function metrics({ report: { findings, policy } }: Facts): string | null {
  const measures = findings.flatMap((finding) => finding.measures);
  if (measures.length === 0) return null;
  const methods = new Set(measures.flatMap(({ interval }) => (interval === null ? [] : [interval.method])));
  const bars = new Set(measures.flatMap(({ threshold }) => (threshold === null ? [] : [threshold.setBy])));
  const signs = findings.flatMap((finding) => finding.signs);
  const broken = signs.filter(({ holds }) => !holds).length;
  return [
    `${counted(measures.length, 'number')}, of which ${formatCount(measures.filter(({ interval }) => interval !== null).length)} with a 95 % interval (${some([...methods].map(named))}).`,
    `Thresholds by ${some([...bars].map(named))}; at least ${formatCount(policy.minimumSamples)} samples for a verdict.`,
    `Signs that a measurement can be trusted: hold ${formatCount(signs.length - broken)}, do not hold ${formatCount(broken)} (table C).`,
  ].join(' ');
}

function residualRisks({ report: { findings } }: Facts): string | null {
  if (findings.length === 0) return null;
  const open = findings.filter((finding) => isRisk(finding.status));
  const waived = open.filter(({ waiver }) => waiver !== null);
  const words = waived.map((finding) => `${coded(finding.audit)} (${verdictOf(finding).word})`);
  const accepted = waived.length === 0 ? 'none waived' : `${formatCount(waived.length)} waived: ${some(words)}`;
  return `${counted(open.length, 'finding')} that did not pass, as residual or unknown risks, with advice: table D (${accepted}).`;
}

/** What did not pass is a risk, or not known to be none. */
export function isRisk(status: Facts['report']['findings'][number]['status']): boolean {
  return status !== 'pass' && status !== 'not-applicable';
}

function changes({ report: { findings, baseline } }: Facts): string | null {
  if (baseline === null) return null;
  const all = findings.flatMap((finding) => finding.changes);
  const count = (direction: string) => formatCount(all.filter((change) => change.direction === direction).length);
  return `Against the baseline ${named(baseline.file)}, digest ${coded(baseline.digest)}: ${counted(all.length, 'rate')} compared on the same samples; ${count('worse')} worse and ${count('better')} better than by chance, ${count('same')} the same. Table E.`;
}
