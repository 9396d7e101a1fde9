import { counted, formatCount, formatDuration, formatTime } from '../format.js';
import { coded, named, some } from '../model-card/tables.js';
import { tallyInWords } from '../status.js';
import { filesInWords, findingsInWords, measuredIn, measureInWords, type Facts } from './facts.js';
import type { Point } from './point.js';

/** Annex IV, point 2: the elements of the system and how it was developed. */
export const ELEMENTS: readonly Point[] = [
  {
    id: '2(a)',
    title: 'Development',
    items: [
      {
        asked: 'Methods and steps of the development, with pre-trained systems and tools of third parties',
        provider: 'The methods and steps, and how third-party systems and tools were used, integrated or changed.',
      },
    ],
  },
  {
    id: '2(b)',
    title: 'Design specifications',
    items: [
      {
        asked:
          'The general logic, the key choices with their reasons and assumptions, also about the persons concerned',
        provider: 'The logic, the choices and the assumptions.',
      },
      {
        asked: 'The main choices of classification',
        evidence: classification,
        provider: 'Why these classes.',
      },
      {
        asked: 'What the system is designed to optimise for, and the relevance of its parameters',
        provider: 'The objective and the parameters.',
      },
      {
        asked: 'The expected output and its quality',
        evidence: expectedOutput,
        provider: 'The quality that the purpose asks for.',
      },
      {
        asked: 'Trade-offs made to meet the requirements of Chapter III, Section 2',
        provider: 'The decisions about trade-offs.',
      },
    ],
  },
  {
    id: '2(c)',
    title: 'Architecture and computing resources',
    items: [
      {
        asked: 'How the software components build on each other and are integrated',
        provider: 'The architecture of the system.',
      },
      {
        asked: 'The resources used to develop, train, test and validate',
        evidence: testResources,
        provider: 'The resources of development, training and validation.',
      },
    ],
  },
  {
    id: '2(d)',
    title: 'Data requirements',
    items: [
      {
        asked: 'Datasheets: methods of training, and a general description of the training data',
        evidence: trainingData,
        provider: 'The training methods and a description of the whole training data.',
      },
      {
        asked: 'Provenance, scope and main characteristics of the data',
        evidence: ({ report: { data } }) =>
          data.length === 0
            ? null
            : `Files with digests, samples, classes and columns of ${counted(data.length, 'data set')}: table B.`,
        provider: 'Where the data comes from, and whom or what it covers.',
      },
      {
        asked: 'How the data was obtained and selected',
        evidence: ({ report: { data } }) =>
          data.length === 0 ? null : 'How the audit drew its samples from the files: table B.',
        provider: 'How the data was obtained and selected before it came into these files.',
      },
      { asked: 'Labelling', provider: 'The labelling procedures.' },
      {
        asked: 'Cleaning, and the state of the data',
        evidence: (facts) => findingsInWords(facts, measuredIn(facts, ['data'])),
        provider: 'The cleaning methods, such as the detection of outliers.',
      },
    ],
  },
  {
    id: '2(e)',
    title: 'Human oversight, as assessed',
    items: [
      {
        asked: 'The oversight measures that Article 14 makes necessary',
        provider: 'The assessment.',
      },
      {
        asked: 'Technical means that help deployers to interpret the output, Article 13(3)(d)',
        evidence: (facts) => findingsInWords(facts, measuredIn(facts, ['explanations'])),
        provider:
          'The means that the system offers. The audit measured explanations of the model, not what deployers see.',
      },
    ],
  },
  {
    id: '2(f)',
    title: 'Changes determined beforehand',
    items: [
      {
        asked: 'Planned changes of the system and its performance, and how it stays compliant',
        provider: 'The planned changes, where there are any.',
      },
    ],
  },
  {
    id: '2(g)',
    title: 'Validation and testing',
    items: [
      {
        asked: 'The procedures',
        evidence: procedures,
        provider: 'The procedures of validation and testing beside this audit.',
      },
      {
        asked: 'The data used, and its main characteristics',
        evidence: testData,
        provider: 'The data of validation and testing beside this audit.',
      },
      {
        asked: 'Metrics of accuracy',
        evidence: ({ report: { target }, units }) =>
          target?.accuracy == null ? null : `On clean data: ${measureInWords(target.accuracy, units)}.`,
        provider: 'A measurement of the accuracy.',
        complete: true,
      },
      {
        asked: 'Metrics of robustness',
        evidence: (facts) => findingsInWords(facts, measuredIn(facts, ['evasion', 'corruption', 'certificates'])),
        provider: 'Robustness of the system against errors, faults and inconsistencies beside what was measured.',
      },
      {
        asked: 'Metrics of the other requirements of Chapter III, Section 2',
        evidence: ({ report }) =>
          report.findings.some(({ frameworks }) => Object.hasOwn(frameworks, 'eu-ai-act'))
            ? 'Which findings are evidence toward which article: table F.'
            : null,
        provider: 'Metrics of the requirements that table F does not name.',
      },
      {
        asked: 'Potentially discriminatory impacts',
        evidence: (facts) => findingsInWords(facts, measuredIn(facts, ['subgroups'])),
        provider:
          'Measurements for the groups that the purpose concerns. A difference between groups is not yet an impact.',
      },
      {
        asked: 'Test logs',
        evidence: testLogs,
        provider: 'Logs of the tests.',
        complete: true,
      },
      {
        asked: 'Test reports, dated and signed by the responsible persons, also about changes under 2(f)',
        evidence: ({ report, timings }) => {
          const date = formatTime(timings.finished);
          return report.findings.length === 0 || date === null
            ? null
            : `This audit ended ${date}; its report is \`report.json\`.`;
        },
        provider: 'Names and signatures: the space for them is at the end of this document.',
      },
    ],
  },
  {
    id: '2(h)',
    title: 'Cybersecurity measures',
    items: [
      {
        asked: 'The measures put in place',
        evidence: cybersecurity,
        provider:
          'The measures themselves. The audit measured what attacks achieve, not what is in place against them.',
      },
    ],
  },
];

function classification({ report: { target } }: Facts): string | null {
  if (target === null) return null;
  const labels = target.labels === null ? '' : `: ${some(target.labels.map(named))}`;
  return `Head ${named(target.head.kind)}, ${counted(target.head.outputs, 'output')}${labels}.`;
}

function expectedOutput({ report: { target }, units }: Facts): string | null {
  if (target === null) return null;
  const { head, accuracy = null } = target;
  const quality = accuracy === null ? 'not measured on clean data' : measureInWords(accuracy, units);
  return `${counted(head.outputs, 'value')}, ${named(head.scale)}; quality: ${quality}.`;
}

function testResources({ report, timings: { host, execution, cells } }: Facts): string | null {
  if (report.findings.length === 0) return null;
  const seconds = cells.reduce((sum, cell) => sum + cell.seconds, 0);
  return `This audit: ${formatDuration(seconds)} of cells by ${counted(execution.workers, 'worker')} on ${named(host.platform)}, ${counted(host.cpus, 'core')}, ${formatCount(host.memoryMiB)} MiB, device ${named(report.target?.device ?? 'none')}.`;
}

function trainingData({ report: { data } }: Facts): string | null {
  const cards = data.filter(({ role }) => role === 'train');
  if (cards.length === 0) return null;
  const words = cards.map(
    ({ files, digest, available }) =>
      `${formatCount(available)} samples, digest ${coded(digest)}, ${filesInWords(files)}`,
  );
  return `Given to the audit as training data: ${words.join('; ')}. That the model was trained on it was not verified.`;
}

function procedures({ report: { findings, policy, provenance } }: Facts): string | null {
  if (findings.length === 0) return null;
  return `${counted(findings.length, 'audit')}: ${tallyInWords(findings)}. Thresholds by policy ${named(policy.preset)}, digest ${coded(policy.digest)}; plan ${coded(provenance.planDigest)}. Assumed adversaries: table C.`;
}

function testData({ report: { data } }: Facts): string | null {
  const cards = data.filter(({ role }) => role !== 'train');
  if (cards.length === 0) return null;
  const words = cards.map(
    ({ role, used, available, digest }) =>
      `${named(role)}: ${formatCount(used)} of ${formatCount(available)}, digest ${coded(digest)}`,
  );
  return `${some(words)}. Files, classes and columns: table B.`;
}

function testLogs({ report: { findings, provenance }, timings }: Facts): string | null {
  if (findings.length === 0) return null;
  const [started, finished] = [timings.started, timings.finished].map((time) => formatTime(time) ?? 'unknown');
  return `The run folder: \`journal.jsonl\`, \`evidence/\`, \`timings.json\`. Started ${started ?? ''}, finished ${finished ?? ''}. Repeated by ${coded(provenance.command)}, seed ${coded(String(provenance.seed))}, config ${coded(provenance.configDigest)}.`;
}

function cybersecurity(facts: Facts): string | null {
  const attacks = facts.report.findings.filter(
    ({ frameworks, status }) =>
      Object.hasOwn(frameworks, 'eu-ai-act') &&
      (frameworks['eu-ai-act'] ?? []).includes('15(5)') &&
      ['pass', 'fail', 'inconclusive'].includes(status),
  );
  const words = findingsInWords(facts, attacks);
  return words === null ? null : `Findings toward Article 15(5): ${words}`;
}
