import type { Dataset, File as H5File } from 'h5wasm';
import { AssayError } from '#base/errors';
import { followed, withHdf5, type Library } from '../reading/hdf5.js';
import { withoutGroups } from './without-groups.js';

/**
 * Puts other values into data sets of an HDF5 file, in their place and in their own type: everything else stays byte for byte,
 * except where a group is left out, for which the file is written anew.
 *
 * @param values by the paths of data sets, which have as many
 * @param leftOut names of groups at the top
 * @throws AssayError `operator` where a data set is of a type that is not written, `model` where the file is damaged
 */
export async function writeHdf5(
  bytes: Uint8Array,
  where: string,
  values: ReadonlyMap<string, Float32Array>,
  leftOut: readonly string[],
): Promise<{ readonly bytes: Uint8Array; readonly hadGroups: boolean }> {
  const without = await withoutGroups(bytes, where, leftOut);
  const written = await withHdf5(without ?? bytes, where, 'a', (library, file) => {
    const at = followed(library, file, where);
    for (const [path, data] of values) {
      const dataset = at(path);
      if (!(dataset instanceof library.Dataset)) throw new Error(`there is no data set ${path}`);
      write(library, file, dataset, typed(dataset, data, `${where}: \`${path}\``));
    }
  });
  return { bytes: written.bytes, hadGroups: without !== null };
}

/** The bytes of values in the type of a data set. */
function typed({ metadata }: Dataset, data: Float32Array, where: string): Uint8Array {
  const { type, size, littleEndian } = metadata;
  if (type === FLOAT && littleEndian && size === 4) return bytesOf(data);
  if (type === FLOAT && littleEndian && size === 8) return bytesOf(Float64Array.from(data));
  throw new AssayError('operator', { where, what: 'a trained weight is stored in a type that Assay does not write' });
}

/** H5T_FLOAT */
const FLOAT = 1;

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Past the library's own `write_slice`, which cannot write a data set of one value. */
function write({ Module }: Library, file: H5File, { path }: Dataset, bytes: Uint8Array): void {
  const pointer = Module._malloc(Math.max(bytes.length, 1));
  try {
    Module.HEAPU8.set(bytes, pointer);
    Module.set_dataset_data(file.file_id, path, null, null, null, BigInt(pointer));
  } finally {
    Module._free(pointer);
  }
}
