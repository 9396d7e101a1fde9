import type { ReportInput } from '#plugin/plugin';
import type { Finding } from '#report/report';
import {
  confusionTable,
  gapHistogram,
  garmentMaps,
  garmentPairs,
  groupsTable,
  PLAIN,
  reviewTokens,
  ROBUST,
  robustnessCurve,
} from './details.js';
import { example } from './example.js';
import { finding, rateMeasure, sign, TRUSTED } from './findings.js';
import { ExampleFolder } from './pictures.js';

export { HOSTILE, hostileReport } from './hostile.js';
export { largeReport } from './large.js';

/** Everything passed: the hardened classifier. */
export function passedReport(): ReportInput {
  const folder = new ExampleFolder();
  const findings = [
    finding('evasion/pgd', {
      title: 'Withstands projected gradient descent',
      claim:
        'Withstands PGD: 667 of 1,000 images keep their label at epsilon 0.1 (66.7 %, 95 % interval 63.7 to 69.6); the policy asks for 60 %.',
      measures: [rateMeasure('Robust accuracy at epsilon 0.1', 0.667, 0.6), rateMeasure('Clean accuracy', 0.874, null)],
      signs: [...TRUSTED],
      details: [robustnessCurve(ROBUST), garmentPairs(folder, 'pgd', 6)],
    }),
    finding('evasion/noise', {
      severity: 'medium',
      title: 'Withstands random noise',
      claim:
        'Withstands noise: 868 of 1,000 images keep their label at epsilon 0.1 (86.8 %, 95 % interval 84.6 to 88.8); the preset asks for 80 %.',
      measures: [rateMeasure('Robust accuracy at epsilon 0.1', 0.868, 0.8)],
    }),
    finding('training/adversarial', {
      area: 'training',
      severity: 'low',
      title: 'Hardening keeps the clean accuracy',
      claim: 'Keeps its clean accuracy: 85.1 % after hardening, 86.0 % before (n 1,000).',
      measures: [rateMeasure('Clean accuracy after hardening', 0.851, 0.8)],
    }),
    kAnonymity('pass'),
    completeness(folder),
  ];
  return example('fashion-cnn-robust', findings, folder);
}

/** One of everything: each status, each severity, each kind of detail. */
export function mixedReport(): ReportInput {
  const folder = new ExampleFolder();
  const findings = [
    finding('evasion/pgd', {
      status: 'fail',
      severity: 'critical',
      title: 'Falls to projected gradient descent',
      claim:
        'Falls to PGD: 41 of 1,000 images keep their label at epsilon 0.1 (4.1 %, 95 % interval 3.0 to 5.5); the policy asks for 60 %.',
      measures: [rateMeasure('Robust accuracy at epsilon 0.1', 0.041, 0.6), rateMeasure('Clean accuracy', 0.916, null)],
      signs: [...TRUSTED],
      details: [robustnessCurve(PLAIN), garmentPairs(folder, 'pgd', 6), confusionTable],
    }),
    finding('evasion/square', {
      status: 'inconclusive',
      title: 'Withstands the square attack',
      claim:
        'Cannot be decided: 893 of 1,000 images keep their label at epsilon 0.1 (89.3 %, 95 % interval 87.2 to 91.1), but random noise does better than the attack.',
      reasons: ['A weak attack says nothing about a strong one: the number is not compared with the bar.'],
      measures: [rateMeasure('Robust accuracy at epsilon 0.1', 0.893, 0.6, { threshold: null })],
      signs: [
        sign('beats-noise', false, 'Random noise of the same size changes 37 labels that the attack does not.'),
        ...TRUSTED.slice(1, 3),
      ],
      details: [
        robustnessCurve(
          [
            [0, 0.916],
            [0.025, 0.91],
            [0.05, 0.905],
            [0.1, 0.893],
          ],
          {
            untrusted: [{ from: 0.05, to: 0.1, because: 'random noise of the same size was stronger.' }],
          },
        ),
      ],
    }),
    finding('evasion/fgsm', {
      status: 'fail',
      severity: 'medium',
      title: 'Falls to the fast gradient sign method',
      claim:
        'Falls to FGSM: 214 of 1,000 images keep their label at epsilon 0.1 (21.4 %, 95 % interval 19.0 to 24.1); the preset asks for 60 %.',
      measures: [rateMeasure('Robust accuracy at epsilon 0.1', 0.214, 0.6)],
      waiver: {
        audit: 'evasion/fgsm',
        reason: 'Covered by evasion/pgd until the hardened model ships.',
        owner: 'J. Doe',
        expires: '2027-01-31',
      },
    }),
    finding('evasion/text-swap', {
      status: 'not-applicable',
      severity: 'low',
      title: 'Withstands swapped words',
      claim: 'Does not apply: the audit changes words, the target takes images.',
    }),
    finding('corruption/blur', {
      area: 'corruption',
      status: 'error',
      severity: 'medium',
      title: 'Withstands blur',
      claim:
        'Ended in an error: the worker exceeded its memory limit of 512 MiB at sample 256; raise `execution.memoryMiB`.',
      details: [severities()],
    }),
    finding('subgroup/accuracy', {
      area: 'subgroups',
      status: 'not-run',
      severity: 'medium',
      title: 'Is as right for every group',
      claim: 'Was not run: left out by --only.',
    }),
    finding('explanation/tokens', {
      area: 'explanations',
      severity: 'low',
      title: 'Names the words it reads',
      claim: 'Names its words on 2 of 2 controls.',
      details: [reviewTokens],
    }),
    kAnonymity('fail'),
    completeness(folder),
  ];
  return example('fashion-cnn-plain', findings, folder, {
    notTested: [
      { what: 'subgroup/accuracy', kind: 'without-number', because: 'Left out by --only.' },
      {
        what: 'Black-box attacks with a surrogate model',
        kind: 'unnamed',
        because: 'No audit of this kind is part of the config.',
      },
    ],
  });
}

/** Nothing was audited, and no model was opened. */
export function emptyReport(): ReportInput {
  const { report, timings, ...rest } = example('none', [], new ExampleFolder(), { threatModel: [], data: [] });
  return { ...rest, report: { ...report, target: null }, timings: { ...timings, cells: [] } };
}

function kAnonymity(status: 'pass' | 'fail'): Finding {
  const k = status === 'pass' ? 5 : 2;
  return finding('anonymization/k-anonymity', {
    area: 'data',
    status,
    title: status === 'pass' ? 'Hides each person among at least 5' : 'Hides some persons among fewer than 5',
    claim: `The smallest group of equal quasi-identifiers has ${k} rows (n 4,812); the policy asks for 5.`,
    measures: [
      {
        id: 'k',
        label: 'Rows in the smallest group',
        value: k,
        format: 'count',
        n: 4812,
        interval: null,
        threshold: { comparison: 'at-least', value: 5, compared: k, holds: k >= 5, setBy: 'policy file' },
      },
    ],
    details: status === 'pass' ? [] : [groupsTable],
    advice:
      'Generalize the age to steps of twenty years, or the post code to two digits.\nSuppress the rows of groups that stay too small.',
    sources: ['Sweeney 2002, k-anonymity: a model for protecting privacy'],
    frameworks: { 'eu-ai-act': ['10(5)'] },
    options: { k: 5 },
  });
}

function completeness(folder: ExampleFolder): Finding {
  return finding('explanation/completeness', {
    area: 'explanations',
    severity: 'low',
    title: 'Explanations add up',
    claim:
      'Attributions add up: 199 of 200 samples are within 0.05 of the change of their score (99.5 %, 95 % interval 97.2 to 99.9); the preset asks for 95 %.',
    measures: [
      rateMeasure('Samples within 0.05', 0.995, 0.95, {
        n: 200,
        interval: { low: 0.9722, high: 0.9991, method: 'Wilson' },
      }),
    ],
    details: [gapHistogram, garmentMaps(folder, 'completeness', 2)],
    sources: ['Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365, section 3'],
    frameworks: { 'eu-ai-act': ['13(1)'] },
    options: { steps: 50 },
  });
}

/** Several measured series: more than one frame can tell apart. */
function severities() {
  const series = ['motion', 'defocus', 'glass', 'zoom', 'fog'].map((name, i) => ({
    name,
    role: 'measured' as const,
    points: [1, 2, 3].map((x) => ({ x, y: 0.9 - 0.06 * x - 0.05 * i * (x / 2) })),
  }));
  return {
    kind: 'curve' as const,
    title: 'Accuracy by severity',
    description: 'Measured before the error, on 256 of 1,000 samples.',
    x: { label: 'Severity', format: 'count' as const },
    y: { label: 'Accuracy', format: 'rate' as const },
    series,
  };
}
