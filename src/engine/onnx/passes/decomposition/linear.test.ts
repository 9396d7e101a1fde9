import {
  decomposed,
  expectDecomposed,
  expectUntouched,
  layerGraph,
  wave,
  waveOf,
  type LayerCase,
} from '../../../../../test/decomposed.js';
import { executeGraph, int, ints, text } from '../../../../../test/onnx-graphs.js';
import type { Attribute } from '../../graph/ir.js';

const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value });

const TRANSFORMS = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'];

/** Scores of PROBIT have to be probabilities. */
function parameters(rows: number, transform: string): Record<string, Attribute> {
  const factor = transform === 'PROBIT' ? 0.03 : 1;
  return {
    coefficients: floats(waveOf([rows, 4]).map((value) => factor * value)),
    intercepts: floats(Array.from({ length: rows }, (_, i) => 0.3 + 0.15 * i)),
    post_transform: text(transform),
  };
}

function regressor(targets: number, transform: string): LayerCase {
  const attributes = { ...parameters(targets, transform), targets: int(targets) };
  return {
    op: 'ai.onnx.ml.LinearRegressor',
    inputs: 'x',
    feeds: (samples) => ({ x: wave([samples, 4], 1) }),
    attributes,
  };
}

function classifier(rows: number, transform: string): LayerCase {
  const labels = ints(...Array.from({ length: Math.max(rows, 2) }, (_, i) => 10 + i));
  return {
    ...regressor(rows, transform),
    op: 'ai.onnx.ml.LinearClassifier',
    attributes: { ...parameters(rows, transform), classlabels_ints: labels },
    outputs: ['label', 'scores'],
    read: ['scores'],
  };
}

const cases = TRANSFORMS.flatMap((transform) => [1, 2, 3].map((rows) => [transform, rows] as const));

test.each(cases)('LinearRegressor with %s of %i targets', async (transform, targets) => {
  await expectDecomposed(regressor(targets, transform));
});

test('LinearRegressor without intercepts', async () => {
  const { intercepts, ...attributes } = regressor(2, 'NONE').attributes ?? {};
  expect(intercepts).toBeDefined();
  await expectDecomposed({ ...regressor(2, 'NONE'), attributes });
});

test.each(cases.filter(([transform, rows]) => transform !== 'PROBIT' || rows > 1))(
  'LinearClassifier with %s of %i scores',
  async (transform, rows) => {
    await expectDecomposed(classifier(rows, transform));
  },
);

test('scores of 0 stay so in a softmax of the others', async () => {
  const layer = classifier(3, 'SOFTMAX_ZERO');
  const coefficients = floats([1, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0]);
  await expectDecomposed({
    ...layer,
    attributes: { ...layer.attributes, coefficients, intercepts: floats([0, 0, 0]) },
  });
});

test('a classifier stays for its labels', async () => {
  const layer = { ...classifier(3, 'SOFTMAX'), read: ['label', 'scores'] };
  const after = await decomposed(layer);
  expect(after.nodes.map(({ op }) => op)).toEqual(['Gemm', 'Softmax', 'LinearClassifier']);
  const [wanted, found] = [layerGraph(layer), after].map((graph) => executeGraph(graph, layer.feeds(4)));
  expect((await found)?.get('label')).toEqual((await wanted)?.get('label'));
});

test('one probit, of which ONNX Runtime makes no two probabilities, stays as it is', () =>
  expectUntouched(classifier(1, 'PROBIT')));
