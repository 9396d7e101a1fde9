import type { Node } from '../../graph/ir.js';
import type { Quantized, RealForm, Rewriter } from './real-form.js';

/**
 * What dynamic quantization writes: (a product of integers, cast to real numbers) times (the scale that was found for the
 * data times that of the weights). It becomes the product of what the integers stand for.
 */
const scaledProduct: Rewriter = (node, form) => {
  const [left = '', right = ''] = node.inputs;
  const product = productOf(form, left, right) ?? productOf(form, right, left);
  if (product === null) return false;
  const { a, b, integers } = product;
  const isConv = integers.op === 'ConvInteger';
  const inputs = [form.real(a), form.real({ ...b, axis: isConv ? 0 : -1 })];
  return form.replace(node, isConv ? 'Conv' : 'MatMul', inputs, integers.attributes);
};

/** Real data, weights in integers, their scales, and optionally their zero points and a bias. */
const dynamicQuantizeMatMul: Rewriter = (node, form) => {
  const [x = '', values = '', scale = '', zeroPoint = '', bias = ''] = node.inputs;
  const [integers = '', ownScale = '', ownZeroPoint = ''] = form.builder.nodes('DynamicQuantizeLinear', [x], 3);
  const a = { values: integers, scale: ownScale, zeroPoint: ownZeroPoint };
  return biasedProduct(node, form, a, { values, scale, zeroPoint }, bias);
};

const matMulIntegerToFloat: Rewriter = (node, form) => {
  const [a = '', b = '', scaleA = '', scaleB = '', zeroA = '', zeroB = '', bias = ''] = node.inputs;
  const left = { values: a, scale: scaleA, zeroPoint: zeroA };
  return biasedProduct(node, form, left, { values: b, scale: scaleB, zeroPoint: zeroB }, bias);
};

export const dynamicOperators: Readonly<Record<string, Rewriter>> = {
  Mul: scaledProduct,
  'com.microsoft.DynamicQuantizeMatMul': dynamicQuantizeMatMul,
  'com.microsoft.MatMulIntegerToFloat': matMulIntegerToFloat,
};

interface Product {
  readonly integers: Node;
  readonly a: Quantized;
  readonly b: Quantized;
}

function productOf(form: RealForm, sums: string, scales: string): Product | null {
  const cast = form.producer(sums, 'Cast');
  const integers = form.producer(cast?.inputs[0], 'MatMulInteger', 'ConvInteger');
  const both = form.producer(scales, 'Mul');
  const [a = '', b = '', zeroA = '', zeroB = ''] = integers?.inputs ?? [];
  const scale = scaleFor(form, a);
  if (integers === undefined || both === undefined || scale === null || !both.inputs.includes(scale)) return null;
  const [other = ''] = both.inputs.filter((input) => input !== scale);
  return {
    integers,
    a: { values: a, scale, zeroPoint: zeroA },
    b: { values: b, scale: other, zeroPoint: zeroB },
  };
}

/** The scale that was found for integers; they may have been moved since. */
function scaleFor(form: RealForm, values: string): string | null {
  const quantizer = form.uses.producer(form.source(values));
  return quantizer?.op === 'DynamicQuantizeLinear' ? (quantizer.outputs[1] ?? null) : null;
}

function biasedProduct(node: Node, form: RealForm, a: Quantized, b: Quantized, bias: string): true {
  const inputs = [form.real({ ...a, axis: -2 }), form.real({ ...b, axis: -1 })];
  if (bias === '') return form.replace(node, 'MatMul', inputs);
  return form.replace(node, 'Add', [form.builder.node('MatMul', inputs), bias]);
}
