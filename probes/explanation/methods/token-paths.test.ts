import type { Tensor } from '#base/tensor';
import { openOnnxModel, openTfjsModel, type EngineModel, type EngineSpec } from '#engine/index';
import { float32Constant, int64Constant } from '../../../src/engine/onnx/graph/constants.js';
import type { ValueInfo } from '../../../src/engine/onnx/graph/ir.js';
import { chooseBackend } from '../../../src/engine/tfjs/backend.js';
import { graphOf, modelOf, specOf, type GraphParts } from '../../../test/linear-model.js';
import { compositeOf } from './lrp-composites.js';
import { deepLift, relevanceOf, type PropagationModel } from './propagated.js';
import { integratedEmbeddings } from './token-paths.js';

/** Token by token, on small models of texts whose attributions can be written down. */

beforeAll(() => chooseBackend(['cpu']));

const ENGINES = [
  ['ONNX Runtime', openOnnxModel],
  ['TensorFlow.js', openTfjsModel],
] as const;

/** Token vectors; token 3 stands for an absent one. */
const TABLE = [
  [1, 0],
  [0.5, -1],
  [-2, 1.5],
  [0.25, 0.5],
] as const;
const ABSENT = 3;
/** Of the scores, [2, 2]. */
const WEIGHTS = [
  [1, -1],
  [2, 3],
] as const;
const SCORE = 1;

const IDS = [
  [0, 2, 1],
  [1, 1, 0],
] as const;
/** The last token of the first text is padding. */
const MASK = [
  [1, 1, 0],
  [1, 1, 1],
] as const;

const whole = (name: string): ValueInfo => ({ name, type: 'int64', shape: ['n', 'length'] });
const tensor = (rows: readonly (readonly number[])[]): Tensor => ({
  shape: [rows.length, rows[0]?.length ?? 0],
  data: Float32Array.from(rows.flat()),
});

type Nodes = GraphParts['nodes'];

/** Vectors, changed by `each`, their mean over what is not padding, and scores of that by `head`. */
function classifier(each: Nodes, head: Nodes) {
  const keep = { keepdims: { kind: 'int', value: 0 } } as const;
  const graph = graphOf({
    nodes: [
      { op: 'Gather', inputs: ['table', 'input_ids'], outputs: ['embedded'] },
      ...each,
      { op: 'Cast', inputs: ['attention_mask'], outputs: ['m'], attributes: { to: { kind: 'int', value: 1 } } },
      { op: 'Unsqueeze', inputs: ['m', 'last'], outputs: ['present'] },
      { op: 'Mul', inputs: [each.at(-1)?.outputs[0] ?? 'embedded', 'present'], outputs: ['seen'] },
      { op: 'ReduceSum', inputs: ['seen', 'time'], outputs: ['sum'], attributes: keep },
      { op: 'ReduceSum', inputs: ['present', 'time'], outputs: ['count'], attributes: keep },
      { op: 'Div', inputs: ['sum', 'count'], outputs: ['mean'] },
      ...head,
    ],
    constants: new Map([
      ['table', float32Constant([4, 2], TABLE.flat())],
      ['w', float32Constant([2, 2], WEIGHTS.flat())],
      ['hidden', float32Constant([2, 3], [1, -1, 0.5, 2, 1, -1])],
      ['out', float32Constant([3, 2], [1, 2, -1, 1.5, 1, -2])],
      ['last', int64Constant([1], [-1])],
      ['time', int64Constant([1], [1])],
    ]),
    inputShape: [],
    outputShape: ['n', 2],
  });
  return modelOf({ ...graph, inputs: [whole('attention_mask'), whole('input_ids')] });
}

const LINEAR: Nodes = [{ op: 'MatMul', inputs: ['mean', 'w'], outputs: ['y'] }];
const bagOfVectors = classifier([], LINEAR);
const tanhOfEach = classifier([{ op: 'Tanh', inputs: ['embedded'], outputs: ['t'] }], LINEAR);
const hiddenLayer = classifier(
  [],
  [
    { op: 'MatMul', inputs: ['mean', 'hidden'], outputs: ['h'] },
    { op: 'Tanh', inputs: ['h'], outputs: ['r'] },
    { op: 'MatMul', inputs: ['r', 'out'], outputs: ['y'] },
  ],
);

/** As a target of texts: the mask is that of the ids that are given, of which token 3 has none. */
function withMasks(engine: EngineModel): PropagationModel {
  return {
    propagate: (ids, scores, propagation) =>
      engine.propagate(new Map([...masksOf(ids), ['input_ids', ids]]), scores, propagation),
  };
}

function masksOf({ shape, data }: Tensor): ReadonlyMap<string, Tensor> {
  const texts = IDS.map((ids) => ids.join());
  const mask = Array.from({ length: shape[0] ?? 0 }, (_, row) => {
    const ids = data.subarray(3 * row, 3 * row + 3);
    const known = texts.indexOf([...ids].join());
    return MASK[known] ?? [...ids].map((id) => (id === ABSENT ? 0 : 1));
  });
  return new Map([['attention_mask', tensor(mask)]]);
}

/** For each sample, token and value of its vector what `part` says of it and its absence, divided by the tokens that are there. */
function expected(part: (to: number, from: number, weight: number) => number): number[] {
  return IDS.flatMap((ids, text) => {
    const mask = MASK[text] ?? [];
    const count = mask.reduce<number>((sum, each) => sum + each, 0);
    return ids.flatMap((id, token) =>
      [0, 1].map((j) => {
        const [to, from, weight] = [TABLE[id][j], TABLE[ABSENT][j], WEIGHTS[j]?.[SCORE]];
        return ((mask[token] ?? NaN) * part(to ?? NaN, from ?? NaN, weight ?? NaN)) / count;
      }),
    );
  });
}

function expectClose(found: Float64Array, wanted: readonly number[]): void {
  const largest = Math.max(...wanted.map(Math.abs));
  expect(found).toHaveLength(wanted.length);
  found.forEach((value, i) => expect(Math.abs(value - (wanted[i] ?? NaN))).toBeLessThanOrEqual(1e-6 * largest));
}

describe.each(ENGINES)('texts on %s', (_, open) => {
  const inputs = tensor(IDS);
  const absent = tensor([[ABSENT, ABSENT, ABSENT]]);
  const scores = [SCORE, SCORE];
  const probe = new Map([['input_ids', inputs], ...masksOf(inputs)]);
  const spec: EngineSpec = { ...specOf('classes', [3]), probe };

  async function on<T>(model: Parameters<typeof open>[0], work: (model: PropagationModel) => Promise<T>): Promise<T> {
    const engine = await open(model, spec);
    try {
      return await work(withMasks(engine));
    } finally {
      await engine.dispose();
    }
  }

  test('a mean of vectors under a linear layer: every method says weight times what changed', () =>
    on(bagOfVectors, async (model) => {
      const difference = expected((to, from, weight) => weight * (to - from));
      for (const found of [
        await deepLift(model, inputs, absent, scores, 'samples'),
        await integratedEmbeddings(model, inputs, absent, scores, 2),
      ]) {
        expect(found.shape).toEqual([2, 3, 2]);
        expectClose(found.values, difference);
        found.residuals.forEach((residual) => expect(Math.abs(residual)).toBeLessThan(1e-6));
      }
      for (const name of ['epsilon', 'epsilon-plus'] as const) {
        const { values, residuals } = await relevanceOf(model, inputs, scores, compositeOf(name, [0, 0]));
        // Against nothing: w x, and all of the score, but for the stabilizer of 1e-6.
        expectClose(
          values,
          expected((to, _from, weight) => weight * to),
        );
        residuals.forEach((residual) => expect(Math.abs(residual)).toBeLessThan(3e-6));
      }
    }));

  test('a tanh of each value: integrated gradients and DeepLIFT are its differences', () =>
    on(tanhOfEach, async (model) => {
      const wanted = expected((to, from, weight) => weight * (Math.tanh(to) - Math.tanh(from)));
      expectClose((await deepLift(model, inputs, absent, scores, 'samples')).values, wanted);
      expectClose((await integratedEmbeddings(model, inputs, absent, scores, 24)).values, wanted);
    }));

  test('one hidden layer: both are the same, and add up to the difference of scores under the mask of the sample', () =>
    on(hiddenLayer, async (model) => {
      const lifted = await deepLift(model, inputs, absent, scores, 'samples');
      const paths = await integratedEmbeddings(model, inputs, absent, scores, 24);
      expectClose(lifted.values, [...paths.values]);
      for (const { residuals, differences } of [lifted, paths]) {
        expect(Math.min(...differences.map(Math.abs))).toBeGreaterThan(0.1);
        residuals.forEach((residual) => expect(Math.abs(residual)).toBeLessThan(2e-6));
      }
    }));

  test('texts of their own baselines, in more points than one call takes', () =>
    on(tanhOfEach, async (model) => {
      const baselines = tensor([
        [3, 2, 3],
        [0, 3, 3],
      ]);
      const both = await integratedEmbeddings(model, inputs, baselines, scores, 70);
      const second = await integratedEmbeddings(model, tensor([IDS[1]]), tensor([[0, 3, 3]]), [SCORE], 70);
      expectClose(both.values.subarray(6), [...second.values]);
      both.residuals.forEach((residual) => expect(Math.abs(residual)).toBeLessThan(1e-6));
    }));

  test('not one share a sample is refused', () =>
    on(bagOfVectors, async (model) => {
      const given = { kind: 'path', baselines: inputs, shares: Float64Array.of(0.5) } as const;
      await expect(model.propagate(inputs, Float64Array.of(0, 0), given)).rejects.toThrow(
        'there are 1 shares of the way, and 2 samples',
      );
    }));
});
