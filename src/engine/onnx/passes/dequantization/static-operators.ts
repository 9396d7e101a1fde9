import { floatOf, intOf, withAttribute, withoutAttributes } from '../../graph/attributes.js';
import type { Node } from '../../graph/ir.js';
import type { Quantized, RealForm, Rewriter } from './real-form.js';

// A quantized operand takes three inputs: integers, scale and zero point. A result is described by the last two.

const qLinearConv: Rewriter = (node, form) => {
  const [x, w] = [operand(node, 0), { ...operand(node, 3), axis: 0 }];
  const inputs = [form.real(x), form.real(w), ...bias(form, node.inputs[8], x, w)];
  return requantized(node, form, 'Conv', inputs, 6, node.attributes);
};

/** Rows on the left and columns on the right may have their own scales. */
const qLinearMatMul: Rewriter = (node, form) => {
  const inputs = [form.real({ ...operand(node, 0), axis: -2 }), form.real({ ...operand(node, 3), axis: -1 })];
  return requantized(node, form, 'MatMul', inputs, 6);
};

/** alpha (A' B' + C); the result stays real where it has no scale. */
const qGemm: Rewriter = (node, form) => {
  const a = operand(node, 0);
  const b = { ...operand(node, 3), axis: intOf(node, 'transB', 0) === 0 ? 1 : 0 };
  const inputs = [form.real(a), form.real(b), ...bias(form, node.inputs[6], a, b)];
  const { attributes } = withAttribute(node, 'beta', { kind: 'float', value: floatOf(node, 'alpha', 1) });
  if ((node.inputs[7] ?? '') === '') return form.replace(node, 'Gemm', inputs, attributes);
  return requantized(node, form, 'Gemm', inputs, 7, attributes);
};

const qLinearConcat: Rewriter = (node, form) => {
  const count = (node.inputs.length - 2) / 3;
  const inputs = Array.from({ length: count }, (_, i) => form.real(operand(node, 2 + 3 * i)));
  return requantized(node, form, 'Concat', inputs, 0, node.attributes);
};

const qLinearWhere: Rewriter = (node, form) => {
  const [condition = ''] = node.inputs;
  return requantized(node, form, 'Where', [condition, form.real(operand(node, 1)), form.real(operand(node, 4))], 7);
};

/** Of a model before opset 13, softmax is over all axes from `axis` on. */
const qLinearSoftmax: Rewriter = (node, form) => {
  const x = form.real(operand(node, 0));
  const axis = intOf(node, 'axis', -1);
  if (intOf(node, 'opset', 13) >= 13 || axis === -1) {
    return requantized(node, form, 'Softmax', [x], 3, withoutAttributes(node, 'opset').attributes);
  }
  const flat = form.builder.node('Softmax', [form.builder.node('Flatten', [x], { axis })]);
  return requantized(node, form, 'Reshape', [flat, form.builder.node('Shape', [x])], 3);
};

/** A dequantizer behind integers that were moved since they were quantized. */
const dequantizeLinear: Rewriter = (node, form) => {
  const quantized = operand(node, 0);
  return form.source(quantized.values) !== quantized.values && form.replace(node, 'Identity', [form.real(quantized)]);
};

export const staticOperators: Readonly<Record<string, Rewriter>> = {
  DequantizeLinear: dequantizeLinear,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  'com.microsoft.QGemm': qGemm,
  'com.microsoft.QLinearAdd': binary('Add'),
  'com.microsoft.QLinearAveragePool': unary('AveragePool'),
  'com.microsoft.QLinearConcat': qLinearConcat,
  'com.microsoft.QLinearGlobalAveragePool': unary('GlobalAveragePool'),
  'com.microsoft.QLinearLeakyRelu': unary('LeakyRelu'),
  'com.microsoft.QLinearMul': binary('Mul'),
  'com.microsoft.QLinearSigmoid': unary('Sigmoid'),
  'com.microsoft.QLinearSoftmax': qLinearSoftmax,
  'com.microsoft.QLinearWhere': qLinearWhere,
};

function unary(op: string): Rewriter {
  return (node, form) => {
    if (intOf(node, 'channels_last', 0) !== 0) return false;
    const { attributes } = withoutAttributes(node, 'channels_last');
    return requantized(node, form, op, [form.real(operand(node, 0))], 3, attributes);
  };
}

function binary(op: string): Rewriter {
  return (node, form) => requantized(node, form, op, [form.real(operand(node, 0)), form.real(operand(node, 3))], 6);
}

function operand({ inputs }: Node, first: number): Quantized {
  const [values = '', scale = '', zeroPoint = ''] = inputs.slice(first);
  return { values, scale, zeroPoint };
}

/** A bias is stored in integers of the product of both scales. */
function bias({ builder }: RealForm, values: string | undefined, a: Quantized, b: Quantized): string[] {
  if (values === undefined || values === '') return [];
  return [builder.node('Mul', [builder.cast(values, 'float32'), builder.node('Mul', [a.scale, b.scale])])];
}

/** The real operator, quantized as the inputs from `scale` on say. */
function requantized(
  node: Node,
  form: RealForm,
  op: string,
  inputs: readonly string[],
  scale: number,
  attributes: Node['attributes'] = new Map(),
): boolean {
  const [y = '', zeroPoint = ''] = node.inputs.slice(scale);
  // The type of the integers is that of their zero point.
  if (zeroPoint === '') return false;
  return form.replace(node, 'QuantizeLinear', [form.builder.add('', op, inputs, attributes), y, zeroPoint]);
}
