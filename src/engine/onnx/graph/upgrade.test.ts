import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import { executeGraph, float, float32, graphOf, int, ints, node, text } from '../../../../test/onnx-graphs.js';
import { randomValues, UPGRADE_CASES, type UpgradeCase } from '../../../../test/upgrade-cases.js';
import type { RuntimeValue } from '../session.js';
import { float32Constant, int64Constant } from './constants.js';
import { opsetOf, type Attribute, type Graph, type Node } from './ir.js';
import { upgradeGraph } from './upgrade.js';

const named = UPGRADE_CASES.map((upgradeCase) => [titleOf(upgradeCase), upgradeCase] as const);

describe.each(named)('%s computes the same in its new form', (_, upgradeCase) => {
  test.each(upgradeCase.opsets)('from opset %i', async (opset) => {
    const graph = graphOfCase(upgradeCase, opset);
    const upgraded = upgradeGraph(graph);
    expect(opsetOf(upgraded)).toBe(20);
    expect(upgraded.nodes.map(({ op }) => op)).toEqual(upgradeCase.becomes ?? [upgradeCase.op]);
    const feeds = { x: float32(upgradeCase.shape, randomValues(sizeOf(upgradeCase.shape))) };
    const compare = upgradeCase.rounds === true ? expectClose : expectEqual;
    compare(await executeGraph(upgraded, feeds), await executeGraph(graph, feeds));
  });
});

describe('Softmax of old opsets', () => {
  const graph = (shape: readonly (string | number)[] | null): Graph =>
    graphOf({
      opset: 11,
      nodes: [node('Softmax', ['x'], ['y'])],
      inputs: [{ name: 'x', type: 'float32', shape }],
      outputs: ['y'],
    });

  test('is flattened where the rank is not known', async () => {
    const upgraded = upgradeGraph(graph(null));
    expect(upgraded.nodes.map(({ op }) => op)).toEqual(['Flatten', 'Softmax', 'Shape', 'Reshape']);
    for (const shape of [
      [2, 3],
      [2, 3, 4],
      [5, 1, 2, 2],
    ]) {
      const feeds = { x: float32(shape, randomValues(sizeOf(shape))) };
      expectEqual(await executeGraph(upgraded, feeds), await executeGraph(graph(null), feeds));
    }
  });

  test('stays one node where the ranks of layers in front of it are known', () => {
    const layers = graphOf({
      opset: 9,
      nodes: [
        node('Conv', ['x', 'k'], ['c']),
        node('Relu', ['c'], ['r']),
        node('Reshape', ['r', 's'], ['f']),
        node('MatMul', ['f', 'w'], ['m']),
        node('Add', ['m', 'b'], ['z']),
        node('Softmax', ['z'], ['y']),
      ],
      inputs: [{ name: 'x', type: 'float32', shape: ['n', 1, 2, 2] }],
      outputs: ['y'],
      constants: {
        k: float32Constant([1, 1, 1, 1], [1]),
        s: int64Constant([2], [-1, 4]),
        w: float32Constant([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
        b: float32Constant([2], [1, 2]),
      },
    });
    const last = upgradeGraph(layers).nodes.at(-1);
    expect(last?.op).toBe('Softmax');
    expect(last?.attributes.get('axis')).toEqual({ kind: 'int', value: -1 });
  });
});

describe('bounds and pad values have the type of what they bound', () => {
  test.each(['float64', 'float16'] as const)('%s', async (type) => {
    const widened: Node[] = [
      node('Cast', ['x'], ['wide'], { to: int(type === 'float64' ? 11 : 10) }),
      node('Clip', ['wide'], ['clipped'], { min: float(-0.5), max: float(0.25) }),
      node('Pad', ['clipped'], ['padded'], { pads: ints(0, 1), value: float(2) }),
      node('Cast', ['padded'], ['y'], { to: int(1) }),
    ];
    const graph = graphOf({
      opset: 10,
      nodes: widened,
      inputs: [{ name: 'x', type: 'float32', shape: [4] }],
      outputs: ['y'],
    });
    const result = await executeGraph(upgradeGraph(graph), { x: float32([4], [-1, -0.125, 0.125, 1]) });
    expect(result.get('y')).toEqual(float32([5], [-0.5, -0.125, 0.125, 0.25, 2]));
  });

  test('a type that is not known is copied when the graph runs', async () => {
    const graph = graphOf({
      opset: 10,
      nodes: [node('Where', ['c', 'x', 'x'], ['w']), node('Clip', ['w'], ['y'], { min: float(0) })],
      inputs: [{ name: 'x', type: 'float64', shape: [2] }],
      outputs: ['y'],
      constants: { c: { type: 'bool', shape: [1], bytes: Uint8Array.of(1) } },
    });
    const upgraded = upgradeGraph(graph);
    expect(upgraded.nodes.map(({ op }) => op)).toContain('CastLike');
    const x: RuntimeValue = { type: 'float64', shape: [2], data: Float64Array.of(-1, 1) };
    expect((await executeGraph(upgraded, { x })).get('y')?.data).toEqual(Float64Array.of(0, 1));
  });
});

test('graphs of opset 20 and later stay as they are', () => {
  const graph = graphOf({ opset: 21, nodes: [node('Relu', ['x'], ['y'])], inputs: [], outputs: ['y'] });
  expect(upgradeGraph(graph)).toBe(graph);
});

test('operators of other domains stay as they are', () => {
  const pad = node('Pad', ['x', 'p'], ['y'], {}, 'com.microsoft');
  const graph = graphOf({ opset: 7, nodes: [pad], inputs: [], outputs: ['y'] });
  expect(upgradeGraph(graph).nodes).toEqual([pad]);
});

test('new names avoid those that the graph has', () => {
  const nodes = [node('Clip', ['x'], ['assay/upgrade/constant_0']), node('Clip', ['assay/upgrade/constant_0'], ['y'])];
  const graph = graphOf({ opset: 7, nodes, inputs: [{ name: 'x', type: 'float32', shape: [1] }], outputs: ['y'] });
  expect(upgradeGraph(graph).constants.has('assay/upgrade/constant_0')).toBe(false);
  expect(upgradeGraph(graph).constants.size).toBe(4);
});

describe('what has no new form is an error that names node, operator and opset', () => {
  const c1 = float32Constant([1], [1]);
  const branch: Attribute = { kind: 'opaque', bytes: new Uint8Array(), captures: [] };
  const refused: readonly (readonly [string, number, Node, RegExp])[] = [
    ['subgraphs', 11, node('If', ['c'], ['y'], { then_branch: branch }), /holds subgraphs/],
    ['a mask that is read', 10, node('Dropout', ['x'], ['d', 'y']), /mask/],
    ['training', 7, node('BatchNormalization', ['x', 'c', 'c', 'c', 'c'], ['d', 'y']), /training/],
    ['computed scales', 10, node('Resize', ['x', 'x'], ['y']), /computes its scales/],
    ['scales of both kinds', 10, node('Resize', ['x', 's'], ['y']), /grows one axis/],
    [
      'coordinates of old',
      11,
      node('Resize', ['x', 'c', 's'], ['y'], { coordinate_transformation_mode: text('tf_half_pixel_for_nn') }),
      /tf_half_pixel_for_nn/,
    ],
    ['experiments of the first opsets', 8, node('ImageScaler', ['x'], ['y']), /later opsets do not have/],
    ['the experiment of that name', 8, node('MeanVarianceNormalization', ['x'], ['y']), /later opsets do not have/],
  ];

  test.each(refused)('%s', (_, opset, old, why) => {
    const constants = { c: c1, s: float32Constant([2], [2, 0.5]) };
    const graph = graphOf({ opset, nodes: [old], inputs: [], outputs: ['y'], constants });
    const { code, what } = errorOf(() => upgradeGraph(graph));
    expect(code).toBe('operator');
    expect(what).toMatch(why);
    expect(what).toContain(`node \`${old.name}\` (${old.op}) of opset ${opset}`);
  });
});

function errorOf(work: () => unknown): AssayError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof AssayError) return thrown;
    throw thrown;
  }
  throw new Error('there was no error');
}

function titleOf(upgradeCase: UpgradeCase): string {
  const attributes = Object.entries(upgradeCase.attributes ?? {}).map(([name, attribute]) =>
    'value' in attribute ? `${name} ${JSON.stringify(attribute.value)}` : name,
  );
  const inputs = (upgradeCase.constants ?? []).map(({ type, shape }) => `${type}[${shape.join()}]`);
  return [`${upgradeCase.op} [${upgradeCase.shape.join()}]`, ...inputs, ...attributes, upgradeCase.note ?? []]
    .flat()
    .join(', ');
}

function graphOfCase(upgradeCase: UpgradeCase, opset: number): Graph {
  const constants = Object.fromEntries((upgradeCase.constants ?? []).map((constant, i) => [`c${i}`, constant]));
  const outputs = Array.from({ length: upgradeCase.outputs ?? 1 }, (_, i) => `y${i}`);
  return graphOf({
    opset,
    nodes: [node(upgradeCase.op, ['x', ...Object.keys(constants)], outputs, upgradeCase.attributes)],
    inputs: [{ name: 'x', type: 'float32', shape: upgradeCase.shape }],
    outputs,
    constants,
  });
}

function expectEqual(actual: Map<string, RuntimeValue>, expected: Map<string, RuntimeValue>): void {
  expect([...expected.keys()]).toEqual([...actual.keys()]);
  for (const [name, value] of expected) expect(actual.get(name)).toEqual(value);
}

/** Values here are of size 1: 1e-6 is a few units of the last place of float32. */
function expectClose(actual: Map<string, RuntimeValue>, expected: Map<string, RuntimeValue>): void {
  for (const [name, value] of expected) {
    const other = actual.get(name);
    expect(other?.shape).toEqual(value.shape);
    value.data.forEach((v, i) => expect(Math.abs(Number(v) - Number(other?.data[i]))).toBeLessThanOrEqual(1e-6));
  }
}
