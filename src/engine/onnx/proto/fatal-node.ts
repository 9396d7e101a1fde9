import type { ModelBytes } from '../../contract.js';
import { numberOf } from './int64.js';
import { decodeIn, malformed } from './malformed.js';
import { AttributeProto, type MessageOf, type NodeProto } from './schema.js';

/** Operators of any number of inputs. ONNX Runtime 1.30 reads one that is left out all the same, and Einsum dies of it. */
const NEED_ALL_INPUTS: ReadonlySet<string> = new Set('Concat Einsum Max Mean Min SequenceConstruct Sum'.split(' '));

/** ONNX Runtime 1.30 reads the bias of its own attention, the third input, whether it is there or not. */
const BIASED_ATTENTION = 'Attention';

/**
 * Refuses a node that breaks its operator's definition in a way that ends the process of ONNX Runtime, which does not
 * check it: an input left out that may not be, a part of a Split left out, and a Split (since 18) into another number of
 * parts than it has outputs.
 *
 * @param label names the node
 */
export function refuseFatalNode(model: ModelBytes, node: MessageOf<typeof NodeProto>, label: string): void {
  if (node.domain === 'com.microsoft' && node.opType === BIASED_ATTENTION && (node.input[2] ?? '') === '') {
    throw malformed(model, `${label} leaves out an input that it needs`);
  }
  if (node.domain !== '' && node.domain !== 'ai.onnx') return;
  if (NEED_ALL_INPUTS.has(node.opType) && node.input.includes('')) {
    throw malformed(model, `${label} leaves out an input that it needs`);
  }
  if (node.opType !== 'Split') return;
  if (node.output.includes('')) throw malformed(model, `${label} leaves out an output that it needs`);
  const parts = node.attribute
    .map((attribute) => decodeIn(model, AttributeProto, attribute, `an attribute of ${label}`))
    .find(({ name }) => name === 'num_outputs');
  if (parts !== undefined && numberOf(parts.i) !== node.output.length) {
    throw malformed(model, `${label} splits into ${numberOf(parts.i)} parts and has ${node.output.length} outputs`);
  }
}
