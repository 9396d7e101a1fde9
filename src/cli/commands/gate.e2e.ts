import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { Ajv } from 'ajv';
import { validateXML } from 'xmllint-wasm';
import { packageRoot } from '#base/package-root';
import type { JsonObject } from '#base/json';
import type { Report } from '#report/report';
import { schemaErrors } from '../../../reports/sarif/testing/schema.js';
import { assay, writeAuditConfig } from '../../pipeline/testing/cli.js';
import { BRIEF } from '#pipeline/testing/brief';
import { isDeep } from '../../../test/tier.js';

// What a pipeline does: audit, decide again, bless, and be held against what was blessed.

let folder: string;
let run: string;
let config: string;

const AUDITS = {
  'evasion/noise': { norm: 'L2', epsilons: [0.5] },
  'evasion/fgsm': { norm: 'Linf', epsilons: [0.01, 0.03], trust: BRIEF },
};
const POLICY = {
  audits: { 'evasion/fgsm': { robustAccuracy: { epsilon: 0.01, atLeast: 0.3 } } },
};

/** The small classifier, small enough to run several times. */
function configIn(name: string, changes: JsonObject = {}): string {
  const written = JSON.parse(readFileSync(writeAuditConfig(folder, { audits: AUDITS, ...changes }), 'utf8')) as object;
  const file = join(folder, name);
  const { train: _, ...data } = (written as { data: Record<string, unknown> }).data;
  writeFileSync(file, JSON.stringify({ ...written, data }, null, 2));
  return file;
}

async function auditOf(
  file: string,
  ...flags: string[]
): Promise<{ code: number | null; run: string; report: Report }> {
  const out = mkdtempSync(join(folder, 'runs-'));
  const { code, stderr } = await assay(['audit', file, '--quiet', '--out', out, ...flags]);
  const [name] = readdirSync(out);
  if (name === undefined) throw new Error(stderr);
  return {
    code,
    run: join(out, name),
    report: JSON.parse(readFileSync(join(out, name, 'report.json'), 'utf8')) as Report,
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'assay-gate-'));
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(POLICY));
  config = configIn('assay.config.json', { policy: 'policy.json' });
  const audited = await auditOf(config);
  expect(audited.code).toBe(0);
  run = audited.run;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a run folder holds every projection, and each finding the line that asked for it', () => {
  expect(readdirSync(run).sort()).toEqual(
    expect.arrayContaining(['report.html', 'report.json', 'report.sarif', 'junit.xml', 'findings.csv', 'summary.md']),
  );
  expect(readdirSync(run)).toEqual(expect.arrayContaining(['model-card.md', 'ml-bom.cdx.json', 'annex-iv.md']));
  const { findings } = JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report;
  const lines = readFileSync(config, 'utf8').split('\n');
  for (const { audit, place } of findings) expect(lines[(place?.line ?? 0) - 1]).toContain(`"${audit}"`);
});

describe('what a run leaves for machines is valid', () => {
  const read = (name: string) => readFileSync(join(run, name), 'utf8');

  test('report.json, by the schema that the package publishes', () => {
    const validate = new Ajv().compile(
      JSON.parse(readFileSync(join(packageRoot(), 'schema/report-2.json'), 'utf8')) as object,
    );
    expect([validate(JSON.parse(read('report.json'))), validate.errors]).toEqual([true, null]);
  });

  test("report.sarif, by OASIS's schema", () => {
    expect(schemaErrors(JSON.parse(read('report.sarif')))).toEqual([]);
  });

  test('junit.xml, by the schema of what CIs read', async () => {
    const schema = readFileSync(join(packageRoot(), 'reports/junit/testing/junit.xsd'), 'utf8');
    const { errors } = await validateXML({ xml: { fileName: 'junit.xml', contents: read('junit.xml') }, schema });
    expect(errors).toEqual([]);
  });

  test('ml-bom.cdx.json, by the library of CycloneDX', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(read('ml-bom.cdx.json'))).toBeNull();
  });
});

test('the gate prints what was expected, what was found, and every value', async () => {
  const { code, stdout } = await assay(['gate', run]);
  expect(code).toBe(0);
  const rows = stdout.split('\n');
  expect(rows[0]).toMatch(/verdict +audit +measured +found +95 % interval +n +expected +compared +set by/);
  expect(stdout).toMatch(/Robust accuracy at Linf epsilon 0\.01 +[\d.]+\s%.*at least 30\.0\s%.*policy file/);
  expect(stdout).toMatch(/Robust accuracy at Linf epsilon 0\.03 +[\d.]+\s%/);
  expect(stdout).toContain('Clean accuracy');
});

test('another policy decides otherwise, without running the model', async () => {
  const strict = join(folder, 'strict.json');
  writeFileSync(strict, '{ "preset": "high-risk", "minimumSamples": 100 }');
  expect((await assay(['gate', run, '--policy', strict])).code).toBe(1);
  writeFileSync(strict, '{ "presett": "strict" }');
  const refused = await assay(['gate', run, '--policy', strict]);
  expect(refused).toMatchObject({ code: 4, stdout: '' });
  expect(refused.stderr).toContain('`presett` is not a known key; the closest is `preset`');
});

describe('a run of another config, model or data', () => {
  const gateBy = (file: string) => assay(['gate', run, '--config', file]);

  test('control: of its own config it is decided', async () => {
    expect((await gateBy(config)).code).toBe(0);
  });

  test('is refused', async () => {
    const model = join(folder, 'other.onnx');
    copyFileSync(join(packageRoot(), 'fixtures/models/fashion-cnn.onnx'), model);
    const target = (file: string) => ({
      ...(JSON.parse(readFileSync(config, 'utf8')) as { target: JsonObject }).target,
      file,
    });
    const others = [
      [configIn('seed.json', { seed: 8 }), 'of another config'],
      [configIn('model.json', { target: target(model) }), 'of another model than the config names now'],
    ] as const;
    for (const [file, sentence] of others) {
      const { code, stderr } = await gateBy(file);
      expect([code, stderr]).toEqual([4, expect.stringContaining(sentence)]);
    }
  });
});

describe('a baseline', () => {
  const baseline = () => join(folder, 'assay.baseline.json');

  test('is blessed, compared with, and decides', async () => {
    const blessing = await assay(['bless', run, '--out', baseline()]);
    expect(blessing).toMatchObject({ code: 0, stderr: '' });
    expect(blessing.stdout).toMatch(/evasion\/fgsm +Robust accuracy at Linf epsilon 0\.01 +[\d.]+\s% +260/);
    const again = await auditOf(configIn('with.json', { policy: 'policy.json', baseline: 'assay.baseline.json' }));
    expect(again.code).toBe(0);
    const compared = again.report.findings.filter(({ audit }) => audit.startsWith('regression/'));
    expect(compared.map(({ audit, status }) => [audit, status])).toEqual([
      ['regression/evasion/noise', 'pass'],
      ['regression/evasion/fgsm', 'pass'],
    ]);
    expect(again.report.baseline).toMatchObject({ file: 'assay.baseline.json' });
    expect(readFileSync(join(again.run, 'baseline.json'), 'utf8')).toBe(readFileSync(baseline(), 'utf8'));
    expect((await assay(['gate', again.run])).code).toBe(0);
  });

  if (isDeep) {
    test('of a better model says which samples were lost', async () => {
      const better = JSON.parse(readFileSync(baseline(), 'utf8')) as {
        cells: { outcomes: { n: number; held: number; bits: string[] }[] }[];
      };
      // As if every sample had stood: whatever falls now was lost since.
      for (const { outcomes } of better.cells) {
        for (const outcome of outcomes) {
          outcome.held = outcome.n;
          outcome.bits = outcome.bits.map((line) => 'f'.repeat(line.length));
        }
      }
      const file = join(folder, 'better.json');
      writeFileSync(file, JSON.stringify(better));
      const { code, stdout } = await assay(['gate', run, '--baseline', file]);
      expect(code).toBe(1);
      expect(stdout).toContain('regression/evasion/fgsm failed: Worse than the baseline: ');
    });
  }

  test('that cannot be read keeps an audit from beginning', async () => {
    writeFileSync(join(folder, 'broken.json'), readFileSync(baseline(), 'utf8').slice(0, -100));
    const file = configIn('broken.config.json', { baseline: 'broken.json' });
    const out = join(folder, 'never');
    const { code, stderr } = await assay(['audit', file, '--quiet', '--out', out]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('broken.json: the baseline is not JSON')]);
    expect(existsSync(out)).toBe(false);
  });
});

describe('pages are written again', () => {
  test('one format in another language', async () => {
    const { code, stdout } = await assay(['report', run, '--format', 'html', '--language', 'de']);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(join(run, 'report.html'));
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('<html lang="de">');
  });

  test('a format that is none is one sentence', async () => {
    const { code, stderr } = await assay(['report', run, '--format', 'sariff']);
    expect([code, stderr]).toEqual([4, expect.stringContaining('there is no format "sariff"; the closest is `sarif`')]);
  });

  test('of a run that an earlier version made', async () => {
    const old = mkdtempSync(join(folder, 'old-'));
    const fixture = (name: string) => join(packageRoot(), 'fixtures/reports', name);
    copyFileSync(fixture('report-1.json'), join(old, 'report.json'));
    copyFileSync(fixture('timings-1.json'), join(old, 'timings.json'));
    const { code, stderr } = await assay(['report', old]);
    expect([code, stderr]).toEqual([0, '']);
    expect(readFileSync(join(old, 'report.html'), 'utf8')).toContain('fashion');
  });
});
