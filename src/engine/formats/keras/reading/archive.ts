import { unzipSync, zipSync, type UnzipFileInfo } from 'fflate';
import { whyNotBeside } from '#base/beside';
import { AssayError, messageOf } from '#base/errors';
import { counted } from '#base/format';

/** What a `.keras` archive holds that matters here. */
export interface KerasArchive {
  readonly config: Uint8Array;
  readonly metadata: Uint8Array | null;
  /** An HDF5 file; null for a model without weights. */
  readonly weights: Uint8Array | null;
}

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';
const READ: ReadonlySet<string> = new Set([CONFIG, METADATA, WEIGHTS]);

/** Keras stores its members as they are, and weights hardly become smaller when others pack them. */
const MOST_EXPANSION = 20;
/** JSON packs better than that. */
const SMALL_BYTES = 2 ** 26;
/** Models of Keras have three files, and some for vocabularies. */
const MOST_FILES = 10_000;

/**
 * Reads the members of a `.keras` archive. Sizes are checked before anything is unpacked; names that lead out of the
 * archive are refused although nothing is written.
 *
 * @throws AssayError `model` where the archive is damaged, a bomb, or lacks a member
 */
export function readArchive(bytes: Uint8Array, where: string): KerasArchive {
  const sizes = new Map<string, number>();
  const filter = memberFilter(bytes, where, sizes);
  const members = unpack(bytes, where, filter);
  for (const [name, size] of sizes) {
    if (members.get(name)?.length !== size) throw broken(where, `\`${name}\` is cut off within the archive`);
  }
  const config = members.get(CONFIG);
  if (config === undefined) throw broken(where, `the archive has no \`${CONFIG}\``);
  return { config, metadata: members.get(METADATA) ?? null, weights: members.get(WEIGHTS) ?? null };
}

/**
 * An archive with other weights. Its members are stored as they are, as Keras does, under one date, so that equal members make
 * equal archives.
 *
 * @throws AssayError `model` as {@link readArchive}
 */
export function archiveWith(bytes: Uint8Array, where: string, weights: Uint8Array): Uint8Array {
  const members = unpack(
    bytes,
    where,
    memberFilter(bytes, where, new Map(), () => true),
  );
  const mtime = new Date(1980, 0, 1);
  return zipSync(Object.fromEntries([...members, [WEIGHTS, weights]]), { level: 0, mtime });
}

function broken(where: string, what: string, cause?: unknown): AssayError {
  const mend = 'Save the model again with `model.save`.';
  return new AssayError('model', { where, what, mend, ...(cause === undefined ? {} : { cause }) });
}

/** Chooses what is unpacked, and notes how large it says to be. */
function memberFilter(
  bytes: Uint8Array,
  where: string,
  sizes: Map<string, number>,
  isRead = (name: string): boolean => READ.has(name),
): (file: UnzipFileInfo) => boolean {
  let files = 0;
  return ({ name, originalSize }) => {
    if (++files > MOST_FILES) throw broken(where, `the archive lists more than ${counted(MOST_FILES, 'file')}`);
    const forbidden = whyNotBeside(name);
    if (forbidden !== null) throw broken(where, `the archive has the file ${JSON.stringify(name)}, ${forbidden}`);
    if (name.endsWith('.npz'))
      throw broken(where, `the weights are in \`${name}\`, and Assay reads them from HDF5 only`);
    if (!isRead(name)) return false;
    if (sizes.has(name)) throw broken(where, `the archive has \`${name}\` twice`);
    sizes.set(name, originalSize);
    const unpacked = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    if (unpacked <= SMALL_BYTES + MOST_EXPANSION * bytes.length) return true;
    const sizesSaid = `${counted(bytes.length, 'byte')} say that they hold ${counted(unpacked, 'byte')}`;
    throw broken(where, `the archive is a zip bomb: ${sizesSaid}`);
  };
}

function unpack(
  bytes: Uint8Array,
  where: string,
  filter: (file: UnzipFileInfo) => boolean,
): ReadonlyMap<string, Uint8Array> {
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter })));
  } catch (thrown) {
    if (thrown instanceof AssayError) throw thrown;
    throw broken(where, `the zip archive is cut off or damaged (${messageOf(thrown)})`, thrown);
  }
}
