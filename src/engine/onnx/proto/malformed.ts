import { AssayError, messageOf } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import type { Fields, MessageOf, MessageType } from './schema.js';

/** The error of a model file that breaks the format. `what` is one clause that names the node or the tensor. */
export function malformed(model: ModelBytes, what: string, mend?: string): AssayError {
  return new AssayError('model', { where: model.main, what, ...(mend === undefined ? {} : { mend }) });
}

/** Reads a message; `label` is what the error calls it. */
export function decodeIn<F extends Fields>(
  model: ModelBytes,
  type: MessageType<F>,
  bytes: Uint8Array,
  label: string,
): MessageOf<MessageType<F>> {
  try {
    return type.decode(bytes);
  } catch (thrown) {
    throw new AssayError('model', {
      where: model.main,
      what: `${label} cannot be read (${messageOf(thrown)})`,
      mend: 'The file is cut off, damaged or not ONNX: export the model again.',
      cause: thrown,
    });
  }
}
