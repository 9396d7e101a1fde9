import { float32Constant } from '../engine/onnx/graph/constants.js';
import type { Tensor } from '#base/tensor';
import type { TargetConfig } from '#config/schema';
import type { Propagation } from '#engine/index';
import { graphOf, modelOf } from '../../test/linear-model.js';
import { openTarget } from './open.js';
import { withPreprocessor } from './preprocessing/preprocessed.js';
import { isLayered, type LayeredTarget } from './target.js';

const batch = (...values: readonly number[]): Tensor => ({ shape: [1, 2, 1, 1], data: Float32Array.from(values) });

/** Two channels of one pixel, (x - 10) / 2 and (x - 20) / 4; their scores are x0 - x1 and x1. */
async function twoPixels(): Promise<LayeredTarget> {
  const model = modelOf(
    graphOf({
      nodes: [
        { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
        { op: 'MatMul', inputs: ['f', 'head.weight'], outputs: ['y'] },
      ],
      constants: new Map([['head.weight', float32Constant([2, 2], [1, 0, -1, 1])]]),
      inputShape: ['n', 2, 1, 1],
      outputShape: ['n', 2],
    }),
  );
  const domain = {
    kind: 'image',
    layout: 'NCHW',
    range: [0, 255],
    mean: [10, 20],
    std: [2, 4],
  } as TargetConfig['domain'];
  const config: TargetConfig = { file: 'test.onnx', head: 'classes', domain };
  const { target } = await openTarget(config, model, batch(14, 28), { threads: 1, batchSize: 8 });
  if (!isLayered(target)) throw new Error('the target has lost its layers');
  return target;
}

/** What a score of 1 is made of: the channels are 3 and 2 behind the normalization. */
const WANTED: readonly (readonly [Propagation, readonly number[]])[] = [
  [{ kind: 'deconvolution' }, [1 / 2, -1 / 4]],
  [{ kind: 'lrp', composite: [] }, [3, -2]],
  // Of a baseline whose channels are 1 and 1.
  [{ kind: 'deep-lift', baselines: batch(12, 24) }, [2, -1]],
  // 3 + 5 above the least of its channel, and 58.75 - 2 below the largest of its own.
  [{ kind: 'lrp', composite: [{ at: 'first', rule: { kind: 'z-b', low: 0, high: 255 } }] }, [8 / 64.75, 56.75 / 64.75]],
];

test('a target of a model shows its layers, and relevance is that of its data', async () => {
  const target = await twoPixels();
  expect((await target.layers()).map(({ name }) => name)).toEqual(['node_0', 'head']);
  const { activation } = await target.atLayer(batch(16, 28), { kind: 'score', labels: Float64Array.of(0) }, 'head');
  expect([...activation.data]).toEqual([1, 2]);
  for (const [propagation, wanted] of WANTED) {
    const { relevance, scores } = await target.propagate(batch(16, 28), Float64Array.of(0), propagation);
    expect([...scores.data]).toEqual([1, 2]);
    wanted.forEach((value, i) => {
      expect(Math.abs((relevance.data[i] ?? NaN) - value)).toBeLessThan(3e-6);
    });
  }
  expect(target.queries).toEqual({ predictions: 0, gradients: 1 + WANTED.length });
  await target.dispose();
});

test('behind a preprocessor they are those of what it gives, baselines too', async () => {
  const bare = await twoPixels();
  const target = withPreprocessor(bare, {
    apply: ({ shape, data }) => ({ shape, data: data.map((value) => value - 2) }),
  });
  if (!isLayered(target)) throw new Error('the target has lost its layers');
  const propagation = { kind: 'deep-lift', baselines: batch(14, 26) } as const;
  const { relevance } = await target.propagate(batch(18, 30), Float64Array.of(0), propagation);
  expect([...relevance.data]).toEqual([2, -1]);
  expect(await target.layers()).toEqual(await bare.layers());
  await bare.dispose();
});
