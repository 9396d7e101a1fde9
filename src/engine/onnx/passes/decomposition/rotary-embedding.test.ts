import { counted, expectDecomposed, wave, waveOf, type LayerCase } from '../../../../../test/decomposed.js';
import { int } from '../../../../../test/onnx-graphs.js';
import { float32Constant } from '../../graph/constants.js';
import type { RuntimeValue } from '../../session.js';

type Batch = (samples: number) => RuntimeValue;

/** 3 heads of 8 values at 5 positions. */
const flat: Batch = (samples) => wave([samples, 5, 24]);
const split: Batch = (samples) => wave([samples, 3, 5, 8]);
const chosen: Batch = (samples) => counted('int64', [samples, 5], (i) => (3 * i) % 9);

const tables = (half: number) => ({
  cosines: float32Constant([9, half], waveOf([9, half], 1)),
  sines: float32Constant([9, half], waveOf([9, half], 2)),
});

const heads = { num_heads: int(3) };
const interleaved = { interleaved: int(1) };
const partial = { rotary_embedding_dim: int(4) };

function chosenRows(
  x: Batch,
  half: number,
  attributes: LayerCase['attributes'] = {},
): Omit<LayerCase, 'op' | 'inputs'> {
  return { feeds: (samples) => ({ x: x(samples), positions: chosen(samples) }), attributes, constants: tables(half) };
}

/** As the operator of the standard domain and as that of ONNX Runtime. */
const both: readonly (readonly [op: string, inputs: string])[] = [
  ['RotaryEmbedding', 'x cosines sines positions'],
  ['com.microsoft.RotaryEmbedding', 'x positions cosines sines'],
];

describe.each(both)('%s in parts', (op, inputs) => {
  test.each([
    ['split heads', chosenRows(split, 4)],
    ['flat heads', chosenRows(flat, 4, heads)],
    ['interleaved', chosenRows(split, 4, interleaved)],
    ['interleaved, flat', chosenRows(flat, 4, { ...heads, ...interleaved })],
    ['the first half of each head, flat', chosenRows(flat, 2, { ...heads, ...partial })],
    ['the first half of each head, interleaved', chosenRows(split, 2, { ...heads, ...partial, ...interleaved })],
  ])('%s', async (_, layer) => {
    await expectDecomposed({ op, inputs, ...layer });
  });
});

test.each([
  ['split heads', split],
  ['flat heads', flat],
])('rows for each sample: %s', async (_, x) => {
  await expectDecomposed({
    op: 'RotaryEmbedding',
    inputs: 'x cosines sines',
    attributes: heads,
    feeds: (samples) => ({ x: x(samples), cosines: wave([samples, 5, 4], 1), sines: wave([samples, 5, 4], 2) }),
  });
});

test.each([
  ['split heads', split, {}],
  ['flat heads, as many as fit the tables', flat, {}],
  ['interleaved', split, interleaved],
])('one start for all samples: %s', async (_, x, attributes) => {
  await expectDecomposed({
    op: 'com.microsoft.RotaryEmbedding',
    inputs: 'x start cosines sines',
    attributes,
    feeds: (samples) => ({ x: x(samples), start: counted('int64', [1], () => 3) }),
    constants: tables(4),
  });
});
