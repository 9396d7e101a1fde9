import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { packageRoot } from '#base/package-root';
import type { Report } from '#report/report';
import { readIdx } from '#data/idx';
import { temporaryFolder } from './temporary-folder.js';
import { BRIEF } from '#pipeline/testing/brief';
import { assay } from '#pipeline/testing/cli';
import { everyNth, isDeep } from './tier.js';

/** Data as people have it, audited from the command line: a folder of pictures, and tables. */

const fixtures = join(packageRoot(), 'fixtures');
const COUNT = 200;
const NAMES = ['shirt', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'blouse', 'sneaker', 'bag', 'boot'].sort();

interface Picture {
  readonly label: number;
  readonly pixels: Uint8Array;
}

/** The first test images, those of a class together, as a folder of pictures has them. */
function pictures(): Picture[] {
  const read = (name: string) => readIdx(gunzipSync(readFileSync(join(fixtures, 'data', name))), name).data;
  const pixels = read('fashion-test-images.idx3-ubyte.gz');
  const labels = read('fashion-test-labels.idx1-ubyte.gz');
  return Array.from({ length: COUNT }, (_, i) => ({
    label: labels[i] ?? -1,
    pixels: Uint8Array.from(pixels.subarray(i * 784, (i + 1) * 784)),
  })).sort((a, b) => a.label - b.label);
}

function png({ pixels }: Picture): Buffer {
  const image = new PNG({ width: 28, height: 28 });
  pixels.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  return PNG.sync.write(image, { colorType: 0 });
}

function idx(shape: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, data]);
}

function project(inputs: string, labels?: string): string {
  return JSON.stringify({
    target: {
      file: join(fixtures, 'models/fashion-mlp.onnx'),
      head: 'classes',
      labels: NAMES,
      domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
    },
    data: { test: { inputs, ...(labels === undefined ? {} : { labels }), scale: 1 / 255 } },
    seed: 7,
    audits: {
      'evasion/fgsm': { epsilons: [0.01, 0.05], trust: BRIEF },
      'evasion/pgd': { epsilons: [0.02], steps: 5, restarts: 2, trust: BRIEF },
      'evasion/noise': { epsilons: [0.05], draws: 2 },
    },
  });
}

async function audit(cwd: string, config: string): Promise<{ code: number | null; report: Report }> {
  const { code, stdout, stderr } = await assay(['audit', config, '--quiet', '--json'], { cwd });
  if (stdout === '') throw new Error(stderr);
  const { run } = JSON.parse(stdout) as { run: string };
  return { code, report: JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report };
}

if (isDeep) {
  test('a folder of 200 pictures is audited as the same pictures in an array are', async () => {
    const all = pictures();
    const cwd = temporaryFolder({ 'folder.json': project('pictures'), 'arrays.json': project('x.idx', 'y.idx') });
    for (const [i, picture] of all.entries()) {
      const file = join(cwd, 'pictures', NAMES[picture.label] ?? '', `${String(i).padStart(3, '0')}.png`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, png(picture));
    }
    writeFileSync(join(cwd, 'x.idx'), idx([COUNT, 28, 28], Buffer.concat(all.map(({ pixels }) => pixels))));
    writeFileSync(
      join(cwd, 'y.idx'),
      idx(
        [COUNT],
        Uint8Array.from(all, ({ label }) => label),
      ),
    );

    const folder = await audit(cwd, 'folder.json');
    const arrays = await audit(cwd, 'arrays.json');
    const [data] = folder.report.data;
    expect(data).toMatchObject({ available: COUNT, used: COUNT, files: [{ name: 'pictures' }] });
    // The same values in the same order are the same data, whatever they lay in.
    expect(data?.digest).toBe(arrays.report.data[0]?.digest);
    expect(folder.code).toBe(arrays.code);
    expect(folder.report.findings).toHaveLength(3);
    expect(folder.report.findings.map(({ audit: id, status, measures }) => ({ id, status, measures }))).toEqual(
      arrays.report.findings.map(({ audit: id, status, measures }) => ({ id, status, measures })),
    );
    expect(folder.report.findings.some(({ status }) => status === 'fail')).toBe(true);
  });
}

describe('tables', () => {
  const tabular = join(fixtures, 'models/tabular');

  test.each(everyNth(2, ['churn-mlp', 'credit-mlp']))(
    '%s is attacked within the ranges of its columns',
    async (name) => {
      const out = temporaryFolder({});
      const { stdout, stderr } = await assay([
        'audit',
        join(tabular, `${name}.config.json`),
        '--quiet',
        '--json',
        '--out',
        out,
      ]);
      expect(stderr).toBe('');
      const { run } = JSON.parse(stdout) as { run: string };
      const report = JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report;
      expect(report.target?.domain).toMatchObject({ kind: 'tabular', range: [0, 1] });
      expect(report.findings.map(({ audit: id }) => id).sort()).toEqual(['evasion/noise', 'evasion/pgd']);
      for (const { status } of report.findings) expect(['pass', 'fail']).toContain(status);
      // Attacks that gradients lead find more than noise of the same size.
      const rate = (id: string) =>
        report.findings.find((finding) => finding.audit === id)?.measures.map(({ value }) => value ?? NaN) ?? [];
      expect(Math.min(...rate('evasion/pgd'))).toBeLessThan(Math.min(...rate('evasion/noise')));
    },
  );

  test('trees have no gradients, and the report says why', async () => {
    const config = JSON.parse(readFileSync(join(tabular, 'credit-trees.config.json'), 'utf8')) as { audits: object };
    const own = { ...config, audits: { ...config.audits, 'evasion/pgd': { epsilons: [1], steps: 2 } } };
    const text = JSON.stringify(own)
      .replace('credit-trees.onnx', join(tabular, 'credit-trees.onnx'))
      .replace('../../data', join(fixtures, 'data'));
    const { code, report } = await audit(temporaryFolder({ 'assay.config.json': text }), 'assay.config.json');
    const of = (id: string) => report.findings.find((finding) => finding.audit === id);
    expect(of('evasion/noise')?.status).toMatch(/pass|fail/);
    expect(of('evasion/pgd')).toMatchObject({ status: 'inconclusive' });
    const { claim, reasons } = of('evasion/pgd') ?? { claim: '', reasons: [] };
    expect([claim, ...reasons].join(' ')).toMatch('TreeEnsembleClassifier');
    expect(code).not.toBe(0);
  });
});
