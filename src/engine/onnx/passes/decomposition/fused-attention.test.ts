import {
  counted,
  expectDecomposed,
  expectUntouched,
  wave,
  waveOf,
  type LayerCase,
} from '../../../../../test/decomposed.js';
import { float, int, ints } from '../../../../../test/onnx-graphs.js';
import { float32Constant } from '../../graph/constants.js';
import type { RuntimeValue } from '../../session.js';

type Batch = (samples: number) => RuntimeValue;

const constants = {
  W: float32Constant([6, 24], waveOf([6, 24])),
  b: float32Constant([24], waveOf([24], 1)),
};
const input: Batch = (samples) => wave([samples, 5, 6]);
const attention: LayerCase = {
  op: 'com.microsoft.Attention',
  inputs: 'x W b',
  feeds: (samples) => ({ x: input(samples) }),
  attributes: { num_heads: int(2) },
  constants,
};
const multiHead: LayerCase = {
  op: 'com.microsoft.MultiHeadAttention',
  inputs: 'q k v',
  feeds: (samples) => ({
    q: wave([samples, 5, 8]),
    k: wave([samples, 5, 8], 1),
    v: wave([samples, 5, 4], 2),
  }),
  attributes: { num_heads: int(2) },
};

function masked(layer: LayerCase, inputs: string, mask: Batch, more: LayerCase['attributes'] = {}): LayerCase {
  const feeds: LayerCase['feeds'] = (samples) => ({ ...layer.feeds(samples), mask: mask(samples) });
  return { ...layer, inputs: `${layer.inputs} ${inputs}`, feeds, attributes: { ...layer.attributes, ...more } };
}

const raw: Batch = (samples) => counted('int32', [samples, 5], (i) => (i % 5 < 3 ? 1 : 0));
const lengths: Batch = (samples) => counted('int32', [samples], (i) => 1 + (i % 5));
const square: Batch = (samples) => counted('int32', [samples, 5, 5], (i) => Number(i % 4 !== 0));
const bias: Batch = (samples) => wave([samples, 2, 5, 5], 3);
const unidirectional = { unidirectional: int(1) };
const lowest = { mask_filter_value: float(-3.4028234663852886e38) };

describe('attention of ONNX Runtime in parts', () => {
  test.each<[string, LayerCase]>([
    ['nothing but projections', attention],
    ['another scale', { ...attention, attributes: { num_heads: int(2), scale: float(0.7) } }],
    ['values of another size', { ...attention, attributes: { num_heads: int(2), qkv_hidden_sizes: ints(10, 10, 4) } }],
    ['unidirectional', { ...attention, attributes: { num_heads: int(2), ...unidirectional } }],
    ['a mask of keys', masked(attention, 'mask', raw)],
    ['a mask of keys, unidirectional', masked(attention, 'mask', raw, unidirectional)],
    ['lengths', masked(attention, 'mask', lengths)],
    ['a mask of keys for each query', masked(attention, 'mask', square)],
    ['a mask that shuts out', masked(attention, 'mask', raw, lowest)],
    [
      'a mask that shuts out everything, unidirectional',
      masked(attention, 'mask', (samples) => counted('int32', [samples, 5], () => 0), { ...lowest, ...unidirectional }),
    ],
    ['a bias of scores', masked(attention, '- - mask', bias)],
  ])('Attention: %s', async (_, layer) => {
    await expectDecomposed(layer);
  });

  test.each<[string, LayerCase]>([
    ['nothing but heads', multiHead],
    ['a bias', { ...multiHead, inputs: 'q k v b', constants: { b: float32Constant([20], waveOf([20], 1)) } }],
    [
      'more keys than queries',
      { ...multiHead, feeds: (samples) => ({ ...multiHead.feeds(samples), q: wave([samples, 3, 8]) }) },
    ],
    ['unidirectional', { ...multiHead, attributes: { num_heads: int(2), ...unidirectional } }],
    ['a mask of keys', masked(multiHead, '- mask', raw)],
    ['lengths', masked(multiHead, '- mask', lengths)],
    ['a mask of keys for each query, unidirectional', masked(multiHead, '- mask', square, unidirectional)],
    ['a bias of scores', masked(multiHead, '- - mask', bias)],
  ])('MultiHeadAttention: %s', async (_, layer) => {
    await expectDecomposed(layer);
  });
});

describe('left as it is', () => {
  test('with where each sample starts and ends', () =>
    expectUntouched(
      masked(attention, 'mask', (samples) => counted('int32', [2 * samples], (i) => (i < samples ? 4 : 1))),
    ));

  test('with keys whose heads are apart already', () =>
    expectUntouched({
      ...multiHead,
      feeds: (samples) => ({
        q: wave([samples, 3, 8]),
        k: wave([samples, 2, 5, 4], 1),
        v: wave([samples, 2, 5, 4], 2),
      }),
    }));
});
