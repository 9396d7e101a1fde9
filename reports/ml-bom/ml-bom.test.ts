import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import type { ReportInput } from '#plugin/plugin';
import type { Report } from '#report/report';
import { finding } from '../testing/findings.js';
import { emptyReport, HOSTILE, hostileReport, mixedReport, passedReport } from '../testing/reports.js';
import type { Bom } from './cyclonedx.js';
import { mlBomReporter } from './ml-bom.js';
import { uuidOfName } from './text.js';
import { isDeep } from '../../test/tier.js';

const official = new Validation.JsonStrictValidator(Spec.Version.v1dot6);

/** By the library of CycloneDX itself: null where a document is valid. */
const validate = (json: string): Promise<unknown> => official.validate(json);

function withReport(input: ReportInput, parts: Partial<Report>): ReportInput {
  return { ...input, report: { ...input.report, ...parts } };
}

function bomOf(input: ReportInput): Bom {
  return JSON.parse(mlBomReporter.render(input)) as Bom;
}

function manyFindings(): ReportInput {
  const findings = mixedReport().report.findings;
  const many = Array.from({ length: 10_000 }, (_, i) => ({ ...findings[i % findings.length]!, cell: String(i) }));
  return withReport(mixedReport(), { findings: many });
}

/** A time that is none, data without files, an own framework, digests that are no hashes. */
function oddReport(): ReportInput {
  const input = passedReport();
  const { target, data } = input.report;
  const report = {
    ...input.report,
    target: { ...target!, digest: '', name: '', files: [{ name: '', sha256: 'none', bytes: 0 }] },
    data: data.map((card) => ({ ...card, files: [], digest: HOSTILE.long })),
    findings: [finding('own/audit', { frameworks: { own: ['', '1'], 'eu-ai-act': [] }, advice: '', claim: '' })],
  };
  return { ...input, report, timings: { ...input.timings, finished: 'yesterday' } };
}

const EXAMPLES = { passedReport, mixedReport, hostileReport, emptyReport, oddReport, manyFindings };

describe.each(Object.entries(EXAMPLES))('the bill of %s', (_, example) => {
  const json = mlBomReporter.render(example());

  test('is valid by the official schema', async () => expect(await validate(json)).toBeNull());

  test('refers only to what it holds, by references of which there is one each', () => {
    const { declared, used } = references(JSON.parse(json));
    expect(new Set(declared).size).toBe(declared.length);
    const known = new Set(declared);
    expect(used.filter((reference) => !known.has(reference))).toEqual([]);
  });

  test('is the same when it is written again', () => expect(mlBomReporter.render(example())).toBe(json));
});

/** Where CycloneDX has a `refLinkType`. */
const LINKS = new Set([
  ...['ref', 'dependsOn', 'assessor', 'requirement', 'claims', 'counterClaims', 'target', 'mitigationStrategies'],
  'evidence',
]);

function references(value: unknown, key = ''): { declared: string[]; used: string[] } {
  if (typeof value === 'string') {
    return { declared: key === 'bom-ref' ? [value] : [], used: LINKS.has(key) ? [value] : [] };
  }
  if (typeof value !== 'object' || value === null) return { declared: [], used: [] };
  const parts = Array.isArray(value)
    ? value.map((item: unknown) => references(item, key))
    : Object.entries(value).map(([name, item]) => references(item, name));
  return { declared: parts.flatMap(({ declared }) => declared), used: parts.flatMap(({ used }) => used) };
}

test('the validator is strict: it refuses what the specification does not know', async () => {
  const bom = bomOf(passedReport());
  expect(await validate(JSON.stringify({ ...bom, declaration: {} }))).not.toBeNull();
  const metadata = { ...bom.metadata, component: { ...bom.metadata.component, type: 'model' } };
  expect(await validate(JSON.stringify({ ...bom, metadata }))).not.toBeNull();
});

test('the model stands with its digest, files, numbers and limits', () => {
  const { metadata } = bomOf(mixedReport());
  const { target } = mixedReport().report;
  expect(metadata.component).toMatchObject({
    type: 'machine-learning-model',
    name: 'fashion-cnn-plain',
    version: target!.digest,
    components: [{ type: 'file', hashes: [{ alg: 'SHA-256', content: target!.files[0]!.sha256 }] }],
  });
  const card = metadata.component!.modelCard!;
  expect(card.modelParameters.task).toBe('image-classification');
  expect(card.quantitativeAnalysis!.performanceMetrics[1]).toMatchObject({
    type: 'Robust accuracy at epsilon 0.1 (fraction from 0 to 1)',
    value: '0.041',
    slice: 'evasion/pgd, n 1000, 95 % interval by Wilson',
  });
  const { lowerBound, upperBound } = card.quantitativeAnalysis!.performanceMetrics[1]!.confidenceInterval!;
  expect([Number(lowerBound) < 0.041, Number(upperBound) > 0.041]).toEqual([true, true]);
  const limits = card.considerations!.technicalLimitations.join('\n');
  expect(limits).toMatch(/^Not tested: Black-box attacks/m);
  expect(limits).toMatch(/^Check of the model that does not hold: target\/accuracy/m);
});

test('what failed speaks against a requirement, waived or not, and what was not decided for neither', () => {
  const { report } = mixedReport();
  const { declarations, metadata } = bomOf(mixedReport());
  const reference = (audit: string) => `claim-${report.findings.findIndex((one) => one.audit === audit) + 1}`;
  const maps = declarations!.attestations!.flatMap(({ map }) => map);
  const claims = new Set(maps.flatMap((map) => map.claims ?? []));
  const counterClaims = new Set(maps.flatMap((map) => map.counterClaims ?? []));
  for (const failed of ['evasion/pgd', 'evasion/fgsm', 'anonymization/k-anonymity']) {
    expect(counterClaims.has(reference(failed))).toBe(true);
    expect(claims.has(reference(failed))).toBe(false);
  }
  expect(claims.has(reference('explanation/completeness'))).toBe(true);
  for (const undecided of ['evasion/square', 'corruption/blur', 'subgroup/accuracy', 'evasion/text-swap']) {
    expect(claims.has(reference(undecided)) || counterClaims.has(reference(undecided))).toBe(false);
  }
  expect(metadata.properties).toContainEqual({ name: 'assay:waived', value: 'evasion/fgsm (failed)' });
});

test('attestations are evidence toward, without a score, and say what was waived', () => {
  const { attestations } = bomOf(mixedReport()).declarations!;
  for (const { summary, map } of attestations!) {
    expect(summary).toMatch(/^Evidence toward .+, not a statement of conformity/);
    expect(summary).toContain('The policy waived 1 finding');
    for (const { conformance } of map) expect(conformance).toEqual({ rationale: expect.any(String) as string });
  }
  expect(bomOf(passedReport()).declarations!.attestations![0]!.summary).not.toContain('waived');
});

test('a claim about data is not one about the model', () => {
  const { report } = mixedReport();
  const { claims } = bomOf(mixedReport()).declarations!;
  const targetOf = (audit: string) => claims[report.findings.findIndex((one) => one.audit === audit)]!.target;
  expect(targetOf('anonymization/k-anonymity')).toBe('target-data');
  expect(targetOf('evasion/pgd')).toBe('target-model');
});

test('what executed the model is no part of it at run time', () => {
  const { components, dependencies } = bomOf(passedReport());
  const engine = components.find(({ name }) => name === 'onnxruntime-node');
  expect(engine).toMatchObject({ type: 'library', version: '1.30.0', scope: 'excluded' });
  expect(dependencies).toContainEqual({ ref: 'model', dependsOn: [] });
});

test('the order of fields in a report does not show', () => {
  const reversed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reversed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, item]) => [key, reversed(item)]),
          )
        : value;
  const input = mixedReport();
  const turned = { ...input, report: reversed(input.report) as Report };
  expect(mlBomReporter.render(turned)).toBe(mlBomReporter.render(input));
});

test('the serial number is that of what the bill says, its time included', () => {
  const input = passedReport();
  const later = { ...input, timings: { ...input.timings, finished: '2026-11-24T00:00:00Z' } };
  const serials = [input, passedReport(), later, mixedReport()].map((one) => bomOf(one).serialNumber);
  expect(serials[1]).toBe(serials[0]);
  expect(new Set(serials).size).toBe(3);
});

test('names become UUIDs as RFC 4122 has it', () => {
  // `uuid.uuid5(uuid.NAMESPACE_DNS, 'python.org')` in the documentation of Python.
  expect(uuidOfName('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'python.org')).toBe('886313e1-3b8a-5372-9b90-0c9aee199e5d');
});

test('an empty report declares nothing', () => {
  const bom = bomOf(emptyReport());
  expect([bom.declarations, bom.definitions, bom.metadata.component]).toEqual([undefined, undefined, undefined]);
});

if (isDeep) {
  test('10,000 findings take about a second of the processor at most', () => {
    const input = manyFindings();
    const begin = process.cpuUsage();
    mlBomReporter.render(input);
    const { user, system } = process.cpuUsage(begin);
    // Collecting garbage counts too.
    expect((user + system) / 1e6).toBeLessThan(2);
  });
}
