import type * as H5wasm from 'h5wasm';
import type { File as H5File, Dataset, Metadata } from 'h5wasm';
import { AssayError, messageOf } from '#base/errors';
import { counted } from '#base/format';
import { sizeOf } from '#base/tensor';

/** An HDF5 file in memory, of which nothing leads out. */
export interface Hdf5 {
  /** The texts of an attribute, which Keras splits into parts where it is long; null where there is none. */
  readonly texts: (path: string, attribute: string) => readonly string[] | null;
  /** The members of a group; none where there is no such group. */
  readonly members: (path: string) => readonly string[];
  /** A data set of real numbers or integers as float32; null where there is none. */
  readonly dataset: (path: string) => StoredWeight | null;
}

export interface StoredWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Compressed weights hardly become smaller than this, and a data set that was never written takes no place at all. */
const MOST_EXPANSION = 20;
const SMALL_BYTES = 2 ** 20;
/** HDF5 has no use for more in a path of Keras, and a name that goes round in circles grows beyond. */
const MOST_PARTS = 64;
/** Parts that Keras splits a long attribute into. */
const MOST_ATTRIBUTE_PARTS = 10_000;

let files = 0;

/**
 * Opens HDF5 bytes, lets `read` take what it needs, and closes the file again. The library runs in WebAssembly on a file
 * system of its own in memory, so that no link, external file or virtual data set reaches the machine's.
 *
 * @throws AssayError `model` where the file is damaged
 */
export async function readHdf5<T>(bytes: Uint8Array, where: string, read: (file: Hdf5) => T): Promise<T> {
  const { result } = await withHdf5(bytes, where, 'r', (library, file) =>
    read(viewOf(library, file, bytes.length, where)),
  );
  return result;
}

/**
 * Opens HDF5 bytes with the library itself, as {@link readHdf5} does.
 *
 * @param mode `r` to read, `a` to change as well
 * @returns what `use` gives, and the bytes behind it
 */
export async function withHdf5<T>(
  bytes: Uint8Array,
  where: string,
  mode: 'r' | 'a',
  use: (library: Library, file: H5File) => T,
): Promise<{ readonly result: T; readonly bytes: Uint8Array }> {
  const library = await loadLibrary();
  const { FS, Module } = library;
  if (FS === null) throw new Error('h5wasm has no file system');
  const path = `/model-${++files}.h5`;
  FS.writeFile(path, bytes);
  let file: H5File | null = null;
  try {
    Module.activate_throwing_error_handler();
    file = new library.File(path, mode);
    const result = use(library, file);
    if (mode === 'r') return { result, bytes };
    file.close();
    file = null;
    return { result, bytes: FS.readFile(path) };
  } catch (thrown) {
    if (thrown instanceof AssayError) throw thrown;
    throw damaged(where, `the HDF5 file is cut off or damaged (${reasonOf(thrown)})`, thrown);
  } finally {
    closeQuietly(file);
    FS.unlink(path);
  }
}

export type Library = typeof H5wasm;

async function loadLibrary(): Promise<Library> {
  const library = await import('h5wasm');
  await library.ready;
  return library;
}

/** A damaged file may fail to close; what was read of it stands or was refused already. */
function closeQuietly(file: H5File | null): void {
  try {
    file?.close();
  } catch {
    return;
  }
}

/** The library reports a stack of its own, of which the first entry says what it was doing. */
function reasonOf(thrown: unknown): string {
  const message = messageOf(thrown);
  return shortened(/ in \w+\(\): (.+?) major:/.exec(message)?.[1] ?? message);
}

function shortened(message: string): string {
  return message.length > 200 ? `${message.slice(0, 200)} ...` : message;
}

export function damaged(where: string, what: string, cause?: unknown): AssayError {
  const mend = 'Save the model again with `model.save`.';
  return new AssayError('model', { where, what, mend, ...(cause === undefined ? {} : { cause }) });
}

function viewOf(library: Library, file: H5File, fileBytes: number, where: string): Hdf5 {
  const at = followed(library, file, where);
  return {
    texts: (path, attribute) => {
      const entity = at(path);
      if (!(entity instanceof library.Group)) return null;
      const attrs = entity.attrs;
      const whole = attrs[attribute];
      if (whole !== undefined) return textsOf(whole.value, where, attribute);
      const parts: string[] = [];
      for (let i = 0; i < MOST_ATTRIBUTE_PARTS && attrs[`${attribute}${i}`] !== undefined; i++) {
        parts.push(...textsOf(attrs[`${attribute}${i}`]?.value, where, attribute));
      }
      return parts.length === 0 ? null : parts;
    },
    members: (path) => {
      const entity = at(path);
      return entity instanceof library.Group ? entity.keys() : [];
    },
    dataset: (path) => {
      const entity = at(path);
      return entity instanceof library.Dataset ? weightOf(entity, fileBytes, `${where}: \`${path}\``) : null;
    },
  };
}

type Found = ReturnType<H5File['get']>;

/** Goes down paths name by name, so that each link on the way is looked at before it is followed, and once. */
export function followed(library: Library, file: H5File, where: string): (path: string) => Found {
  const known = new Map<string, { readonly found: Found; readonly names: ReadonlySet<string> }>();
  const enter = (path: string, found: Found): { found: Found; names: ReadonlySet<string> } => {
    const entered = { found, names: new Set(found instanceof library.Group ? found.keys() : []) };
    known.set(path, entered);
    return entered;
  };
  const step = (path: string, parent: Found, name: string): Found => {
    const found = parent instanceof library.Group ? parent.get(name) : null;
    if (found instanceof library.ExternalLink) throw damaged(where, `\`${path}\` is a link to another file`);
    if (found === null || found instanceof library.BrokenSoftLink) {
      throw damaged(where, `\`${path}\` is a link that leads nowhere`);
    }
    return found;
  };
  return (path) => {
    const parts = path.split('/').filter((part) => part !== '');
    if (parts.length > MOST_PARTS) throw damaged(where, `the HDF5 path \`${shortened(path)}\` never ends`);
    let full = '';
    let place = known.get(full) ?? enter(full, file);
    for (const part of parts) {
      if (!place.names.has(part)) return null;
      full = `${full}/${part}`;
      place = known.get(full) ?? enter(full, step(full, place.found, part));
    }
    return place.found;
  };
}

function textsOf(value: unknown, where: string, attribute: string): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === null || (ArrayBuffer.isView(value) && value.byteLength === 0)) return [];
  if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value;
  throw damaged(where, `the attribute \`${attribute}\` is no text`);
}

/** @throws AssayError `model` where a data set is not within the file, or says to be larger than that can be */
export function checkDataset(dataset: Dataset, fileBytes: number, where: string): void {
  const { metadata } = dataset;
  refuseOutside(dataset, metadata, where);
  const bytes = metadata.size * sizeOf(metadata.shape ?? []);
  if (!(bytes <= SMALL_BYTES + MOST_EXPANSION * fileBytes)) {
    throw damaged(
      where,
      `the data set says to hold ${counted(bytes, 'byte')} in a file of ${counted(fileBytes, 'byte')}`,
    );
  }
}

function weightOf(dataset: Dataset, fileBytes: number, where: string): StoredWeight {
  checkDataset(dataset, fileBytes, where);
  const shape = dataset.metadata.shape ?? [];
  const value: unknown = dataset.value;
  if (typeof value === 'number') return { shape: [], data: Float32Array.of(value) };
  const data = numbersOf(value);
  if (data?.length !== sizeOf(shape)) throw damaged(where, 'the data set holds no numbers');
  return { shape, data };
}

/** Data that the file does not hold itself: of virtual data sets, and of those in external files. */
function refuseOutside(dataset: Dataset, metadata: Metadata, where: string): void {
  if ((metadata.virtual_sources ?? []).length > 0)
    throw damaged(where, 'the data set is put together from other files');
  const filters = dataset.filters.filter(({ id }) => id > LAST_BUILT_IN_FILTER);
  if (filters.length > 0) throw damaged(where, 'the data set is packed by a filter that HDF5 does not bring');
}

const LAST_BUILT_IN_FILTER = 6;

function numbersOf(value: unknown): Float32Array | null {
  if (value instanceof Float32Array) return value;
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return Float32Array.from(value, Number);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Float32Array.from(value as Float64Array | Int32Array);
  }
  if (Array.isArray(value) && value.every((each) => typeof each === 'number')) return Float32Array.from(value);
  return null;
}
