import type { ModelBytes } from '../../contract.js';
import { float32Constant, int64Constant } from '../graph/constants.js';
import { describeNode } from '../graph/describe.js';
import type { Attribute, Constant, Node } from '../graph/ir.js';
import { decodeIn, malformed } from './malformed.js';
import { AttributeProto, joined } from './schema.js';
import { readSparseTensor } from './sparse.js';
import { stringConstant } from './tensor.js';

export function isConstantNode(node: Node): boolean {
  return node.domain === '' && node.op === 'Constant';
}

/** The name and value of a Constant node, whichever of its attributes holds it. */
export function constantOfNode(model: ModelBytes, node: Node): [string, Constant] {
  const [output] = node.outputs;
  const values = [...node.attributes].map(([key, attribute]) => valueOf(model, node, key, attribute));
  const [value] = values;
  if (output === undefined || node.outputs.length > 1)
    throw malformed(model, `${describeNode(node)} must have one output`);
  if (value === undefined || value === null || values.length > 1) {
    throw malformed(model, `${describeNode(node)} must have one value`);
  }
  return [output, value];
}

function valueOf(model: ModelBytes, node: Node, key: string, attribute: Attribute): Constant | null {
  switch (attribute.kind) {
    case 'tensor':
      return key === 'value' ? attribute.value : null;
    case 'float':
      return key === 'value_float' ? float32Constant([], [attribute.value]) : null;
    case 'int':
      return key === 'value_int' ? int64Constant([], [attribute.value]) : null;
    case 'string':
      return key === 'value_string' ? stringConstant([], [attribute.value]) : null;
    case 'floats':
      return key === 'value_floats' ? float32Constant([attribute.value.length], attribute.value) : null;
    case 'ints':
      return key === 'value_ints' ? int64Constant([attribute.value.length], attribute.value) : null;
    case 'strings':
      return key === 'value_strings' ? stringConstant([attribute.value.length], attribute.value) : null;
    case 'opaque': {
      if (key !== 'sparse_value') return null;
      const { sparseTensor } = decodeIn(model, AttributeProto, attribute.bytes, describeNode(node));
      return readSparseTensor(model, joined(sparseTensor), `the value of ${describeNode(node)}`).constant;
    }
  }
}
