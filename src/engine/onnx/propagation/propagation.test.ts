import { AssayError } from '#base/errors';
import { rowRange, type Tensor } from '#base/tensor';
import { openOnnxModel, openTfjsModel, type LrpComposite, type Propagation } from '#engine/index';
import { graphOf, linearModel, modelOf, specOf } from '../../../../test/linear-model.js';
import { fashionImages, fashionModel, onBoth, relative } from '../../../../test/tfjs-models.js';
import { chooseBackend } from '../../tfjs/backend.js';
import { float32Constant } from '../graph/constants.js';
import { propagationGraph } from './index.js';

beforeAll(() => chooseBackend(['cpu']));

/** As Montavon et al. 2019 recommend: bounds of the pixels, then gamma, then epsilon. */
function composite(low: number, high: number): LrpComposite {
  return [
    { at: 'first', rule: { kind: 'z-b', low, high } },
    { at: 'convolution', rule: { kind: 'gamma', gamma: 0.25 } },
    { at: 'dense', rule: { kind: 'epsilon', epsilon: 1e-6 } },
  ];
}

function kinds(baselines: Tensor, low: number, high: number): readonly Propagation[] {
  return [
    { kind: 'guided-backpropagation' },
    { kind: 'deconvolution' },
    { kind: 'deep-lift', baselines },
    { kind: 'lrp', composite: composite(low, high) },
    { kind: 'lrp', composite: [{ at: 'any', rule: { kind: 'alpha-beta', alpha: 2, beta: 1 } }] },
  ];
}

/** Black pixels give ties in poolings, of which engines may choose another one: gray ones do not. */
function noisy({ shape, data }: Tensor): Tensor {
  return { shape, data: data.map((value, i) => 0.9 * value + 0.05 * (1 + Math.sin(i * i))) };
}

const SCORES = Float64Array.of(3, 7);

describe('a trained network', () => {
  const { model, spec } = fashionModel('fashion-cnn');
  const inputs = noisy(fashionImages(0, 2));
  const baselines = noisy(fashionImages(2, 4));

  test('has the same relevance on both engines, and DeepLIFT has the difference of the scores in all', () =>
    onBoth(model, spec, async ({ tfjs, onnx }) => {
      for (const propagation of kinds(baselines, 0, 1)) {
        const own = await tfjs.propagate(inputs, SCORES, propagation);
        const other = await onnx.propagate(inputs, SCORES, propagation);
        expect(own.relevance.shape).toEqual(inputs.shape);
        expect([propagation.kind, relative(own.relevance.data, other.relevance.data) < 1e-5]).toEqual([
          propagation.kind,
          true,
        ]);
        expect(relative(own.scores.data, other.scores.data)).toBeLessThan(1e-5);
      }
      const { relevance, scores } = await onnx.propagate(inputs, SCORES, { kind: 'deep-lift', baselines });
      const before = await onnx.scores(baselines);
      for (const [i, score] of SCORES.entries()) {
        const change = (scores.data[i * 10 + score] ?? NaN) - (before.data[i * 10 + score] ?? NaN);
        expect(Math.abs(total(rowRange(relevance, i, i + 1)) - change)).toBeLessThan(1e-4);
      }
    }));

  test('gives a sample the same relevance whatever stands beside it', async () => {
    const onnx = await openOnnxModel(model, { ...spec, resources: { threads: 1, batchSize: 2 } });
    const several = { shape: [3, 1, 28, 28], data: noisy(fashionImages(0, 3)).data };
    const others = { shape: several.shape, data: noisy(fashionImages(3, 6)).data };
    for (const alone of kinds(rowRange(others, 2, 3), 0, 1)) {
      const together = alone.kind === 'deep-lift' ? { ...alone, baselines: others } : alone;
      const all = await onnx.propagate(several, Float64Array.of(1, 2, 3), together);
      const last = await onnx.propagate(rowRange(several, 2, 3), Float64Array.of(3), alone);
      expect(relative(last.relevance.data, rowRange(all.relevance, 2, 3).data)).toBeLessThan(1e-5);
    }
    await onnx.dispose();
  });
});

/** Two convolutions, a max pooling between them and a dense layer, without biases. */
const unbiased = modelOf(
  graphOf({
    nodes: [
      { op: 'Conv', inputs: ['x', 'first.weight'], outputs: ['a'] },
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
      {
        op: 'MaxPool',
        inputs: ['b'],
        outputs: ['c'],
        attributes: { kernel_shape: { kind: 'ints', value: [2, 2] } },
      },
      { op: 'Conv', inputs: ['c', 'second.weight'], outputs: ['d'] },
      { op: 'Relu', inputs: ['d'], outputs: ['e'] },
      { op: 'GlobalAveragePool', inputs: ['e'], outputs: ['f'] },
      { op: 'Flatten', inputs: ['f'], outputs: ['g'] },
      { op: 'MatMul', inputs: ['g', 'head.weight'], outputs: ['y'] },
    ],
    constants: new Map([
      ['first.weight', float32Constant([3, 1, 3, 3], waves(27))],
      ['second.weight', float32Constant([4, 3, 2, 2], waves(48))],
      ['head.weight', float32Constant([4, 2], waves(8))],
    ]),
    inputShape: ['n', 1, 6, 6],
    outputShape: ['n', 2],
  }),
);

function waves(count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.sin(2.3 * i + 0.4));
}

describe('LRP without biases', () => {
  const inputs = { shape: [2, 1, 6, 6], data: Float32Array.from({ length: 72 }, (_, i) => Math.cos(1.7 * i)) };
  const spec = specOf('regression', [1, 6, 6]);
  const CONSERVING: readonly LrpComposite[] = [
    [],
    [{ at: 'any', rule: { kind: 'epsilon', epsilon: 0 } }],
    [{ at: 'any', rule: { kind: 'gamma', gamma: 0.5 } }],
    [
      { at: 'first', rule: { kind: 'z-b', low: -1, high: 1 } },
      { at: 'convolution', rule: { kind: 'gamma', gamma: 0.25 } },
    ],
    [{ at: ['first'], rule: { kind: 'w-squared' } }],
    [{ at: ['first'], rule: { kind: 'flat' } }],
  ];

  test('keeps the score in all that it gives, by every rule that says so', () =>
    onBoth(unbiased, spec, async ({ tfjs, onnx }) => {
      for (const rules of CONSERVING) {
        for (const engine of [tfjs, onnx]) {
          const found = await engine.propagate(inputs, Float64Array.of(1, 0), { kind: 'lrp', composite: rules });
          for (const [i, score] of [1, 0].entries()) {
            const wanted = found.scores.data[i * 2 + score] ?? NaN;
            expect(Math.abs(wanted)).toBeGreaterThan(0.01);
            expect(Math.abs(total(rowRange(found.relevance, i, i + 1)) - wanted)).toBeLessThan(2e-6);
          }
        }
      }
    }));

  test('takes other rules at other layers, by their names', async () => {
    const onnx = await openOnnxModel(unbiased, spec);
    const by = async (rules: LrpComposite): Promise<Float32Array> =>
      (await onnx.propagate(inputs, Float64Array.of(1, 0), { kind: 'lrp', composite: rules })).relevance.data;
    const flat = { kind: 'flat' } as const;
    const named = await by([{ at: ['first'], rule: flat }]);
    expect(named).toEqual(await by([{ at: 'first', rule: flat }]));
    expect(named).not.toEqual(await by([{ at: ['second'], rule: flat }]));
    expect(await by([{ at: ['first', 'second'], rule: flat }])).toEqual(await by([{ at: 'convolution', rule: flat }]));
    await expect(by([{ at: ['third'], rule: flat }])).rejects.toThrow(
      'the LRP composite names `third`, which is no layer with weights',
    );
    await expect(by([{ at: 'any', rule: { kind: 'alpha-beta', alpha: 2, beta: 2 } }])).rejects.toThrow(
      'takes alpha - beta = 1',
    );
    await expect(by([{ at: ['second'], rule: { kind: 'z-b', low: 0, high: 1 } }])).rejects.toThrow(
      'the bounds of its input are not known',
    );
    await onnx.dispose();
  });
});

test('DeepLIFT is integrated gradients where there is one hidden layer', async () => {
  const network = modelOf(
    graphOf({
      nodes: [
        { op: 'Gemm', inputs: ['x', 'w'], outputs: ['a'] },
        { op: 'Tanh', inputs: ['a'], outputs: ['b'] },
        { op: 'Gemm', inputs: ['b', 'v'], outputs: ['y'] },
      ],
      constants: new Map([
        ['w', float32Constant([4, 6], waves(24))],
        ['v', float32Constant([6, 1], waves(6))],
      ]),
      inputShape: ['n', 4],
      outputShape: ['n', 1],
    }),
  );
  const from = [0.1, -0.4, 0.3, 0];
  const to = [1.2, 0.5, -0.9, 0.7];
  const STEPS = 400;
  // The midpoint rule, which is off by 1 / 24 of the second derivative over 400^2: some 1e-6.
  const path = Float32Array.from({ length: STEPS * 4 }, (_, i) => {
    const share = (Math.floor(i / 4) + 0.5) / STEPS;
    return (from[i % 4] ?? 0) * (1 - share) + (to[i % 4] ?? 0) * share;
  });
  await onBoth(network, specOf('regression', [4]), async ({ tfjs, onnx }) => {
    const loss = { kind: 'score', labels: new Float64Array(STEPS) } as const;
    const { gradient } = await onnx.gradient({ shape: [STEPS, 4], data: path }, loss);
    const integrated = Float32Array.from({ length: 4 }, (_, j) => {
      let sum = 0;
      for (let i = j; i < gradient.data.length; i += 4) sum += gradient.data[i] ?? NaN;
      return (sum / STEPS) * ((to[j] ?? 0) - (from[j] ?? 0));
    });
    const baselines = { shape: [1, 4], data: Float32Array.from(from) };
    const inputs = { shape: [1, 4], data: Float32Array.from(to) };
    for (const engine of [tfjs, onnx]) {
      const found = await engine.propagate(inputs, Float64Array.of(0), { kind: 'deep-lift', baselines });
      expect(relative(found.relevance.data, integrated)).toBeLessThan(5e-6);
    }
  });
});

test('a way has the model run at its points alone, though reshapes ask for shapes of values', () => {
  const graph = graphOf({
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
      { op: 'Tanh', inputs: ['a'], outputs: ['b'] },
      { op: 'Shape', inputs: ['b'], outputs: ['shape'] },
      { op: 'Reshape', inputs: ['b', 'shape'], outputs: ['c'] },
      { op: 'MatMul', inputs: ['c', 'w'], outputs: ['y'] },
    ],
    constants: new Map([['w', float32Constant([3, 3], waves(9))]]),
    inputShape: ['n', 3],
    outputShape: ['n', 3],
  });
  const place = { input: 'x', at: 'x', scores: 'y', layers: [], units: null };
  const { nodes } = propagationGraph(graph, place, { kind: 'path' }).graph;
  expect(nodes.filter(({ op }) => op === 'MatMul')).toHaveLength(2);
  expect(nodes.filter(({ op }) => op === 'Tanh')).toHaveLength(1);
});

describe('what has no rule is named', () => {
  const gated = modelOf(
    graphOf({
      nodes: [
        { op: 'Sigmoid', inputs: ['x'], outputs: ['s'] },
        { op: 'Mul', inputs: ['x', 's'], outputs: ['m'] },
        { op: 'Gemm', inputs: ['m', 'w'], outputs: ['y'] },
      ],
      constants: new Map([['w', float32Constant([3, 2], waves(6))]]),
      inputShape: ['n', 3],
      outputShape: ['n', 2],
    }),
  );
  const inputs = { shape: [1, 3], data: Float32Array.of(1, 2, 3) };
  const score = Float64Array.of(0);

  test.each([
    ['deep-lift', { kind: 'deep-lift', baselines: inputs }, /node `node_1` \(Mul\) has no rule in DeepLIFT/],
    ['lrp', { kind: 'lrp', composite: [] }, /node `node_1` \(Mul\) has no rule in LRP/],
  ] as const)('by %s', (_, propagation, words) =>
    onBoth(gated, specOf('regression', [3]), async ({ tfjs, onnx }) => {
      for (const engine of [tfjs, onnx]) {
        const asked = engine.propagate(inputs, score, propagation);
        await expect(asked).rejects.toThrow(AssayError);
        await expect(asked).rejects.toThrow(words);
      }
    }),
  );

  test('baselines of another shape', async () => {
    const onnx = await openTfjsModel(linearModel([[1], [2]], [0]), specOf('regression', [2]));
    const baselines = { shape: [2, 2], data: new Float32Array(4) };
    const asked = onnx.propagate({ shape: [1, 2], data: Float32Array.of(1, 2) }, score, {
      kind: 'deep-lift',
      baselines,
    });
    await expect(asked).rejects.toThrow('the baselines of DeepLIFT are [2, 2], and the inputs [1, 2]');
    await onnx.dispose();
  });
});

/** Of all values, in double precision. */
function total({ data }: Tensor): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum;
}
