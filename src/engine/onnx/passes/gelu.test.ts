import { expectSameOutputs } from '../../../../test/same-outputs.js';
import { float32, graphOf, node } from '../../../../test/onnx-graphs.js';
import { float32Constant, float64Constant, numbersOf } from '../graph/constants.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
import { gelu } from './gelu.js';

const scalar = (value: number): Constant => float32Constant([], [value]);

const CONSTANTS: Readonly<Record<string, Constant>> = {
  half: scalar(0.5),
  one: scalar(1),
  two: scalar(2),
  three: scalar(3),
  root: scalar(Math.SQRT2),
  inverseRoot: float32Constant([1], [Math.SQRT1_2]),
  cubic: scalar(0.044715),
  scale: scalar(Math.sqrt(2 / Math.PI)),
  row: float32Constant([4], [0.5, 0.5, 0.5, 0.5]),
  wrong: scalar(0.7),
};

/** From x to y, one line a node, as in `Mul half x h`. */
function graphFrom(lines: readonly string[], outputs: readonly string[] = ['y']): Graph {
  const nodes = lines.map((line): Node => {
    const [op = '', ...names] = line.split(' ');
    return node(op, names.slice(0, -1), names.slice(-1));
  });
  const inputs = [{ name: 'x', type: 'float32', shape: ['n', 4] } as const];
  return graphOf({ opset: 20, nodes, inputs, outputs, constants: CONSTANTS });
}

const erf = ['Div x root d', 'Erf d e', 'Add e one a'];
const tanh = ['Mul cubic p c', 'Add x c s', 'Mul scale s i', 'Tanh i t', 'Add one t a'];

/** By whom they are written so. */
const FORMS: readonly (readonly [name: string, approximate: string, lines: readonly string[]])[] = [
  ['PyTorch: (x (1 + erf)) / 2', 'none', [...erf, 'Mul x a m', 'Mul m half y']],
  ['Hugging Face: (x / 2) (1 + erf)', 'none', ['Mul x half h', ...erf, 'Mul h a y']],
  ['x ((1 + erf) / 2)', 'none', [...erf, 'Mul half a m', 'Mul m x y']],
  [
    'TensorFlow: a product with 1 / sqrt 2',
    'none',
    ['Mul half x h', 'Mul x inverseRoot d', ...erf.slice(1), 'Mul h a y'],
  ],
  ['a division by two', 'none', [...erf, 'Mul a x m', 'Div m two y']],
  ['a sum of halves', 'none', ['Div x root d', 'Erf d e', 'Mul x half h', 'Mul h e m', 'Add h m y']],
  ['PyTorch: x x x', 'tanh', ['Mul x x q', 'Mul x q p', ...tanh, 'Mul x a m', 'Mul half m y']],
  ['Hugging Face: x^3', 'tanh', ['Mul x half h', 'Pow x three p', ...tanh, 'Mul h a y']],
  [
    'Hugging Face: x (1 + 0.044715 x x)',
    'tanh',
    ['Mul x half h', 'Mul x scale s', 'Mul x cubic c', 'Mul c x q', 'Add q one o', 'Mul s o i'].concat([
      'Tanh i t',
      'Add t one a',
      'Mul h a y',
    ]),
  ],
];

const feeds = { x: float32([3, 4], [-6, -2, -1, -0.5, -0.1, 0, 0.1, 0.5, 1, 2, 3, 6]) };

describe('one Gelu node', () => {
  test.each(FORMS)('%s', async (_, approximate, lines) => {
    const graph = graphFrom(lines);
    const after = gelu(graph);
    expect(after.nodes).toEqual([
      {
        ...graph.nodes.at(-1),
        op: 'Gelu',
        inputs: ['x'],
        attributes: new Map([['approximate', { kind: 'string', value: approximate }]]),
      },
    ]);
    await expectSameOutputs(graph, after, feeds);
  });

  test('of a value that is a sum itself, twice in a row', async () => {
    const again = erf.map((line) => line.replace('x', 'z').replace(/ ([dea])\b/g, ' $1$1'));
    const lines = ['Add x wrong w', 'Mul w w z', ...again, 'Mul z aa m', 'Mul m half v'];
    const second = ['Div v root d', 'Erf d e', 'Add e one a', 'Mul v a k', 'Mul k half y'];
    const graph = graphFrom([...lines, ...second]);
    const after = gelu(graph);
    expect(after.nodes.map(({ op, inputs, outputs }) => [op, ...inputs, ...outputs])).toEqual([
      ['Add', 'x', 'wrong', 'w'],
      ['Mul', 'w', 'w', 'z'],
      ['Gelu', 'z', 'v'],
      ['Gelu', 'v', 'y'],
    ]);
    await expectSameOutputs(graph, after, feeds);
  });
});

describe('left as it is', () => {
  const product = ['Mul x a m', 'Mul m half y'];

  test.each([
    ['another factor in the error function', ['Mul x wrong d', ...erf.slice(1), ...product]],
    ['another factor in front', [...erf, 'Mul x a m', 'Mul m wrong y']],
    ['another value in front', ['Neg x z', ...erf, 'Mul z a m', 'Mul m half y']],
    ['another exponent', ['Mul x half h', 'Pow x two p', ...tanh, 'Mul h a y']],
    ['factors for each column', [...erf, 'Mul x a m', 'Mul m row y']],
    ['a subtraction', ['Div x root d', 'Erf d e', 'Sub one e a', ...product]],
    ['no product at all', ['Div x root d', 'Erf d y']],
  ])('%s', (_, lines) => {
    const graph = graphFrom(lines);
    expect(gelu(graph)).toEqual(graph);
  });

  test.each(['d', 'e', 'a', 'm'])('where something reads %s', (inner) => {
    const read = graphFrom([...erf, ...product, `Neg ${inner} z`], ['y', 'z']);
    expect(gelu(read)).toEqual(read);
    const given = graphFrom([...erf, ...product], ['y', inner]);
    expect(gelu(given)).toEqual(given);
  });

  test('in float64, for which the runtime has no such kernel', () => {
    const graph = graphFrom([...erf, ...product]);
    const wide = [...graph.constants].map(
      ([name, value]) => [name, float64Constant(value.shape, numbersOf(value))] as const,
    );
    const other = { ...graph, constants: new Map(wide) };
    expect(gelu(other)).toEqual(other);
  });
});
