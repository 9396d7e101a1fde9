import type { EngineModel, EngineSpec, ModelBytes } from './contract.js';
import { float32Constant } from './onnx/graph/constants.js';
import type { Graph } from './onnx/graph/ir.js';
import { largestDifference } from './onnx/model.js';
import { openOnnxModel } from './onnx/index.js';
import { openTfjsModel } from './tfjs/index.js';
import { graphOf, modelOf, specOf, type GraphParts } from '../../test/linear-model.js';

// Linear models behind preprocessors without gradients: straight through, their gradients are the weights.

const WEIGHTS = [
  [1, -2],
  [0.5, 3],
  [-1, 0.25],
] as const;
const LEVELS = 7;

const engines: readonly [string, (model: ModelBytes, spec: EngineSpec) => Promise<EngineModel>][] = [
  ['onnx', openOnnxModel],
  ['tfjs', openTfjsModel],
];

type Nodes = GraphParts['nodes'];

/** Rounds to sevenths, and gives `q`. */
const rounding: Nodes = [
  { op: 'Mul', inputs: ['x', 'levels'], outputs: ['scaled'] },
  { op: 'Round', inputs: ['scaled'], outputs: ['rounded'] },
  { op: 'Div', inputs: ['rounded', 'levels'], outputs: ['q'] },
];
/** The same by way of integers. */
const casting: Nodes = [
  { op: 'Mul', inputs: ['x', 'levels'], outputs: ['scaled'] },
  { op: 'Round', inputs: ['scaled'], outputs: ['rounded'] },
  { op: 'Cast', inputs: ['rounded'], outputs: ['integer'], attributes: { to: { kind: 'int', value: 6 } } },
  { op: 'Cast', inputs: ['integer'], outputs: ['real'], attributes: { to: { kind: 'int', value: 1 } } },
  { op: 'Div', inputs: ['real', 'levels'], outputs: ['q'] },
];
const linear: Nodes = [{ op: 'Gemm', inputs: ['q', 'w'], outputs: ['y'] }];

function behind(preprocessor: Nodes, rest: Nodes = linear, batch: string | number = 'n'): Graph {
  return graphOf({
    nodes: [...preprocessor, ...rest],
    constants: new Map([
      ['levels', float32Constant([], [LEVELS])],
      ['w', float32Constant([3, 2], WEIGHTS.flat())],
      ['wide', float32Constant([3, 3], new Array<number>(9).fill(1))],
    ]),
    inputShape: [batch, 3],
    outputShape: [batch, 2],
  });
}

const inputs = { shape: [2, 3], data: Float32Array.of(0.1, 0.6, 0.9, 0.33, 0.48, 0.02) };
const specified: EngineSpec = { ...specOf('classes', [3]), straightThrough: 'q' };

/** W^T by rows, over the standard deviations. */
function weights(score: number, std: readonly number[] = [1]): number[] {
  return WEIGHTS.map((row, i) => Math.fround((row[score] ?? NaN) / (std[i] ?? std[0] ?? NaN)));
}

describe.each(engines)('the engine %s', (_engine, open) => {
  test.each([
    ['rounds', rounding],
    ['goes by way of integers', casting],
  ])('a preprocessor that %s has no gradient, and straight through it is the identity', async (_, preprocessor) => {
    const bare = await open(modelOf(behind(preprocessor)), specOf('classes', [3]));
    expect(bare.facts.noGradients).not.toBeNull();
    const model = await open(modelOf(behind(preprocessor)), specified);
    expect(model.facts.noGradients).toBeNull();
    expect(model.facts.notes).toContain(
      'gradients pass from `q` to the input as if the preprocessor between them were the identity (backward pass ' +
        'differentiable approximation)',
    );
    const { scores, gradient } = await model.gradient(inputs, { kind: 'score', labels: Float64Array.of(0, 1) });
    expect([...gradient.data]).toEqual([...weights(0), ...weights(1)]);
    // Scores are those of the rounded inputs, as they are without the declaration.
    expect(largestDifference(scores.data, (await bare.scores(inputs)).data)).toBeLessThan(1e-6);
    expect([...(await model.scores(inputs)).data]).toEqual([...(await bare.scores(inputs)).data]);
    const { rows } = await model.jacobian(inputs, Float64Array.of(1, 0, 0, 0));
    expect([...rows.data]).toEqual([...weights(1), ...weights(0), ...weights(0), ...weights(0)]);
    await Promise.all([bare.dispose(), model.dispose()]);
  });

  test('the rest of the chain applies: gradients are in the units of the data', async () => {
    const std = [0.5, 2, 0.25];
    const normalization = { axis: 0, mean: [0.1, 0.2, 0.3], std };
    const model = await open(modelOf(behind(rounding)), { ...specified, normalization });
    const { gradient } = await model.gradient(inputs, { kind: 'score', labels: Float64Array.of(0, 1) });
    expect([...gradient.data]).toEqual([...weights(0, std), ...weights(1, std)]);
    await model.dispose();
  });

  test('what goes around the preprocessor keeps its own gradient', async () => {
    const around: Nodes = [
      { op: 'Add', inputs: ['q', 'x'], outputs: ['sum'] },
      { op: 'Gemm', inputs: ['sum', 'w'], outputs: ['y'] },
    ];
    const model = await open(modelOf(behind(rounding, around)), specified);
    const { gradient } = await model.gradient(inputs, { kind: 'score', labels: Float64Array.of(0, 1) });
    expect([...gradient.data]).toEqual([...weights(0), ...weights(1)].map((weight) => 2 * weight));
    await model.dispose();
  });

  test('a file with a fixed batch is freed with its preprocessor', async () => {
    const model = await open(modelOf(behind(rounding, linear, 1)), specified);
    const { gradient } = await model.gradient(inputs, { kind: 'score', labels: Float64Array.of(0, 1) });
    expect([...gradient.data]).toEqual([...weights(0), ...weights(1)]);
    await model.dispose();
  });

  test('weights behind it are trained, through it the input has its gradient, and the file stays whole', async () => {
    const model = await open(modelOf(behind(rounding)), specified);
    const trainer = await model.trainer({
      optimizer: { kind: 'sgd', momentum: 0 },
      learningRate: { kind: 'constant', rate: 0 },
    });
    const loss = { kind: 'score', labels: Float64Array.of(0, 1) } as const;
    expect([...(await trainer.inputGradient(inputs, loss)).gradient.data]).toEqual([...weights(0), ...weights(1)]);
    const again = await open({ main: 'test.onnx', files: new Map([['test.onnx', trainer.file()]]) }, specified);
    expect([...(await again.scores(inputs)).data]).toEqual([...(await model.scores(inputs)).data]);
    await Promise.all([trainer.dispose(), model.dispose(), again.dispose()]);
  });

  test.each<[string, string, Nodes, RegExp]>([
    ['that no node gives', 'p', linear, /no node of the model gives `p`, which was declared/],
    [
      'behind the scores',
      'aside',
      [...linear, { op: 'Neg', inputs: ['q'], outputs: ['aside'] }],
      /`aside` does not lie/,
    ],
    [
      'of another shape',
      'y',
      linear,
      /`y` is float32 of shape \[2\] a sample, and the input float32 of \[3\]: a gradient/,
    ],
    [
      'of another type',
      'integer',
      [
        { op: 'Cast', inputs: ['q'], outputs: ['integer'], attributes: { to: { kind: 'int', value: 6 } } },
        { op: 'Cast', inputs: ['integer'], outputs: ['real'], attributes: { to: { kind: 'int', value: 1 } } },
        { op: 'Gemm', inputs: ['real', 'w'], outputs: ['y'] },
      ],
      /`integer` is int32 of shape \[3\]/,
    ],
  ])('a value %s is refused', async (_, straightThrough, rest, sentence) => {
    const opening = open(modelOf(behind(rounding, rest)), { ...specified, straightThrough });
    await expect(opening).rejects.toMatchObject({ code: 'config', message: expect.stringMatching(sentence) as string });
  });
});
