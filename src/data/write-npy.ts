import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import { bytesOf, HOST_ORDER } from './elements.js';
import type { NumericData } from './numeric-array.js';

/** NumPy aligns the elements to this many bytes, so that a file can be mapped into memory. */
const ALIGNMENT = 64;

/** An array as an NPY file of version 1, row-major, in this machine's byte order (which the header names). */
export function writeNpy(shape: readonly number[], data: NumericData): Uint8Array {
  if (sizeOf(shape) !== data.length) {
    throw new AssayError('data', { what: `${data.length} values do not fill the shape [${shape.join(', ')}]` });
  }
  return Buffer.concat([npyHeader(shape, data), bytesOf(data)]);
}

/** What stands before the elements of such a file, where `data` has elements of their type. */
export function npyHeader(shape: readonly number[], data: NumericData): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descrOf(data)}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const prefix = 10;
  const length = Math.ceil((prefix + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT - prefix;
  const file = Buffer.alloc(prefix + length);
  file.write('\x93NUMPY\x01\x00', 0, 'latin1');
  file.writeUInt16LE(length, 8);
  file.write(`${dictionary.padEnd(length - 1)}\n`, prefix, 'latin1');
  return file;
}

function descrOf(data: NumericData): string {
  const order = data.BYTES_PER_ELEMENT === 1 ? '|' : HOST_ORDER === 'little' ? '<' : '>';
  return `${order}${kindOf(data)}${data.BYTES_PER_ELEMENT}`;
}

function kindOf(data: NumericData): 'f' | 'u' | 'i' {
  if (data instanceof Float32Array || data instanceof Float64Array) return 'f';
  return data instanceof Uint8Array || data instanceof Uint16Array || data instanceof Uint32Array ? 'u' : 'i';
}
