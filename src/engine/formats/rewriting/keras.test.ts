import { readKerasCases } from '../../../../test/keras-fixtures.js';
import { noise } from '../../../../test/layers-model.js';
import { outputsOf } from '../../../../test/lowered.js';
import type { ModelBytes } from '../../contract.js';
import { float32Constant, float32Of } from '../../onnx/graph/constants.js';
import type { Graph } from '../../onnx/graph/ir.js';
import { decodeModel, encodeModel } from '../../onnx/proto/codec.js';
import { parametersOf } from '../../onnx/training/parameters.js';
import { lowerKeras } from '../keras/index.js';
import { withHdf5 } from '../keras/reading/hdf5.js';
import { writeTrained } from './index.js';
import { originsOf } from './origins.js';
import { everyNth } from '../../../../test/tier.js';

/** Of the largest value: sums of the same numbers, but that the two biases of a recurrent layer were added before. */
const TOLERANCE = 1e-5;

const FAMILIES =
  'dense convolutions transposed poolings normalizations activations recurrent masks attention merges reshapes graphs';
const cases = FAMILIES.split(' ').flatMap((family) => readKerasCases(family).map((each) => ({ ...each, family })));

/** Everything that a trainer may move, moved: weights, and running statistics, which stay positive. */
function moved(graph: Graph): { readonly graph: Graph; readonly names: readonly string[] } {
  const statistics = graph.nodes
    .filter(({ op }) => op === 'BatchNormalization')
    .flatMap(({ inputs }) => inputs.slice(3, 5));
  const names = [...new Set([...parametersOf(graph), ...statistics])];
  const constants = new Map(graph.constants);
  names.forEach((name, i) => {
    const constant = constants.get(name);
    if (constant === undefined) throw new Error(`there is no ${name}`);
    const added = noise([constant.bytes.length / 4], 101 + i);
    const values = float32Of(constant).map((value, j) => value + (0.3 * (added[j] ?? 0) + 0.3));
    constants.set(name, float32Constant(constant.shape, values));
  });
  return { graph: { ...graph, constants }, names };
}

function fileOf(bytes: Uint8Array): ModelBytes {
  return { main: 'model', files: new Map([['model', bytes]]) };
}

describe.each(everyNth(3, cases))('$family of Keras $keras', ({ files, inputs }) => {
  test.each(['.keras', '.h5'] as const)('%s holds what was trained, and nothing else changed', async (suffix) => {
    const original = fileOf(files[suffix]);
    const { graph, names } = moved(decodeModel((await lowerKeras(original)).model));
    const trained = encodeModel(graph);
    const format = suffix === '.keras' ? 'keras' : 'keras-h5';
    const { files: written, notes } = await writeTrained(original, format, trained);
    expect(notes).toEqual([]);
    const bytes = written.get('model') ?? new Uint8Array();
    if (names.length > 0) expect(Buffer.compare(bytes, files[suffix])).not.toBe(0);
    // In place: an HDF5 file keeps its length, and differs nowhere but in numbers.
    if (suffix === '.h5') expect(bytes.length).toBe(files[suffix].length);
    const [expected, found] = [
      await outputsOf(fileOf(trained), inputs),
      await outputsOf((await lowerKeras(fileOf(bytes))).model, inputs),
    ];
    expect([...found.keys()]).toEqual([...expected.keys()]);
    for (const [name, { data }] of expected) {
      const other: ArrayLike<unknown> = found.get(name)?.data ?? [];
      const values = Array.from(data, Number);
      const largest = Math.max(1e-3, ...values.map(Math.abs));
      const difference = Math.max(...values.map((value, k) => Math.abs(value - Number(other[k] ?? NaN))));
      expect(difference).toBeLessThanOrEqual(TOLERANCE * largest);
    }
  });
});

const [, dense] = readKerasCases('dense');
const [, recurrent] = readKerasCases('recurrent');

test('places of weights are the same whatever the digits that they were written in', async () => {
  const lower = (seen: Parameters<typeof lowerKeras>[1]) => lowerKeras(fileOf(recurrent?.files['.h5'] ?? NONE), seen);
  const [whole, inDigits] = [await originsOf(lower), await originsOf(lower, 7)];
  const weights = parametersOf(whole.graph);
  expect(weights.length).toBeGreaterThan(20);
  for (const name of weights) {
    expect(inDigits.placesOf(name)).toEqual(whole.placesOf(name));
    expect(whole.placesOf(name).some((place) => place > 0)).toBe(true);
  }
});

const NONE = new Uint8Array();

/** A file as Keras writes it behind training: beside the weights, moments and what they are called. */
async function withMoments(bytes: Uint8Array): Promise<Uint8Array> {
  const { bytes: compiled } = await withHdf5(bytes, 'model', 'a', (_library, file) => {
    file.create_attribute('training_config', '{"loss": "mse"}');
    const group = file.create_group('optimizer_weights');
    group.create_attribute('weight_names', ['adam/m', 'adam/iteration']);
    const adam = group.create_group('adam');
    adam.create_dataset({ name: 'm', data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
    adam.create_dataset({ name: 'iteration', data: BigInt64Array.of(9n), shape: [] });
  });
  return compiled;
}

test('moments of the optimizer are left out, and all else is copied', async () => {
  const bytes = dense?.files['.h5'] ?? NONE;
  const original = fileOf(await withMoments(bytes));
  const { graph } = moved(decodeModel((await lowerKeras(original)).model));
  const { files, notes } = await writeTrained(original, 'keras-h5', encodeModel(graph));
  expect(notes).toEqual(['The state of the optimizer is left out, for it belongs to the weights before.']);
  const [before, after] = [await contentOf(bytes), await contentOf(files.get('model') ?? NONE)];
  expect(after.get('/@training_config')).toBe('"{\\"loss\\": \\"mse\\"}" string');
  after.delete('/@training_config');
  expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
  // Attributes are equal, types of data sets as well.
  for (const [path, content] of before) expect(after.get(path)).toBe(content);
});

/** Every attribute with its value and type, and every data set with its type and shape. */
async function contentOf(bytes: Uint8Array): Promise<Map<string, string>> {
  const { result } = await withHdf5(bytes, 'model', 'r', (library, file) => {
    const content = new Map<string, string>();
    for (const path of ['/', ...file.paths().map((each) => `/${each}`)]) {
      const entity = path === '/' ? file : file.get(path);
      if (!(entity instanceof library.Group || entity instanceof library.Dataset)) throw new Error(path);
      const described = entity instanceof library.Dataset ? JSON.stringify([entity.dtype, entity.shape]) : 'group';
      content.set(path, described);
      for (const [name, { value }] of Object.entries(entity.attrs)) {
        content.set(`${path}@${name}`, `${JSON.stringify(value)} ${typeof value}`);
      }
    }
    return content;
  });
  return result;
}

test('a file that is damaged is named, in one sentence', async () => {
  const whole = dense?.files['.h5'] ?? NONE;
  const { graph } = moved(decodeModel((await lowerKeras(fileOf(whole))).model));
  const cut = fileOf(whole.subarray(0, whole.length / 2));
  await expect(writeTrained(cut, 'keras-h5', encodeModel(graph))).rejects.toMatchObject({ code: 'model' });
});
