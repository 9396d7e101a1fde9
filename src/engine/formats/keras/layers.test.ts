import type { Tensor } from '#base/tensor';
import { readKerasCases } from '../../../../test/keras-fixtures.js';
import { gradientsOf, outputsOf } from '../../../../test/lowered.js';
import type { Lowered } from '../lowered.js';
import { lowerKeras } from './index.js';
import { everyNth } from '../../../../test/tier.js';

/** Relative to the largest value of a tensor: both compute in float32, in another order. */
const OUTPUT_TOLERANCE = 1e-5;
const GRADIENT_TOLERANCE = 1e-4;

const FAMILIES =
  'dense convolutions transposed poolings normalizations activations recurrent masks attention merges reshapes graphs';

const cases = FAMILIES.split(' ').flatMap((family) => readKerasCases(family).map((each) => ({ ...each, family })));

describe.each(everyNth(3, cases))('$family of Keras $keras', ({ files, ...facts }) => {
  const lower = (suffix: '.keras' | '.h5'): Promise<Lowered> =>
    lowerKeras({ main: 'model', files: new Map([['model', files[suffix]]]) });

  test('gives what Keras gives', async () => {
    const { model } = await lower('.keras');
    const outputs = await outputsOf(model, facts.inputs);
    expect(farther(facts.outputs, (name) => outputs.get(name)?.data, OUTPUT_TOLERANCE)).toEqual([]);
  });

  test('has the gradients that TensorFlow computes', async () => {
    const { model } = await lower('.keras');
    const gradients = await gradientsOf(model, facts.inputs, facts.cotangents);
    // Tokens have none.
    const real = Object.fromEntries(Object.entries(facts.gradients).filter(([name]) => gradients.has(name)));
    expect(Object.keys(real).length).toBeGreaterThan(0);
    expect(farther(real, (name) => gradients.get(name), GRADIENT_TOLERANCE)).toEqual([]);
  });

  test('is the same graph in both formats', async () => {
    const [archive, hdf5] = [await lower('.keras'), await lower('.h5')];
    expect(hdf5).toEqual(archive);
  });
});

/** Which tensors differ from what they should be, and by how much. */
function farther(
  expected: Readonly<Record<string, Tensor>>,
  actual: (name: string) => ArrayLike<unknown> | undefined,
  tolerance: number,
): string[] {
  return Object.entries(expected).flatMap(([name, { data }]) => {
    const values = actual(name);
    if (values?.length !== data.length) return [`${name}: ${values?.length ?? 'no'} values, not ${data.length}`];
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    const difference = data.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(values[i]))), 0);
    return difference <= tolerance * largest ? [] : [`${name}: ${difference} of ${largest}`];
  });
}
