import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { Tensor } from '#base/tensor';
import { readModelFile } from '#target/read-model';
import { describeOnTensorFlow } from '../../../../test/native-tensorflow.js';
import { specOf } from '../../../../test/linear-model.js';
import { temporaryFolder } from '../../../../test/temporary-folder.js';
import { numbersOf } from '../../../../test/training-fixtures.js';
import type { EngineModel } from '../../contract.js';
import { chooseBackend } from '../backend.js';
import { openTfjsModel } from '../index.js';

const folderOf = (name: string): string => join(packageRoot(), 'fixtures', 'models', 'saved-model', name);

function storedOf(name: string): { readonly inputs: Tensor; readonly scores: Float32Array } {
  type Stored = Parameters<typeof numbersOf>[0] & { readonly shape: readonly number[] };
  const text = readFileSync(join(folderOf(name), 'expected.json'), 'utf8');
  const { inputs, scores } = JSON.parse(text) as { readonly inputs: Stored; readonly scores: Stored };
  return { inputs: { shape: inputs.shape, data: numbersOf(inputs) }, scores: numbersOf(scores) };
}

async function opened(name: string): Promise<EngineModel> {
  const { inputs } = storedOf(name);
  return openTfjsModel(await readModelFile(folderOf(name)), {
    ...specOf('classes', inputs.shape.slice(1)),
    probe: inputs,
  });
}

describeOnTensorFlow('SavedModels').each(['mlp', 'cnn'])('the SavedModel %s on native TensorFlow', (name) => {
  beforeAll(() => chooseBackend(['tensorflow']));

  test('gives what TensorFlow gives in Python, and leaves no copy of itself', async () => {
    const own = temporaryFolder();
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = own;
    try {
      const model = await opened(name);
      const { inputs, scores: wanted } = storedOf(name);
      expect(model.facts).toMatchObject({ scale: 'probabilities', batch: 'dynamic', scoreWidth: 3 });
      expect(readdirSync(own)).toEqual([]);
      const { data } = await model.scores(inputs);
      // Probabilities are given as logits.
      for (const [i, value] of data.entries()) expect(Math.abs(value - Math.log(wanted[i] ?? NaN))).toBeLessThan(1e-6);
      await model.dispose();
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  test('gives a sample the same bits whatever comes with it', async () => {
    const model = await opened(name);
    const { inputs } = storedOf(name);
    const whole = (await model.scores(inputs)).data;
    const size = inputs.data.length / 5;
    for (let i = 0; i < 5; i++) {
      const one = { shape: [1, ...inputs.shape.slice(1)], data: inputs.data.slice(i * size, (i + 1) * size) };
      expect((await model.scores(one)).data).toEqual(whole.slice(i * 3, (i + 1) * 3));
    }
    await model.dispose();
  });

  test('says why it has no gradients', async () => {
    const model = await opened(name);
    expect(model.facts.noGradients).toMatch(/gives scores only/);
    await expect(
      model.gradient(storedOf(name).inputs, { kind: 'cross-entropy', labels: new Float64Array(5) }),
    ).rejects.toThrow(/scores only/);
    await model.dispose();
  });
});
