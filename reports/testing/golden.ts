import { digestOfBytes } from '#base/digest';
import type { ReportInput } from '#plugin/plugin';
import type { Change, Finding, Report } from '#report/report';
import { finding, rateMeasure } from './findings.js';
import { mixedReport } from './reports.js';

/**
 * What `fixtures/reports/mixed-2.json` holds: every verdict, changes against a baseline for better and for worse, a
 * comparison that failed, and translated texts.
 */
export function goldenReport(): ReportInput {
  const { report, ...rest } = mixedReport();
  const findings = [...report.findings.map(compared), regression()];
  const golden: Report = {
    ...report,
    findings,
    gate: {
      ...report.gate,
      rules: [
        { holds: false, cell: cellOf('regression/evasion/pgd'), sentence: regression().claim },
        ...report.gate.rules,
      ],
    },
    policy: { ...report.policy, failures: { critical: 0, high: 0, medium: 0, low: 2 } },
    baseline: {
      file: 'assay.baseline.json',
      digest: digestOfBytes('baseline'),
      target: { name: 'fashion-cnn-plain', digest: digestOfBytes('the model before') },
    },
    threatModel: report.threatModel.map((threat, i) => (i === 0 ? { ...threat, texts: THREATS } : threat)),
  };
  return { ...rest, report: golden };
}

/** The same run of a config that says `samples: ids`. */
export function idsReport(): ReportInput {
  const { report, ...rest } = goldenReport();
  return { ...rest, report: { ...report, provenance: { ...report.provenance, samples: 'ids' } } };
}

const TEST = 'McNemar, exact, one-sided, after Holm';

/** By audit. Rates, losses and wins agree: the difference of the rates is that of wins and losses over n. */
const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  'evasion/pgd': [
    {
      ...{ label: 'Robust accuracy at Linf epsilon 0.1', before: 0.085, now: 0.041, n: 1000, lost: 61, won: 17 },
      ...{ test: TEST, p: 1.1e-6, direction: 'worse' },
    },
    {
      ...{ label: 'Clean accuracy', before: 0.915, now: 0.916, n: 1000, lost: 4, won: 5 },
      ...{ test: TEST, p: 1, direction: 'same' },
    },
  ],
  'evasion/square': [
    {
      ...{ label: 'Robust accuracy at Linf epsilon 0.1', before: 0.897, now: 0.893, n: 1000, lost: 21, won: 17 },
      ...{ test: TEST, p: 0.627, direction: 'same' },
    },
  ],
  'explanation/completeness': [
    {
      ...{ label: 'Samples within 0.05', before: 0.96, now: 0.995, n: 200, lost: 0, won: 7 },
      ...{ test: TEST, p: 0.0234, direction: 'better' },
    },
  ],
};

const THREATS = {
  de: {
    sentence: 'Der Angreifer kennt das Modell und seine Gewichte und darf jedes Pixel um höchstens Epsilon verändern.',
  },
  'zh-CN': { sentence: '攻击者了解模型及其权重，可将每个像素改动至多 ε。' },
};

const PGD: Finding['texts'] = {
  de: {
    title: 'Hält projiziertem Gradientenanstieg nicht stand',
    advice:
      'Mit adversarialen Beispielen trainieren: `assay harden`.\nDann diese Prüfung am gehärteten Modell mit demselben Startwert wiederholen.',
    description:
      'Projizierter Gradientenanstieg auf dem Verlust in einer Kugel um jedes Beispiel, von zufälligen Startpunkten aus; das schlechteste Ergebnis jedes Beispiels zählt.',
  },
  'zh-CN': {
    title: '未能抵御投影梯度上升攻击',
    advice: '使用对抗样本训练：`assay harden`。\n随后以相同的随机种子对加固后的模型重新运行此项审计。',
    description: '从随机起点出发，在每个样本周围的球内对损失做投影梯度上升；每个样本取最坏结果。',
  },
};

function compared(one: Finding, index: number): Finding {
  const isPgd = one.audit === 'evasion/pgd';
  return {
    ...one,
    place: { line: 14 + 3 * index, column: 5 },
    changes: [...(CHANGES[one.audit] ?? [])],
    texts: isPgd ? PGD : {},
  };
}

function regression(): Finding {
  const measure = rateMeasure('Robust accuracy at Linf epsilon 0.1, now', 0.041, null);
  return finding('regression/evasion/pgd', {
    cell: cellOf('regression/evasion/pgd'),
    status: 'fail',
    severity: 'critical',
    title: 'Has become worse than the baseline',
    claim:
      'Worse than the baseline: Robust accuracy at Linf epsilon 0.1 falls from 8.5 % to 4.1 %: 61 samples are lost and 17 won, of 1,000 samples (p < .001). The policy asks for p of at least 0.05.',
    measures: [
      {
        ...{
          id: 'p',
          label: 'Losses in Robust accuracy at Linf epsilon 0.1',
          value: 1.1e-6,
          format: 'p',
        },
        ...{ n: 1000, interval: null },
        threshold: { comparison: 'at-least', value: 0.05, compared: 1.1e-6, holds: false, setBy: 'preset baseline' },
      },
      measure,
    ],
    advice:
      'Look at the samples that were lost: they are the same in both runs, so that the change lies in the model.\nIf the loss is wanted, bless this run (`assay bless <run>`) and commit the new baseline with the reason.',
    description:
      'Compares, sample by sample, what holds now with what held in the run that was blessed as the baseline.',
    sources: [
      'McNemar 1947, Note on the sampling error of the difference between correlated proportions',
      'Holm 1979, A simple sequentially rejective multiple test procedure',
    ],
    options: {},
    place: { line: 40, column: 3 },
  });
}

function cellOf(audit: string): string {
  return digestOfBytes(`cell of ${audit}`);
}
