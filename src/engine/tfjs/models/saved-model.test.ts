import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { readModelFile } from '#target/read-model';
import { specOf } from '../../../../test/linear-model.js';
import { chooseBackend } from '../backend.js';
import { openTfjsModel } from '../index.js';

const folderOf = (name: string): string => join(packageRoot(), 'fixtures', 'models', 'saved-model', name);

// What it gives on native TensorFlow is tested in `native/saved-model.deep.ts`.
beforeAll(() => chooseBackend(['cpu']));

test('a SavedModel without native TensorFlow is one sentence that names what helps', async () => {
  const model = await readModelFile(folderOf('mlp'));
  await expect(openTfjsModel(model, specOf('classes', [4]))).rejects.toMatchObject({
    code: 'model',
    what: 'a SavedModel runs on native TensorFlow alone, which is not there',
    mend: expect.stringMatching(/assay setup tensorflow.*tf2onnx/) as string,
  });
});

test.each([
  ['reads-file', /ReadFile/],
  ['runs-python', /PyFunc/],
])('%s is refused, whoever opens it', async (name, operator) => {
  const model = await readModelFile(folderOf(name));
  await expect(openTfjsModel(model, specOf('classes', [4]))).rejects.toThrow(operator);
});
