import {
  counted,
  decomposed,
  expectDecomposed,
  expectUntouched,
  wave,
  waveOf,
  type LayerCase,
} from '../../../../../test/decomposed.js';
import { float, float32, int } from '../../../../../test/onnx-graphs.js';
import { float32Constant } from '../../graph/constants.js';
import type { Constant } from '../../graph/ir.js';
import type { RuntimeValue } from '../../session.js';
import type { Feeds } from '../../tracing.js';

const LOWEST = -3.4028234663852886e38;

/** 4 heads of 6 values for 3 queries and 5 keys. */
const split = (samples: number): Feeds => ({
  q: wave([samples, 4, 3, 6]),
  k: wave([samples, 4, 5, 6], 1),
  v: wave([samples, 4, 5, 2], 2),
});

const flat = (samples: number): Feeds => ({
  q: wave([samples, 3, 24]),
  k: wave([samples, 5, 24], 1),
  v: wave([samples, 5, 8], 2),
});

const shared = (samples: number): Feeds => ({
  ...split(samples),
  k: wave([samples, 2, 5, 6], 1),
  v: wave([samples, 2, 5, 2], 2),
});

const square = (samples: number): Feeds => ({
  q: wave([samples, 4, 5, 6]),
  k: wave([samples, 4, 5, 6], 1),
  v: wave([samples, 4, 5, 2], 2),
});

const plain: LayerCase = { op: 'Attention', inputs: 'q k v', feeds: split };
const causal = { is_causal: int(1) };

function masked(
  mask: (samples: number) => RuntimeValue,
  feeds = split,
  attributes: LayerCase['attributes'] = {},
): LayerCase {
  const withMask = (samples: number): Feeds => ({ ...feeds(samples), mask: mask(samples) });
  return { op: 'Attention', inputs: 'q k v mask', feeds: withMask, attributes };
}

/** A stored mask. */
function stored(mask: Constant): LayerCase {
  return { ...plain, inputs: 'q k v mask', constants: { mask } };
}

/** The second query of every head looks nowhere. */
const bool = (...shape: readonly number[]): RuntimeValue => {
  return counted('bool', shape, (i) => Number(Math.floor(i / 5) % 3 !== 1 && i % 4 !== 0));
};

const real = (shape: readonly number[], closed: number): RuntimeValue => {
  const values = waveOf(shape).map((value, i) => (Math.floor(i / 5) % 3 === 1 || i % 4 === 0 ? closed : value));
  return float32(shape, values);
};

describe('attention in parts', () => {
  test.each<[string, LayerCase]>([
    ['split heads', plain],
    ['of opset 24', { ...plain, opset: 24 }],
    ['flat heads', { ...plain, feeds: flat, attributes: { q_num_heads: int(4), kv_num_heads: int(4) } }],
    ['keys that queries share', { ...plain, feeds: shared }],
    [
      'flat keys that all queries share',
      {
        ...plain,
        feeds: (samples) => ({ ...flat(samples), k: wave([samples, 5, 6], 1), v: wave([samples, 5, 3]) }),
        attributes: { q_num_heads: int(4), kv_num_heads: int(1) },
      },
    ],
    ['another scale', { ...plain, attributes: { scale: float(0.7) } }],
    ['bounded scores', { ...plain, attributes: { softcap: float(0.5) } }],
    ['causal', { ...plain, attributes: causal }],
    ['causal and square', { ...plain, feeds: square, attributes: causal }],
    ['a boolean mask', masked(() => bool(3, 5))],
    ['a boolean mask for each sample', masked((samples) => bool(samples, 1, 3, 5))],
    ['a boolean mask of keys', masked((samples) => counted('bool', [samples, 1, 3, 5], (i) => Number(i % 5 < 3)))],
    ['a boolean mask for each head', masked(() => bool(4, 3, 5))],
    ['a boolean mask, causal', masked(() => bool(3, 5), split, causal)],
    ['a boolean mask over shared keys', masked((samples) => bool(samples, 4, 3, 5), shared)],
    ['a real mask', masked((samples) => real([samples, 4, 3, 5], -3))],
    ['a real mask that shuts out', masked(() => real([3, 5], -Infinity))],
    ['a real mask with the lowest number', masked((samples) => real([samples, 1, 3, 5], LOWEST))],
    ['a real mask, causal', masked(() => real([3, 5], -Infinity), split, causal)],
    ['a real mask and bounded scores', masked(() => real([3, 5], -Infinity), split, { softcap: float(2) })],
    ['a stored mask', stored(float32Constant([3, 5], waveOf([3, 5])))],
    [
      'a stored mask that shuts out',
      stored(
        float32Constant(
          [3, 5],
          Array.from({ length: 15 }, (_, i) => (i < 6 ? -Infinity : 0)),
        ),
      ),
    ],
    [
      'a stored boolean mask',
      stored({ type: 'bool', shape: [3, 5], bytes: Uint8Array.from({ length: 15 }, (_, i) => Number(i > 5)) }),
    ],
  ])('%s', async (_, layer) => {
    await expectDecomposed(layer);
  });

  test('no query is looked after where a stored mask leaves all of them some key', async () => {
    const bytes = Uint8Array.from({ length: 15 }, (_, i) => Number(i % 5 < 2));
    const after = await expectDecomposed(stored({ type: 'bool', shape: [3, 5], bytes }));
    expect(after.nodes.map(({ op }) => op)).toEqual(['Cast', 'Sub', 'Mul', 'FusedMatMul', 'Add', 'Softmax', 'MatMul']);
  });
});

describe('left as it is', () => {
  const cache = (samples: number): Feeds => ({
    ...split(samples),
    past_key: wave([samples, 4, 2, 6]),
    past_value: wave([samples, 4, 2, 2]),
  });

  test('with a cache of keys', () =>
    expectUntouched({
      ...plain,
      inputs: 'q k v - past_key past_value',
      outputs: ['y', 'keys', 'values'],
      feeds: cache,
    }));

  test('for the products that it gives besides', async () => {
    const after = await decomposed({ ...plain, outputs: ['y', '', '', 'products'] });
    expect(after.nodes.map(({ op }) => op)).toEqual(['FusedMatMul', 'Softmax', 'MatMul', 'Attention']);
    expect(after.nodes.at(-1)?.outputs.slice(1)).toEqual(['', '', 'products']);
  });
});
