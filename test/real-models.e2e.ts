import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { loadSamples } from '#data/load-samples';
import { writeNpy } from '#data/write-npy';
import type { Report } from '#report/report';
import { declareTarget } from '#target/declare';
import { openTarget } from '#target/open';
import { prepareTarget, type EngineChoice } from '#target/formats/prepare';
import { drawn, SYMBOLS } from './hand-drawn.js';
import { temporaryFolder } from './temporary-folder.js';
import { BRIEF } from '#pipeline/testing/brief';
import { assay } from '#pipeline/testing/cli';
import { isDeep } from './tier.js';

/** Models that others ship inside their npm packages, audited as far as their capabilities go. */

const packages = join(packageRoot(), 'node_modules');

/** A development dependency that is missing is a failure in CI, and said elsewhere. */
function whereInstalled(name: string): jest.It {
  if (existsSync(join(packages, name))) return test;
  const reason = `${name} is not installed: its model is not audited`;
  if (process.env['CI']) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return test.skip;
}

/** Runs an audit from the command line and gives its report with the exit code. */
async function audited(
  folder: string,
  config: object,
): Promise<{ readonly code: number | null; readonly report: Report }> {
  writeFileSync(join(folder, 'assay.config.json'), JSON.stringify(config));
  const result = await assay(['audit', '--quiet', '--json'], { cwd: folder });
  if (result.stdout === '') throw new Error(result.stderr);
  const { run } = JSON.parse(result.stdout) as { run: string };
  return { code: result.code, report: JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report };
}

whereInstalled('detypify-service')('detypify: ONNX with If and Loop in front of the network', async () => {
  const folder = temporaryFolder();
  // Each symbol three times, drawn a little askew.
  const samples = [0, 4, 8].flatMap((skew) =>
    Object.entries(SYMBOLS).map(([index, strokes]) => ({
      index: Number(index),
      picture: drawn(strokes.map((stroke) => stroke.map(([x, y]) => [x + (skew * y) / 100, y] as const))),
    })),
  );
  const pixels = Float32Array.from(samples.flatMap(({ picture }) => Array.from(picture)));
  writeFileSync(join(folder, 'x.npy'), writeNpy([samples.length, 1, 224, 224], pixels));
  const truth = Int32Array.from(samples, ({ index }) => index);
  writeFileSync(join(folder, 'y.npy'), writeNpy([samples.length], truth));
  const { code, report } = await audited(folder, {
    target: {
      file: join(packages, 'detypify-service/train/model.onnx'),
      head: 'classes',
      domain: { kind: 'image', layout: 'NCHW', range: [0, 1] },
    },
    data: { test: { inputs: 'x.npy', labels: 'y.npy' } },
    audits: { 'evasion/noise': { norm: 'Linf', epsilons: [0.02] }, 'evasion/fgsm': { epsilons: [0.02], trust: BRIEF } },
  });
  const { target, findings } = report;
  expect(target?.accuracy?.value).toBeGreaterThan(0.8);
  expect(target?.checks?.filter(({ holds }) => holds === false)).toEqual([]);
  expect(target?.capabilities).toEqual(['labels', 'scores']);
  const [noise, fgsm] = ['evasion/noise', 'evasion/fgsm'].map((id) => findings.find(({ audit }) => audit === id));
  expect(noise?.measures[0]?.n).toBe(samples.length);
  // 18 samples decide nothing, and what has no gradients says so.
  expect([noise?.status, fgsm?.status, code]).toEqual(['inconclusive', 'inconclusive', 2]);
  expect(fgsm?.claim).toMatch(/needs `gradients` of the target/);
});

interface Unpacker {
  readonly unpackNsfwjs: (name: string) => ReadonlyMap<string, Uint8Array> | null;
}

if (isDeep) {
  describe('nsfwjs: a LayersModel, MobileNetV2', () => {
    const { unpackNsfwjs } = jest.requireActual<Unpacker>('../fixtures/make/unpack_nsfwjs.cjs');
    const SIDE = 224;
    const COUNT = 4;
    const domain = { kind: 'image', layout: 'NHWC', range: [0, 1] } as const;

    /** Fashion-MNIST pictures, enlarged eight times, and noise: [n, 224, 224, 3]. */
    async function pictures(): Promise<Float32Array> {
      const fixture = (name: string): string => join(packageRoot(), 'fixtures/data', name);
      const { samples } = await loadSamples(
        {
          inputs: fixture('fashion-test-images.idx3-ubyte.gz'),
          labels: fixture('fashion-test-labels.idx1-ubyte.gz'),
          scale: 1 / 255,
          sample: COUNT,
        },
        {
          domain: { kind: 'image', layout: 'NCHW', shape: [1, 28, 28], range: [0, 1], mean: [0], std: [1] },
          head: { kind: 'classes', count: 10 },
        },
        0,
      );
      const pixels = samples.inputs.data;
      return Float32Array.from({ length: COUNT * SIDE * SIDE * 3 }, (_, i) => {
        const sample = Math.floor(i / (SIDE * SIDE * 3));
        const [y, x] = [Math.floor(i / (SIDE * 3)) % SIDE, Math.floor(i / 3) % SIDE];
        const noise = ((Math.imul(i, 2654435761) >>> 8) % 1000) / 1000;
        return sample % 2 === 1 ? noise : (pixels[sample * 784 + Math.floor(y / 8) * 28 + Math.floor(x / 8)] ?? 0);
      });
    }

    whereInstalled('nsfwjs')('is brought to ONNX and audited with gradients', async () => {
      const files = Object.fromEntries(unpackNsfwjs('mobilenet_v2') ?? []);
      const folder = temporaryFolder(files);
      const pixels = await pictures();
      const opened = async (engine: EngineChoice) => {
        const named = { file: join(folder, 'model.json'), head: 'classes', domain } as const;
        const { config, model } = await prepareTarget({ ...named, domain: { ...domain, range: [0, 1] } }, engine);
        const probe = { shape: [2, SIDE, SIDE, 3], data: pixels.slice(0, 2 * SIDE * SIDE * 3) };
        expect((await declareTarget(config, model)).domain.shape).toEqual([SIDE, SIDE, 3]);
        return openTarget(config, model, probe, { threads: 2, batchSize: 4 });
      };
      const { target, card } = await opened('onnx');
      const scores = await target.predict({ shape: [COUNT, SIDE, SIDE, 3], data: pixels });
      await target.dispose();
      expect(card).toMatchObject({ format: 'TensorFlow.js LayersModel', engine: 'onnx', opset: 20 });
      expect(card.capabilities).toEqual(['labels', 'scores', 'gradients', 'layers', 'training']);
      // Nobody knows what Fashion-MNIST is to this model: its own answers are taken for the truth.
      const truth = Int32Array.from({ length: COUNT }, (_, i) => {
        const own = Array.from(scores.data.subarray(i * 5, (i + 1) * 5));
        return own.indexOf(Math.max(...own));
      });
      writeFileSync(join(folder, 'x.npy'), writeNpy([COUNT, SIDE, SIDE, 3], pixels));
      writeFileSync(join(folder, 'y.npy'), writeNpy([COUNT], truth));
      const { report } = await audited(folder, {
        target: { file: 'model.json', head: 'classes', domain },
        data: { test: { inputs: 'x.npy', labels: 'y.npy' } },
        audits: { 'evasion/fgsm': { norm: 'Linf', epsilons: [0.03], trust: BRIEF } },
      });
      expect(report.target?.accuracy).toMatchObject({ value: 1, n: COUNT });
      expect(report.target?.files.map(({ name }) => name)).toEqual(Object.keys(files));
      expect(report.findings[0]?.measures[0]).toMatchObject({ n: COUNT });
      expect(report.findings[0]?.status).not.toBe('error');
    });
  });
}

whereInstalled('@vscode/vscode-languagedetection')(
  'a GraphModel that takes texts is read, and refused in one sentence',
  async () => {
    const folder = temporaryFolder({
      'x.npy': writeNpy([1, 1], Float32Array.of(0)),
      'y.npy': writeNpy([1], Uint8Array.of(0)),
    });
    const file = join(packages, '@vscode/vscode-languagedetection/model/model.json');
    const written = await assay(['init', file], { cwd: folder });
    expect(written).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(folder, 'assay.config.json'), 'utf8')).toMatch(/string/);
    const config = {
      target: {
        file,
        head: 'classes',
        output: 'head/predictions/probabilities',
        domain: { kind: 'tabular', range: [0, 1] },
      },
      data: { test: { inputs: 'x.npy', labels: 'y.npy' } },
      audits: { 'evasion/noise': { epsilons: [0.1] } },
    };
    writeFileSync(join(folder, 'assay.config.json'), JSON.stringify(config));
    const { code, stderr } = await assay(['audit', '--quiet'], { cwd: folder });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/takes texts, and audits of this version give numbers/);
    expect(code).toBe(4);
  },
);
