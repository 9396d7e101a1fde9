import type { Attribute, Dataset, File as H5File, Group, Metadata } from 'h5wasm';
import { AssayError } from '#base/errors';
import { checkDataset, damaged, followed, withHdf5, type Library } from '../reading/hdf5.js';

/** Groups, data sets and attributes of the largest models of Keras are some thousand. */
const MOST_ENTRIES = 200_000;

let files = 0;

/**
 * An HDF5 file without some of the groups at its top, null where it has none of them. The library cannot take a group out of a
 * file, so that the rest is copied: groups, attributes, and data sets in their types, as one piece each.
 *
 * @throws AssayError `operator` where something has a type that is not copied, `model` where the file is damaged
 */
export async function withoutGroups(
  bytes: Uint8Array,
  where: string,
  leftOut: readonly string[],
): Promise<Uint8Array | null> {
  const { result } = await withHdf5(bytes, where, 'r', (library, file) => {
    if (!file.keys().some((name) => leftOut.includes(name))) return null;
    const path = `/copy-${++files}.h5`;
    const target = new library.File(path, 'w');
    try {
      new Copy(library, file, target, { where, leftOut, fileBytes: bytes.length }).run();
      target.close();
      return library.FS?.readFile(path) ?? null;
    } finally {
      library.FS?.unlink(path);
    }
  });
  return result;
}

interface Setting {
  readonly where: string;
  readonly leftOut: readonly string[];
  readonly fileBytes: number;
}

class Copy {
  readonly #at: ReturnType<typeof followed>;
  #entries = 0;

  constructor(
    private readonly library: Library,
    private readonly source: H5File,
    private readonly target: H5File,
    private readonly setting: Setting,
  ) {
    this.#at = followed(library, source, setting.where);
  }

  run(): void {
    this.#attributes(this.source, '/');
    for (const name of this.source.keys()) if (!this.setting.leftOut.includes(name)) this.#entry(`/${name}`);
  }

  #entry(path: string): void {
    this.#count();
    const entity = this.#at(path);
    if (entity instanceof this.library.Dataset) this.#dataset(entity, path);
    else if (entity instanceof this.library.Group) {
      this.library.Module.create_group(this.target.file_id, path);
      for (const name of entity.keys()) this.#entry(`${path}/${name}`);
    } else this.#refuse(path);
    this.#attributes(entity, path);
  }

  #dataset(dataset: Dataset, path: string): void {
    const { Module } = this.library;
    checkDataset(dataset, this.setting.fileBytes, `${this.setting.where}: \`${path}\``);
    const metadata = writable(dataset.metadata) ?? this.#refuse(path);
    this.#through(dataset.metadata, (pointer) => {
      Module.get_dataset_data(this.source.file_id, dataset.path, null, null, null, pointer);
      const layout = { ...metadata, chunks: null, compression: 0, compression_opts: [], track_order: false };
      Module.create_dataset(this.target.file_id, path, pointer, layout);
    });
  }

  #attributes(entity: Group | Dataset, path: string): void {
    for (const [name, attribute] of Object.entries(entity.attrs)) this.#attribute(attribute, path, name);
  }

  #attribute(attribute: Attribute, path: string, name: string): void {
    this.#count();
    const { Module } = this.library;
    const target = this.target.file_id;
    const texts = textsIn(attribute);
    const metadata = writable(attribute.metadata, texts !== null) ?? this.#refuse(`${path}@${name}`);
    if (texts !== null) {
      Module.create_vlen_str_attribute(target, path, name, texts, metadata);
      return;
    }
    this.#through(attribute.metadata, (pointer) => {
      Module.get_attribute_data(attribute.file_id, attribute.path, name, pointer);
      Module.create_attribute(target, path, name, pointer, metadata);
    });
  }

  /** Memory of the library for all values. */
  #through({ size, total_size: count }: Metadata, use: (pointer: bigint) => void): void {
    const { Module } = this.library;
    const pointer = Module._malloc(Math.max(size * count, 1));
    try {
      use(BigInt(pointer));
    } finally {
      Module._free(pointer);
    }
  }

  #count(): void {
    if (++this.#entries > MOST_ENTRIES)
      throw damaged(this.setting.where, `the HDF5 file has over ${MOST_ENTRIES} entries`);
  }

  #refuse(path: string): never {
    throw new AssayError('operator', {
      where: this.setting.where,
      what: `\`${path}\` has a type that Assay does not copy`,
    });
  }
}

/** H5T_INTEGER, H5T_FLOAT and H5T_STRING: what Keras writes. */
const COPIED: readonly number[] = [0, 1, 3];

type Writable = Omit<Metadata, 'shape' | 'maxshape' | 'chunks'> & { shape: bigint[]; maxshape: bigint[] };

function writable(metadata: Metadata, mayVary = false): Writable | null {
  const { shape, type, vlen } = metadata;
  if (shape === null || !COPIED.includes(type) || (vlen && !mayVary)) return null;
  return { ...metadata, shape: shape.map(BigInt), maxshape: shape.map(BigInt) };
}

/** The texts of an attribute that have lengths of their own. */
function textsIn({ metadata, value }: Attribute): string[] | null {
  if (!metadata.vlen) return null;
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.every((text) => typeof text === 'string') ? value : null;
}
