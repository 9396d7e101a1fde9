import type { EngineModel, EngineSpec, ModelBytes } from '../contract.js';
import { openTfjsModel } from '../tfjs/index.js';
import { float32Constant, int64Constant } from './graph/constants.js';
import { structureOf } from './graph/structure.js';
import { openOnnxModel } from './index.js';
import { graphOf, modelOf, specOf, type GraphParts } from '../../../test/linear-model.js';

type Nodes = GraphParts['nodes'];

const to = (type: number) => ({ to: { kind: 'int', value: type } }) as const;
const [FLOAT, INT32] = [1, 6];

function graphWith(nodes: Nodes) {
  return graphOf({
    nodes,
    constants: new Map([
      ['half', float32Constant([], [0.5])],
      ['two', int64Constant([1], [2])],
    ]),
    inputShape: ['n', 3],
    outputShape: ['n', 3],
  });
}

const blockedIn = (nodes: Nodes): string[] =>
  structureOf(graphWith(nodes), 'x', 'y').blocked.map(({ node, operator }) => `${node} ${operator}`);

test.each<[string, Nodes, readonly string[]]>([
  ['nothing where every node has a derivative', [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], []],
  [
    'a step, and not the steps behind it',
    [
      { op: 'Floor', inputs: ['x'], outputs: ['f'] },
      { op: 'Round', inputs: ['f'], outputs: ['r'] },
      { op: 'Add', inputs: ['r', 'x'], outputs: ['y'] },
    ],
    ['node_0 Floor'],
  ],
  [
    'a cast to integers and back',
    [
      { op: 'Cast', inputs: ['x'], outputs: ['i'], attributes: to(INT32) },
      { op: 'Cast', inputs: ['i'], outputs: ['y'], attributes: to(FLOAT) },
    ],
    ['node_0 Cast'],
  ],
  [
    'a comparison that chooses',
    [
      { op: 'Greater', inputs: ['x', 'half'], outputs: ['g'] },
      { op: 'Where', inputs: ['g', 'x', 'half'], outputs: ['y'] },
    ],
    ['node_0 Greater'],
  ],
  [
    'positions of the largest, and not their values',
    [
      { op: 'TopK', inputs: ['x', 'two'], outputs: ['v', 'p'] },
      { op: 'Cast', inputs: ['p'], outputs: ['y'], attributes: to(FLOAT) },
    ],
    ['node_0 TopK'],
  ],
  [
    'nothing of what only reads a shape',
    [
      { op: 'Shape', inputs: ['x'], outputs: ['s'] },
      { op: 'Cast', inputs: ['s'], outputs: ['i'], attributes: to(INT32) },
      { op: 'Cast', inputs: ['i'], outputs: ['l'], attributes: to(FLOAT) },
      { op: 'ReduceSum', inputs: ['l'], outputs: ['t'] },
      { op: 'Add', inputs: ['x', 't'], outputs: ['y'] },
    ],
    [],
  ],
  [
    'nothing that the scores do not depend on',
    [
      { op: 'Sign', inputs: ['x'], outputs: ['aside'] },
      { op: 'Neg', inputs: ['x'], outputs: ['y'] },
    ],
    [],
  ],
])('gradients are blocked by %s', (_, nodes, wanted) => {
  expect(blockedIn(nodes)).toEqual(wanted);
});

const noisy: Nodes = [
  { op: 'RandomUniformLike', inputs: ['x'], outputs: ['u'] },
  { op: 'Round', inputs: ['x'], outputs: ['r'] },
  { op: 'Mul', inputs: ['r', 'u'], outputs: ['p'] },
  { op: 'Add', inputs: ['p', 'x'], outputs: ['y'] },
];

test('nodes that draw random numbers are found, within a preprocessor too', async () => {
  const random = [{ node: 'node_0', operator: 'RandomUniformLike' }];
  expect(structureOf(graphWith(noisy), 'x', 'y')).toEqual({ blocked: [{ node: 'node_1', operator: 'Round' }], random });
  const spec = { ...specOf('classes', [3]), straightThrough: 'p' };
  const model = await openOnnxModel(modelOf(graphWith(noisy)), spec);
  expect(model.facts).toMatchObject({ blocked: [], random });
  await model.dispose();
});

const engines: readonly [string, (model: ModelBytes, spec: EngineSpec) => Promise<EngineModel>][] = [
  ['onnx', openOnnxModel],
  ['tfjs', openTfjsModel],
];

test.each(engines)(
  'the engine %s tells what blocks its gradients, but not within a declared preprocessor',
  async (_, open) => {
    const steps: Nodes = [
      { op: 'Round', inputs: ['x'], outputs: ['r'] },
      { op: 'Ceil', inputs: ['r'], outputs: ['c'] },
      { op: 'Greater', inputs: ['c', 'half'], outputs: ['g'] },
      { op: 'Where', inputs: ['g', 'c', 'x'], outputs: ['y'] },
    ];
    const bytes = modelOf(graphWith(steps));
    const bare = await open(bytes, specOf('classes', [3]));
    expect(bare.facts.blocked).toEqual([{ node: 'node_0', operator: 'Round' }]);
    const declared = await open(bytes, { ...specOf('classes', [3]), straightThrough: 'r' });
    expect(declared.facts.blocked).toEqual([{ node: 'node_1', operator: 'Ceil' }]);
    expect(declared.facts.random).toEqual([]);
    await Promise.all([bare.dispose(), declared.dispose()]);
  },
);

test('a model that draws has gradients, proved on draws that its two graphs share', async () => {
  // y = x + u, whatever is drawn.
  const nodes: Nodes = [
    { op: 'RandomUniformLike', inputs: ['x'], outputs: ['u'] },
    { op: 'Add', inputs: ['x', 'u'], outputs: ['y'] },
  ];
  const model = await openOnnxModel(modelOf(graphWith(nodes)), specOf('classes', [3]));
  expect(model.facts.noGradients).toBeNull();
  const inputs = { shape: [2, 3], data: new Float32Array(6) };
  const loss = { kind: 'score', labels: Float64Array.of(0, 2) } as const;
  const [first, second] = [await model.gradient(inputs, loss), await model.gradient(inputs, loss)];
  expect([...first.gradient.data]).toEqual([1, 0, 0, 0, 0, 1]);
  expect([...first.scores.data]).not.toEqual([...second.scores.data]);
  await model.dispose();
});
