import {
  counted,
  decomposed,
  expectDecomposed,
  waveOf,
  layerGraph,
  type LayerCase,
} from '../../../../../test/decomposed.js';
import { executeGraph, float, int } from '../../../../../test/onnx-graphs.js';
import { float32Constant } from '../../graph/constants.js';
import { embeddingOf } from '../../graph/embedding.js';
import type { Feeds } from '../../tracing.js';

const table = (rows: number, phase: number) => float32Constant([rows, 4], waveOf([rows, 4], phase));

const constants = {
  words: table(9, 0),
  positions: table(7, 1),
  segments: table(2, 2),
  gamma: float32Constant([4], waveOf([4], 3)),
  beta: float32Constant([4], waveOf([4], 4)),
};

const feeds = (samples: number): Feeds => ({
  ids: counted('int32', [samples, 5], (i) => (2 * i) % 9),
  inSegment: counted('int32', [samples, 5], (i) => Number(i % 5 > 2)),
});

const all: LayerCase = {
  op: 'com.microsoft.EmbedLayerNormalization',
  inputs: 'ids inSegment words positions segments gamma beta',
  attributes: { epsilon: float(1e-5) },
  constants,
  feeds,
  outputs: ['y', ''],
};

describe('embeddings in parts', () => {
  test.each<[string, LayerCase]>([
    ['of words, positions and segments', all],
    [
      'without segments',
      {
        ...all,
        inputs: 'ids - words positions - gamma beta',
        feeds: (samples) => ({ ids: counted('int32', [samples, 5], (i) => (2 * i) % 9) }),
      },
    ],
    [
      'at other positions',
      {
        ...all,
        inputs: `${all.inputs} - at`,
        feeds: (samples) => ({ ...feeds(samples), at: counted('int32', [samples, 5], (i) => (3 * i) % 7) }),
      },
    ],
    ['with their sum', { ...all, outputs: ['y', '', 'sum'] }],
  ])('%s', async (_, layer) => {
    const after = await expectDecomposed(layer);
    for (const graph of [layerGraph(layer), after]) expect(embeddingOf(graph, 'ids')?.table).toBe('words');
  });

  test('the number of words under the mask', async () => {
    const mask = (samples: number) => counted('int32', [samples, 5], (i) => (i % 5 < 2 + Math.floor(i / 5) ? 1 : 0));
    const layer: LayerCase = {
      ...all,
      inputs: `${all.inputs} mask`,
      attributes: { mask_index_type: int(1) },
      feeds: (samples) => ({ ...feeds(samples), mask: mask(samples) }),
      outputs: ['y', 'count'],
    };
    const after = await decomposed(layer);
    expect(after.nodes.filter(({ op }) => op === 'EmbedLayerNormalization')).toEqual([]);
    const [wanted, found] = [
      await executeGraph(layerGraph(layer), layer.feeds(3)),
      await executeGraph(after, layer.feeds(3)),
    ];
    expect(found.get('count')).toEqual(wanted.get('count'));
    expect(found.get('count')?.data).toEqual(Int32Array.of(2, 3, 4));
  });
});
