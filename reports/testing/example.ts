import { digestOfBytes } from '#base/digest';
import type { ReportInput } from '#plugin/plugin';
import { REPORT_VERSION, type Finding, type Report, type Timings } from '#report/report';
import { rateMeasure } from './findings.js';
import type { ExampleFolder } from './pictures.js';

/** A report around findings: what a run with them would say of its target, data, policy and gate. */
export function example(
  name: string,
  findings: Finding[],
  folder: ExampleFolder,
  parts: Partial<Report> = {},
): ReportInput {
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
    version: REPORT_VERSION,
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
      file: 'assay.policy.json',
      failures: { critical: 0, high: 0, medium: 0, low: 0 },
      regression: { alpha: 0.05, drop: 0 },
    },
    baseline: null,
    threatModel: [
      'The adversary knows the model and its weights, and may change every pixel by at most epsilon.',
      'The adversary cannot change the training data or the weights.',
    ].map((sentence) => ({ sentence, texts: {} })),
    notTested: [],
    provenance: {
      seed: 7,
      configDigest: digestOfBytes('config'),
      planDigest: digestOfBytes('plan'),
      command: 'npx assay audit assay.config.json --seed 7',
      samples: 'show',
      config: 'assay.config.json',
      language: 'en',
      versions: { 'onnxruntime-node': '1.30.0', node: '20.19.4' },
    },
    ...parts,
  };
  return { report, timings: timingsOf(findings), readFile: folder.readFile, language: 'en' };
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
