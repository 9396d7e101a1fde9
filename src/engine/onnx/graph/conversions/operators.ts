/** Operators whose meaning, outputs or name changed. */
import { floatOf, intOf, stringOf, withAttribute, withoutAttributes } from '../attributes.js';
import { float32Constant } from '../constants.js';
import type { Converter } from './conversion.js';

/**
 * Softmax, LogSoftmax and Hardmax before opset 13 took all axes from `axis` (1 if not said) on as one. That is what
 * they do now where `axis` is the last; elsewhere the value is flattened first and gets its shape back after.
 */
export const coercedToLastAxis: Converter = (node, conversion) => {
  const [x = ''] = node.inputs;
  const axis = intOf(node, 'axis', 1);
  const { rank } = conversion.fact(x);
  const lastAxis = { kind: 'int', value: -1 } as const;
  if (axis === -1 || axis + 1 === rank) return [withAttribute(node, 'axis', lastAxis)];
  const [flatten, flat] = conversion.node('Flatten', [x], { axis: { kind: 'int', value: axis } });
  const [activation, active] = conversion.node(node.op, [flat], { axis: lastAxis });
  const [shape, sizes] = conversion.node('Shape', [x]);
  return [flatten, activation, shape, { ...node, op: 'Reshape', inputs: [active, sizes], attributes: new Map() }];
};

/** Before opset 14, where more than one output meant training. */
export const inferenceBatchNormalization: Converter = (node, conversion) => {
  const [x = '', scale = '', bias = '', mean = '', variance = ''] = node.inputs;
  if (node.outputs.slice(1).some((name) => conversion.isRead(name))) conversion.fail(node, 'is in training mode');
  const outputs = node.outputs.slice(0, 1);
  if (intOf(node, 'spatial', 1) !== 0) return [{ ...withoutAttributes(node, 'spatial'), outputs }];
  // Statistics of each activation: [C, D1, ..., Dn] against [N, C, D1, ..., Dn].
  if ((conversion.fact(x).type ?? 'float32') !== 'float32') conversion.fail(node, 'is not spatial and not float32');
  const epsilon = conversion.constant(float32Constant([], [floatOf(node, 'epsilon', 1e-5)]));
  const [shift, shifted] = conversion.node('Add', [variance, epsilon]);
  const [root, deviation] = conversion.node('Sqrt', [shifted]);
  const [centering, centered] = conversion.node('Sub', [x, mean]);
  const [division, normalized] = conversion.node('Div', [centered, deviation]);
  const [scaling, scaled] = conversion.node('Mul', [normalized, scale]);
  const addition = { ...node, op: 'Add', inputs: [scaled, bias], outputs, attributes: new Map() };
  return [shift, root, centering, division, scaling, addition];
};

/** Before opset 12 Dropout always ran as in inference, where it does nothing. What its mask held then differs. */
export const inferenceDropout: Converter = (node, conversion) => {
  if (conversion.isRead(node.outputs[1])) conversion.fail(node, 'gives a mask that something reads');
  const ratio = conversion.constant(float32Constant([], [floatOf(node, 'ratio', 0.5)]));
  const inputs = [node.inputs[0] ?? '', ratio];
  return [{ ...withoutAttributes(node, 'ratio'), inputs, outputs: node.outputs.slice(0, 1) }];
};

export const scatterElements: Converter = (node) => [{ ...node, op: 'ScatterElements' }];

/** Opset 20 renamed the modes of GridSample. */
export const gridSampleModes: Converter = (node) => {
  const mode = stringOf(node, 'mode', 'bilinear');
  return [withAttribute(node, 'mode', { kind: 'string', value: mode.replace(/^bi/, '') })];
};

/** Opset 16 moved the pixels of RoiAlign by half of one, unless it is told not to. */
export const roiAlignPixels: Converter = (node) => [
  withAttribute(node, 'coordinate_transformation_mode', { kind: 'string', value: 'output_half_pixel' }),
];
