import { digestOfBytes } from '#base/digest';
import type { Finding, Measure, Sign } from '#report/report';
import { intervalAround } from './details.js';

/** Parts of findings with ordinary values, for the example reports. */

export function finding(audit: string, parts: Partial<Finding> = {}): Finding {
  return {
    cell: digestOfBytes(`cell of ${audit}`),
    audit,
    area: 'evasion',
    status: 'pass',
    severity: 'high',
    title: `Withstands ${audit}`,
    claim: `${audit} found nothing above the bar.`,
    reasons: [],
    measures: [],
    signs: [],
    details: [],
    advice:
      'Train on perturbed samples: `assay harden`.\nThen run this audit again on the hardened model, with the same seed.',
    description:
      'Projected gradient ascent on the loss within a ball around each sample, from random starts; the worst outcome of each sample counts.',
    sources: ['Madry et al. 2018, Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083'],
    frameworks: { 'mitre-atlas': ['AML.T0043.000'], 'owasp-ml': ['ML01'], 'eu-ai-act': ['15(5)'] },
    options: { norm: 'Linf', epsilons: [0.025, 0.05, 0.1], steps: 40, restarts: 1 },
    command: `npx assay audit assay.config.json --only ${audit} --seed 7`,
    waiver: null,
    place: null,
    changes: [],
    texts: {},
    ...parts,
  };
}

/** A rate of 1,000 samples against `atLeast`. */
export function rateMeasure(
  label: string,
  value: number,
  atLeast: number | null,
  parts: Partial<Measure> = {},
): Measure {
  const { low, high } = intervalAround(value);
  return {
    id: label.toLowerCase().replaceAll(' ', '-'),
    label,
    value,
    format: 'rate',
    n: 1000,
    interval: { low, high, method: 'Wilson' },
    threshold:
      atLeast === null
        ? null
        : { comparison: 'at-least', value: atLeast, compared: low, holds: low >= atLeast, setBy: 'policy file' },
    ...parts,
  };
}

export function sign(id: string, holds: boolean, sentence: string): Sign {
  return { id, holds, sentence };
}

export const TRUSTED: readonly Sign[] = [
  sign('beats-noise', true, 'The attack is at least as strong as random noise of the same size at every epsilon.'),
  sign('monotone', true, 'Robust accuracy does not rise with epsilon.'),
  sign('converged', true, 'Doubling the steps changed 2 of 1,000 outcomes.'),
  sign('control', true, 'On a linear model the attack reached the exact distance on all 64 controls.'),
];
