import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import { decodeElements, elementSize } from './elements.js';
import { parseNpyHeader } from './npy-header.js';
import type { NumericArray, NumericData } from './numeric-array.js';

export { isNpy } from './npy-header.js';

/**
 * Reads an NPY array of versions 1 to 3: bool, integers of 1 to 8 bytes and floats of 2 to 8, in either byte order,
 * in C or Fortran order; the result is row-major. Throws an AssayError for anything else, pickles among it, and
 * where the file holds more or fewer bytes than its header declares.
 */
export function readNpy(bytes: Uint8Array, name: string): NumericArray {
  const { type, order, fortranOrder, shape, start } = parseNpyHeader(bytes, name);
  const declared = sizeOf(shape) * elementSize(type);
  const present = bytes.length - start;
  if (declared !== present) {
    throw new AssayError('data', {
      where: name,
      what: `the shape [${shape.join(', ')}] needs ${declared} bytes and ${present} follow the header`,
      mend: 'The file is truncated or damaged; write it again.',
    });
  }
  const data = decodeElements(bytes.subarray(start), type, order, name);
  return { name, shape, data: fortranOrder && shape.length > 1 ? toRowMajor(data, shape) : data };
}

/** From column-major order, where the first axis runs fastest. */
function toRowMajor(data: NumericData, shape: readonly number[]): NumericData {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const position = shape.map(() => 0);
  const result = data.slice();
  let source = 0;
  for (let target = 0; target < result.length; target++) {
    result[target] = data[source] ?? 0;
    // Step to the next row-major position as an odometer does, and keep its column-major offset up to date.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] ?? 1;
      const stride = strides[axis] ?? 1;
      const digit = (position[axis] ?? 0) + 1;
      position[axis] = digit % size;
      if (digit < size) {
        source += stride;
        break;
      }
      source -= stride * (size - 1);
    }
  }
  return result;
}
