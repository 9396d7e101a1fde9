import { digestOfBytes } from '#base/digest';
import type { ReportInput } from '#plugin/plugin';
import { AREAS, SEVERITIES, STATUSES, type Finding, type Report, type Timings } from '#report/report';
import {
  confusionTable,
  gapHistogram,
  garmentMaps,
  garmentPairs,
  groupsTable,
  intervalAround,
  reviewTokens,
  robustnessCurve,
} from './details.js';
import { finding, rateMeasure, sign, TRUSTED } from './findings.js';
import { ExampleFolder, signAt } from './pictures.js';

const ROBUST = [
  [0, 0.874],
  [0.025, 0.832],
  [0.05, 0.779],
  [0.1, 0.667],
] as const;
const PLAIN = [
  [0, 0.916],
  [0.025, 0.402],
  [0.05, 0.127],
  [0.1, 0.041],
] as const;

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
    finding('training/fgsm', {
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
      { what: 'subgroup/accuracy', because: 'Left out by --only.' },
      { what: 'Black-box attacks with a surrogate model', because: 'No audit of this kind is part of the config.' },
    ],
  });
}

/** Names as an adversary would choose them. */
export const HOSTILE = {
  script: '<script>alert(1)</script><img src=x onerror=alert(2)>',
  attribute: '" onmouseover="alert(3)" x="',
  template: '{{template}} {{{raw}}} {{> page}} {{#each this}}',
  direction: 'model\u202Egnp.exe\u200F \u05D0\u05D1\u05D2 \u2066isolated',
  controls: 'nul\u0000 bell\u0007 esc\u001B[31m zero\u200Bwidth',
  long: 'a very long name '.repeat(600).slice(0, 10_000),
  unbroken: 'W'.repeat(10_000),
  markdown:
    '| cell | `tick` ``` [link](https://example.org) ![i](x) *b* _i_ ~s~ # @team #12 GH-7 www.example.org $x$ </td>',
} as const;

export function hostileReport(): ReportInput {
  const folder = new ExampleFolder();
  const names = Object.values(HOSTILE);
  const findings = names.map((name, i): Finding => {
    const pairs = garmentPairs(folder, `hostile-${i}`, 1);
    return finding(name, {
      cell: digestOfBytes(`hostile ${i}`),
      area: AREAS[i % AREAS.length] ?? 'other',
      severity: SEVERITIES[i % SEVERITIES.length] ?? 'low',
      status: STATUSES[i % STATUSES.length] ?? 'fail',
      title: name,
      claim: name,
      reasons: [name],
      measures: [rateMeasure(name, 0.5, 0.6, { interval: { ...intervalAround(0.5), method: name } })],
      signs: [sign(name, false, name)],
      details: [
        robustnessCurve(PLAIN, {
          title: name,
          description: name,
          x: { label: name, format: 'epsilon' },
          threshold: { y: 0.5, label: name },
          series: [
            {
              name,
              role: 'measured',
              points: [
                { x: 0, y: 0.9 },
                { x: 0.1, y: 0.2 },
              ],
            },
          ],
        }),
        { ...gapHistogram, title: name, threshold: { x: 0.03, label: name } },
        {
          kind: 'table',
          title: name,
          columns: [{ label: name, unit: name, format: 'text' }],
          rows: [[name]],
          note: name,
        },
        {
          ...pairs,
          title: name,
          rows: pairs.rows.map((row) => ({ ...row, why: name, truth: name, after: { label: name, probability: 0.5 } })),
        },
        { kind: 'tokens', title: name, rows: [{ sample: 1, tokens: [{ text: name, value: 1 }] }] },
      ],
      advice: name,
      description: name,
      sources: [name],
      frameworks: { [name]: [name] },
      options: { [name]: name },
      command: name,
      waiver: i === 3 ? { audit: name, reason: name, owner: name, expires: name } : null,
    });
  });
  const input = example(HOSTILE.script, findings, folder, {
    threatModel: [...names],
    notTested: names.map((name) => ({ what: name, because: name })),
    policy: {
      preset: HOSTILE.markdown,
      digest: HOSTILE.direction,
      minimumSamples: 100,
      waivers: [{ audit: HOSTILE.script, reason: HOSTILE.long, owner: HOSTILE.unbroken, expires: HOSTILE.template }],
    },
  });
  const { report } = input;
  const target =
    report.target === null
      ? null
      : {
          ...report.target,
          digest: HOSTILE.attribute,
          labels: [...names],
          notes: [...names],
          format: HOSTILE.script,
          input: { name: HOSTILE.attribute, type: HOSTILE.template, shape: [HOSTILE.script, HOSTILE.unbroken, null] },
          checks: names.map((sentence) => ({ id: 'target/determinism' as const, holds: false, sentence })),
        };
  return { ...input, report: { ...report, target } };
}

/** Nothing was audited, and no model was opened. */
export function emptyReport(): ReportInput {
  const { report, timings, readFile } = example('none', [], new ExampleFolder(), { threatModel: [], data: [] });
  return { report: { ...report, target: null }, timings: { ...timings, cells: [] }, readFile };
}

/** Many findings, and noise in colour, which compresses worst, as pictures of 224 x 224. */
export function largeReport(findingCount: number, pairCount: number): ReportInput {
  const folder = new ExampleFolder();
  const noise = (name: string, seed: number) =>
    folder.draw(
      name,
      224,
      (x, y) => [1, 2, 3].map((channel) => 127.5 + 127.5 * signAt(seed + channel, x, y)) as [number, number, number],
    );
  const findings = Array.from({ length: findingCount }, (_, i) => {
    const pairs = Math.floor(((i + 1) * pairCount) / findingCount) - Math.floor((i * pairCount) / findingCount);
    const [model] = garmentPairs(folder, 'model', 1).rows;
    if (model === undefined) throw new Error('the example folder draws no pairs');
    const rows = Array.from({ length: pairs }, (_, j) => ({
      ...model,
      original: noise(`counterexamples/${i}/${j}-original.png`, i + j),
      perturbation: noise(`counterexamples/${i}/${j}-perturbation.png`, i + j + 100),
      adversarial: noise(`counterexamples/${i}/${j}-adversarial.png`, i + j + 200),
    }));
    return finding(`evasion/attack-${i}`, {
      status: i % 3 === 0 ? 'fail' : 'pass',
      area: AREAS[i % AREAS.length] ?? 'other',
      severity: SEVERITIES[i % SEVERITIES.length] ?? 'low',
      measures: [rateMeasure('Robust accuracy at epsilon 0.1', (i % 100) / 100, 0.6)],
      signs: [...TRUSTED],
      details: [
        robustnessCurve(PLAIN),
        ...(rows.length === 0 ? [] : [{ kind: 'image-pairs' as const, title: 'Pairs', chosen: 'All.', rows }]),
      ],
    });
  });
  return example('large', findings, folder);
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

function example(name: string, findings: Finding[], folder: ExampleFolder, parts: Partial<Report> = {}): ReportInput {
  const broken = findings.filter(
    ({ status, waiver }) => status !== 'pass' && status !== 'not-applicable' && waiver === null,
  );
  const rest = findings.filter((one) => !broken.includes(one));
  const passed = findings.length > 0 && broken.length === 0;
  const rule = (holds: boolean) => (one: Finding) => ({
    holds,
    cell: one.cell,
    sentence: one.waiver === null ? one.claim : `${one.audit} is waived until ${one.waiver.expires}.`,
  });
  const report: Report = {
    version: 1,
    tool: { name: 'assay', version: '0.1.0' },
    gate: {
      passed,
      exitCode: passed ? 0 : broken.some(({ status }) => status === 'fail') ? 1 : findings.length === 0 ? 3 : 2,
      rules: [...broken.map(rule(false)), ...rest.map(rule(true))],
    },
    findings,
    target: {
      name,
      digest: digestOfBytes(name),
      engine: 'onnx',
      device: 'cpu',
      files: [{ name: `${name}.onnx`, sha256: digestOfBytes(`${name} file`), bytes: 1_685_321 }],
      domain: { kind: 'image', shape: [1, 28, 28], range: [0, 1], layout: 'NCHW', mean: [0.286], std: [0.353] },
      head: { kind: 'classes', outputs: 10, scale: 'logits', tolerance: null },
      labels: ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
      batch: 'any number of samples at once',
      capabilities: ['labels', 'scores', 'gradients'],
      missing: [
        { capability: 'training', because: 'The graph holds a Conv, whose weights this version cannot train.' },
      ],
      notes: ['Two BatchNormalization nodes were folded into the convolutions before them.'],
      format: 'ONNX',
      opset: 17,
      input: { name: 'x', type: 'float32', shape: ['batch', 1, 28, 28] },
      output: { name: 'scores', type: 'float32', shape: [null, 10] },
      accuracy: rateMeasure('Clean accuracy', 0.905, null),
      checks: [
        { id: 'target/finite-scores', holds: true, sentence: 'The scores of 1,000 clean samples are finite.' },
        {
          id: 'target/determinism',
          holds: true,
          sentence: '5 passes over 64 samples gave the same scores, bit by bit.',
        },
        {
          id: 'target/accuracy',
          holds: false,
          sentence: '91 of 1,000 clean samples are right (9.1 %, 95 % interval 7.4 to 11.1), no better than chance.',
        },
        { id: 'target/label-order', holds: null, sentence: 'There are too few samples to tell it.' },
      ],
    },
    data: [
      {
        role: 'test',
        files: [{ name: 'fashion-test-images.idx3-ubyte.gz', sha256: digestOfBytes('images'), bytes: 440_030 }],
        digest: digestOfBytes('test data'),
        available: 10_000,
        used: 1000,
        drawn: 'Stratified by label, by the seed of the run.',
        classes: ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat'].map((label) => ({ label, count: 100 })),
        columns: [],
      },
      {
        role: 'table',
        files: [{ name: 'customers.csv', sha256: digestOfBytes('table'), bytes: 212_480 }],
        digest: digestOfBytes('table data'),
        available: 4812,
        used: 4812,
        drawn: 'Not drawn: all rows are used.',
        classes: [],
        columns: [
          { name: 'age', role: 'quasi-identifier' },
          { name: 'post code', role: 'quasi-identifier' },
          { name: 'illness', role: 'sensitive' },
        ],
      },
    ],
    policy: {
      preset: 'baseline',
      digest: digestOfBytes('policy'),
      minimumSamples: 100,
      waivers: findings.flatMap(({ waiver }) => (waiver === null ? [] : [waiver])),
    },
    threatModel: [
      'The adversary knows the model and its weights, and may change every pixel by at most epsilon.',
      'The adversary cannot change the training data or the weights.',
    ],
    notTested: [],
    provenance: {
      seed: 7,
      configDigest: digestOfBytes('config'),
      planDigest: digestOfBytes('plan'),
      command: 'npx assay audit assay.config.json --seed 7',
      samples: 'show',
      versions: { 'onnxruntime-node': '1.30.0', node: '20.19.4' },
    },
    ...parts,
  };
  return { report, timings: timingsOf(findings), readFile: folder.readFile };
}

function timingsOf(findings: readonly Finding[]): Timings {
  return {
    started: '2026-11-23T17:26:12.480Z',
    finished: '2026-11-23T17:30:24.913Z',
    host: { platform: 'linux x64', cpus: 2, memoryMiB: 7950, node: '20.19.4' },
    execution: { workers: 1, batchSize: 256, threads: 2 },
    cells: findings.map(({ cell, audit }, i) => ({
      cell,
      audit,
      seconds: 3.2 * (i % 7) + 0.4,
      peakMiB: i % 5 === 4 ? null : 380 + i,
      attempts: 1,
    })),
  };
}
