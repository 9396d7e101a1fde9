import { parseDocument } from 'yaml';
import type { ReportInput } from '#plugin/plugin';
import type { Report } from '#report/report';
import { finding, rateMeasure } from '../testing/findings.js';
import { emptyReport, HOSTILE, hostileReport, mixedReport, passedReport } from '../testing/reports.js';
import { taskOf } from './metrics.js';
import { modelCardReporter } from './model-card.js';

/** How the Hub, and `huggingface_hub` 1.x (`repocard.py`), find the metadata. */
const METADATA = /^(\s*---(?:\r\n|\r|\n))([\S\s]*?)((?:\r\n|\r|\n)---[ \t]*(\r\n|\n|$))/;

/** What the Hub accepts as the id of a data set. */
const DATASET_TYPE = /^(?:[\w-]+\/)?[\w.-]+$/;

interface Parsed {
  readonly metadata: Record<string, unknown>;
  readonly block: string;
  readonly text: string;
}

function parsed(card: string, version: '1.1' | '1.2' = '1.2'): Parsed {
  const match = METADATA.exec(card);
  const block = match?.[2] ?? '';
  const document = parseDocument(block, { version, strict: true, uniqueKeys: true, stringKeys: true });
  expect(document.errors).toEqual([]);
  expect(document.warnings).toEqual([]);
  return { metadata: document.toJS() as Record<string, unknown>, block, text: card.slice(match?.[0].length) };
}

interface ModelIndex {
  readonly name: string;
  readonly results: readonly {
    readonly task: { readonly type: string; readonly name: string };
    readonly dataset: { readonly name: string; readonly type: string; readonly split: string };
    readonly metrics: readonly { type: string; value: number | string; name: string; verified: boolean }[];
  }[];
}

function modelIndex({ metadata }: Parsed): ModelIndex {
  const index = metadata['model-index'] as ModelIndex[];
  expect(index).toHaveLength(1);
  return index[0]!;
}

function withReport(input: ReportInput, parts: Partial<Report>): ReportInput {
  return { ...input, report: { ...input.report, ...parts } };
}

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const EXAMPLES = { passedReport, mixedReport, hostileReport, emptyReport };

describe.each(Object.entries(EXAMPLES))('the card of %s', (_, example) => {
  const card = modelCardReporter.render(example());

  test('has metadata that means the same in YAML 1.1 and 1.2', () => {
    expect(parsed(card, '1.1').metadata).toEqual(parsed(card, '1.2').metadata);
  });

  test('has metadata after the specification', () => {
    const { metadata } = parsed(card);
    expect(metadata['tags']).toEqual(['assay', 'model-audit']);
    for (const left of ['license', 'language', 'base_model', 'datasets']) expect(metadata).not.toHaveProperty(left);
    if (metadata['model-index'] === undefined) return;
    const { name, results } = modelIndex(parsed(card));
    expect(name).not.toBe('');
    for (const { task, dataset, metrics } of results) {
      expect(task.type).toBe(metadata['pipeline_tag']);
      expect(dataset.type).toMatch(DATASET_TYPE);
      expect(dataset.name).not.toBe('');
      for (const { type, value, name: label, verified } of metrics) {
        expect([typeof type, typeof label, verified]).toEqual(['string', 'string', false]);
        expect(['number', 'string']).toContain(typeof value);
      }
    }
  });

  test('has the sections of Mitchell et al., in their order', () => {
    const titles = [...parsed(card).text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(titles.slice(0, 9)).toEqual([
      'Model details',
      'Intended use',
      'Factors',
      'Metrics',
      'Evaluation data',
      'Training data',
      'Quantitative analyses',
      'Ethical considerations',
      'Caveats and recommendations',
    ]);
  });

  test('is the same when it is written again', () => expect(modelCardReporter.render(example())).toBe(card));
});

test('numbers carry their unit, interval and n', () => {
  const { results } = modelIndex(parsed(modelCardReporter.render(passedReport())));
  expect(results[0]!.metrics.slice(0, 2)).toEqual([
    {
      type: 'accuracy',
      value: 0.905,
      name: matching(/^Clean accuracy \(fraction from 0 to 1; 95 % interval [\d.]+ to [\d.]+ %; n 1,000\)$/),
      verified: false,
    },
    {
      type: 'robust-accuracy-at-epsilon-0.1',
      value: 0.667,
      name: matching(/^Robust accuracy at epsilon 0\.1, evasion\/pgd \(fraction .+; n 1,000\)$/),
      verified: false,
    },
  ]);
});

test('a number that no verdict stands on, or that is not of this model, is no result of it', () => {
  const card = parsed(modelCardReporter.render(mixedReport()));
  const names = modelIndex(card).results[0]!.metrics.map(({ name }) => name);
  expect(names.some((name) => name.includes('evasion/pgd'))).toBe(true);
  expect(names.filter((name) => /evasion\/square|k-anonymity/.test(name))).toEqual([]);
  expect(card.text).toContain('? inconclusive | `evasion/square`');
  const trained = modelIndex(parsed(modelCardReporter.render(passedReport()))).results[0]!.metrics;
  expect(trained.filter(({ name }) => name.includes('training/adversarial'))).toEqual([]);
});

test('a number with an exponent is a text, which YAML 1.1 would not read as a number', () => {
  const small = finding('evasion/small', { measures: [rateMeasure('Rate', 1e-7, 0.6)] });
  const { block } = parsed(modelCardReporter.render(withReport(passedReport(), { findings: [small] })));
  expect(block).toContain('value: "1e-7"');
});

test.each([
  ...['---', ': !!python/object:os.system', 'a\n---\nlicense: mit', '\ufffe"\\', '- x: &a *a', '\u2028---'],
  // Other things than texts in YAML 1.1.
  ...['yes', '12:30:45', '0777', '2026-01-01', '1_000', '~'],
])('the name %j is a name', (name) => {
  const input = passedReport();
  const { target } = input.report;
  const card = modelCardReporter.render(withReport(input, { target: { ...target!, name, format: name } }));
  const { metadata, text } = parsed(card);
  expect(parsed(card, '1.1').metadata).toEqual(metadata);
  expect(Object.keys(metadata)).toEqual(['pipeline_tag', 'tags', 'model-index']);
  expect(text.split('\n').filter((line) => line.startsWith('---'))).toEqual([]);
  expect(typeof modelIndex(parsed(card)).name).toBe('string');
  expect(modelIndex(parsed(card)).name).not.toMatch(/\n/);
});

test('text from outside stays text', () => {
  const { text, block } = parsed(modelCardReporter.render(hostileReport()));
  const outside = text.replaceAll(/(?<!\\)(`+)(?!`).*?[^`]\1(?!`)/g, '').replaceAll('<!-- -->', '');
  expect(outside).not.toMatch(/<[a-z!/]/i);
  expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000]/);
  expect(block.split('\n').every((line) => line.length < 1000)).toBe(true);
  expect(text).not.toContain(HOSTILE.unbroken);
});

test('the task follows from domain and head', () => {
  const target = passedReport().report.target!;
  const task = (domain: string, head: string) =>
    taskOf({ ...target, domain: { ...target.domain, kind: domain }, head: { ...target.head, kind: head } });
  expect(task('image', 'binary')).toBe('image-classification');
  expect(task('tabular', 'multi-label')).toBe('tabular-classification');
  expect(task('tabular', 'regression')).toBe('tabular-regression');
  expect(task('text', 'classes')).toBe('text-classification');
  expect(task('image', 'regression')).toBeNull();
  expect(task('audio', 'classes')).toBeNull();
});

test('10,000 findings take about a second of the processor at most, and are counted', () => {
  const [one] = mixedReport().report.findings;
  const findings = Array.from({ length: 10_000 }, (_, i) => ({ ...one!, cell: String(i) }));
  const input = withReport(mixedReport(), { findings });
  const begin = process.cpuUsage();
  const card = modelCardReporter.render(input);
  const { user, system } = process.cpuUsage(begin);
  // Collecting garbage counts too.
  expect((user + system) / 1e6).toBeLessThan(2);
  // Each has two numbers.
  expect(card).toContain('19,800 more rows in `report.json`');
  expect(card.length).toBeLessThan(400_000);
});
