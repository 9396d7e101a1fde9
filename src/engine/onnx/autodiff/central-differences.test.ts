/** Rules that are wrong on purpose: the check that all operator cases go through finds them. */
import { disagreement } from '../../../../test/central-differences.js';
import { float32, graphOf, ints, node } from '../../../../test/onnx-graphs.js';
import { vectorJacobian, type Differentiable } from '../../../../test/vector-jacobian.js';
import { float32Constant } from '../graph/constants.js';
import type { Node } from '../graph/ir.js';
import type { GradientRule } from './rule.js';
import { gradientRules } from './rules/index.js';

const sigmoid = node('Sigmoid', ['x'], ['s']);
/** The runtime has kernels for float64 for the former, and none for the latter. */
const PRECISIONS: readonly (readonly [string, readonly Node[]])[] = [
  ['float64', [sigmoid, node('Neg', ['s'], ['y'])]],
  ['float32', [sigmoid, node('Neg', ['s'], ['n']), node('AveragePool', ['n'], ['y'], { kernel_shape: ints(1, 1) })]],
];

const scaled =
  (factor: number): GradientRule =>
  (context) => [context.builder.node('Mul', [context.gradient, context.scalar(factor)])];

async function verdict(nodes: readonly Node[], rule: GradientRule): Promise<string | null> {
  const shape = [1, 1, 2, 3];
  const planted: Differentiable = {
    graph: graphOf({ opset: 20, nodes, inputs: [{ name: 'x', type: 'float32', shape }], outputs: ['y'] }),
    feeds: { x: float32(shape, [0.4, -1.3, 2.1, 0.7, -0.2, 1.6]) },
    wrt: ['x'],
    seed: float32(shape, [1, -2, 0.5, 0.3, 1.1, -0.7]),
    rules: new Map([...gradientRules, ['Neg', rule]]),
  };
  const { gradients } = await vectorJacobian(planted, 'all');
  return disagreement('planted', planted, gradients);
}

describe.each(PRECISIONS)('differences in %s', (precision, nodes) => {
  test('agree with the right rule', async () => {
    expect(await verdict(nodes, scaled(-1))).toBeNull();
  });

  const off = precision === 'float64' ? 1e-4 : 1e-2;
  test.each([1, 0, -1 - off, -1 + off])('do not agree with a factor of %d instead of -1', async (factor) => {
    expect(await verdict(nodes, scaled(factor))).toMatch(/the gradient by `x` differs from central differences by/);
  });

  test('do not agree with a gradient that is not a number', async () => {
    expect(await verdict(nodes, scaled(NaN))).toMatch(/by NaN/);
  });
});

test('a rule that puts float32 into a graph of float64 is found', async () => {
  const mixing: GradientRule = ({ builder, gradient }) => {
    const factor = builder.constant(float32Constant([], [-1]));
    return [builder.node('Mul', [gradient, factor])];
  };
  await expect(verdict(PRECISIONS[0]![1], mixing)).rejects.toThrow(
    /the same graph in float64.*bound to different types/,
  );
});
