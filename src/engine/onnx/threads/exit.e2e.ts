import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '#base/package-root';

/** Copies of the fixture CNN that are asked for gradients of 256 images, four times each; then what `end` does. */
function program(end: string): string {
  const of = (path: string): string => JSON.stringify(pathToFileURL(join(packageRoot(), path)).href);
  return `
    import { readFileSync } from 'node:fs';
    import { openOnnxModel } from ${of('dist/src/engine/index.js')};
    const bytes = readFileSync(new URL(${of('fixtures/models/fashion-cnn.onnx')}));
    const inputs = (n) => ({ shape: [n, 1, 28, 28], data: new Float32Array(n * 784).fill(0.5) });
    const model = await openOnnxModel(
      { main: 'm.onnx', files: new Map([['m.onnx', bytes]]) },
      {
        head: 'classes', output: null, normalization: { axis: 0, mean: [0], std: [1] },
        probe: inputs(4), resources: { threads: 2, batchSize: 128 },
      },
    );
    const loss = { kind: 'cross-entropy', labels: new Float64Array(256) };
    const ask = (copy) => copy.gradient(inputs(256), loss);
    if (model.copies.length !== 2) throw new Error('there are no copies');
    await Promise.all(model.copies.map(ask));
    const work = Promise.all([...model.copies, ...model.copies, ...model.copies, ...model.copies].map(ask));
    await new Promise((resolve) => setTimeout(resolve, 15));
    ${end}
  `;
}

const folder = mkdtempSync(join(tmpdir(), 'assay-exit-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(name: string, end: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, program(end));
  return new Promise((resolve) => {
    execFile(process.execPath, [file], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr });
    });
  });
}

test('a process that ends by itself is not held up', async () => {
  expect(await run('by-itself', "await work; console.log('done');")).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
});

test('a process that is ended while models run ends with its own code', async () => {
  const ended = await run('exit', 'work.catch(() => undefined); process.exit(3);');
  expect(ended).toEqual({ code: 3, stdout: '', stderr: '' });
});

test('a model that is disposed of while it runs ends what waits for it', async () => {
  const end = `
    const failed = work.catch((error) => console.log(error.message));
    await model.dispose();
    await failed;
  `;
  const { code, stdout, stderr } = await run('dispose', end);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe('the thread in which the model ran has ended: it was disposed of.\n');
});
