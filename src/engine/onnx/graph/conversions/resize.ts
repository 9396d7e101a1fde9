import { sizeOf } from '#base/tensor';
import { floatsOf, stringOf, withoutAttributes } from '../attributes.js';
import { float32Constant, float32Of } from '../constants.js';
import type { Attribute, Node } from '../ir.js';
import type { Conversion, Converter } from './conversion.js';

/** Upsample of opset 7 and 8: `scales` as an attribute. */
export const upsampleToResize: Converter = (node, conversion) => {
  const [x = '', computed = ''] = node.inputs;
  const scales = floatsOf(node, 'scales');
  const input = scales === null ? computed : conversion.constant(float32Constant([scales.length], scales));
  return [asymmetricResize(withoutAttributes(node, 'scales'), x, input, conversion)];
};

/** Resize of opset 10: X and scales. */
export const firstResize: Converter = (node, conversion) => {
  const [x = '', scales = ''] = node.inputs;
  return [asymmetricResize(node, x, scales, conversion)];
};

/** Opset 11 and 12 asked for all of roi, scales and sizes, empty where they say nothing; now they are left out. */
export const optionalResizeInputs: Converter = (node, conversion) => {
  if (stringOf(node, 'coordinate_transformation_mode', '') === 'tf_half_pixel_for_nn') {
    conversion.fail(node, 'uses coordinates (tf_half_pixel_for_nn) that later opsets do not have');
  }
  const [x = '', ...others] = node.inputs;
  const inputs = [x, ...others.map((name) => (isEmpty(name, conversion) ? '' : name))];
  return [{ ...node, inputs: trimmed(inputs) }];
};

/**
 * Pixel i of the output is at i / scale in the input. The nearest pixel is the next lower one, or the next higher one on
 * axes that shrink: ONNX Runtime's choice, as the standard of that time made none.
 */
function asymmetricResize(node: Node, x: string, scales: string, conversion: Conversion): Node {
  const mode = stringOf(node, 'mode', 'nearest');
  const attributes = new Map<string, Attribute>([
    ['mode', { kind: 'string', value: mode }],
    ['coordinate_transformation_mode', { kind: 'string', value: 'asymmetric' }],
  ]);
  if (mode === 'nearest') {
    attributes.set('nearest_mode', { kind: 'string', value: nearestMode(node, scales, conversion) });
  }
  return { ...node, op: 'Resize', inputs: [x, '', scales], attributes };
}

function nearestMode(node: Node, scales: string, conversion: Conversion): 'floor' | 'ceil' {
  const constant = conversion.constantOf(scales);
  if (constant === undefined) return conversion.fail(node, 'computes its scales');
  const values = float32Of(constant);
  if (values.every((scale) => scale >= 1)) return 'floor';
  if (values.every((scale) => scale <= 1)) return 'ceil';
  return conversion.fail(node, 'grows one axis and shrinks another');
}

function isEmpty(name: string, conversion: Conversion): boolean {
  const constant = conversion.constantOf(name);
  return constant !== undefined && sizeOf(constant.shape) === 0;
}

function trimmed(inputs: readonly string[]): readonly string[] {
  const last = inputs.findLastIndex((name) => name !== '');
  return inputs.slice(0, last + 1);
}
