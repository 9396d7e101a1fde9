import { counted, expectDecomposed, expectUntouched, wave, type LayerCase } from '../../../../../test/decomposed.js';
import { float, float32, ints, text } from '../../../../../test/onnx-graphs.js';
import { int64Constant } from '../../graph/constants.js';
import type { Attribute } from '../../graph/ir.js';
import type { RuntimeValue } from '../../session.js';

const floats = (...value: readonly number[]): Attribute => ({ kind: 'floats', value });

/** Large against what is left when the offset is gone. */
const precise = (samples: number): RuntimeValue => {
  const data = Float64Array.from({ length: 3 * samples }, (_, i) => 1e6 + Math.sin(i));
  return { type: 'float64', shape: [samples, 3], data };
};

function ofRows(
  op: string,
  x: (samples: number) => RuntimeValue,
  attributes: Readonly<Record<string, Attribute>>,
): LayerCase {
  return { op: `ai.onnx.ml.${op}`, inputs: 'x', feeds: (samples) => ({ x: x(samples) }), attributes };
}

const rows = (samples: number): RuntimeValue => wave([samples, 3]);
/** The second row is 0, the last value of the first is not there. */
const special = (last: number) => (samples: number) =>
  float32(
    [samples, 3],
    Array.from({ length: 3 * samples }, (_, i) => (i === 2 ? last : i > 2 && i < 6 ? 0 : i - 4)),
  );
const scaled = { offset: floats(0.5, -1, 2), scale: floats(2, 0.1, 3) };

describe('features in standard operators', () => {
  test.each<[string, LayerCase]>([
    ['Scaler', ofRows('Scaler', rows, scaled)],
    ['Scaler of all features alike', ofRows('Scaler', rows, { offset: floats(0.5), scale: floats(2) })],
    ['Scaler of float64', ofRows('Scaler', precise, { offset: floats(1e6), scale: floats(2) })],
    ['Scaler of integers', ofRows('Scaler', (samples) => counted('int64', [samples, 3], (i) => i), scaled)],
    [
      'Imputer',
      ofRows('Imputer', special(7), { imputed_value_floats: floats(5, 6, 8), replaced_value_float: float(7) }),
    ],
    [
      'Imputer of NaN',
      ofRows('Imputer', special(NaN), { imputed_value_floats: floats(5), replaced_value_float: float(NaN) }),
    ],
    ...['MAX', 'L1', 'L2'].map((norm): [string, LayerCase] => [
      `Normalizer ${norm}`,
      ofRows('Normalizer', special(2), { norm: text(norm) }),
    ]),
    [
      'FeatureVectorizer',
      {
        op: 'ai.onnx.ml.FeatureVectorizer',
        inputs: 'x z',
        feeds: (samples) => ({ x: rows(samples), z: wave([samples, 1], 1) }),
        attributes: { inputdimensions: ints(3, 1) },
      },
    ],
    [
      'ArrayFeatureExtractor',
      { ...ofRows('ArrayFeatureExtractor', rows, {}), inputs: 'x i', constants: { i: int64Constant([2], [2, 0]) } },
    ],
    [
      'ArrayFeatureExtractor of a vector',
      {
        ...ofRows('ArrayFeatureExtractor', (samples) => wave([samples]), {}),
        inputs: 'x i',
        constants: { i: int64Constant([3], [1, 0, 1]) },
      },
    ],
  ])('%s', async (_, layer) => {
    await expectDecomposed(layer);
  });
});

describe('left as it is', () => {
  test('an imputer of integers', () =>
    expectUntouched(
      ofRows('Imputer', (samples) => counted('int64', [samples, 3], (i) => i), {
        imputed_value_int64s: ints(1),
        replaced_value_int64: { kind: 'int', value: 0 },
      }),
    ));

  test('columns that are cut', () => expectUntouched(ofRows('FeatureVectorizer', rows, { inputdimensions: ints(2) })));
});
