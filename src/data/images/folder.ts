import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';

/** One picture of a data set. */
export interface PictureFile {
  /** As messages name it. */
  readonly path: string;
  /** Below the folder, with slashes on every system. */
  readonly name: string;
}

export interface ClassFolder {
  readonly name: string;
  readonly pictures: readonly PictureFile[];
}

const EXTENSIONS = new Set(['.png', '.jpg', '.jpeg', '.jpe', '.jfif', '.webp']);
/** What file managers leave behind. */
const LITTER = new Set(['thumbs.db', 'desktop.ini']);
const DEEPEST = 16;
const MAX_PICTURES = 1_000_000;

/** By their bytes, as Python and torchvision sort: the same on every system, whatever its language. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

/**
 * The folders in a folder, each a class, with all pictures below them, sorted by name. Hidden files are passed over.
 *
 * @throws AssayError `data` for a file that is no picture by its name, a link that leads out of the folder, a class
 *   without pictures
 */
export async function classFolders(folder: string): Promise<readonly ClassFolder[]> {
  const root = await realpath(folder);
  const classes: ClassFolder[] = [];
  let count = 0;
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) throw besideClasses(path);
    const pictures: PictureFile[] = [];
    for await (const picture of picturesBelow(path, root, folder, 1)) {
      pictures.push(picture);
      count += 1;
      requireFewer(count, folder);
    }
    if (pictures.length === 0) throw new AssayError('data', { where: path, what: 'the class has no pictures' });
    classes.push({ name: entry.name, pictures });
  }
  if (classes.length === 0) throw new AssayError('data', { where: folder, what: 'the folder is empty' });
  return classes;
}

/**
 * All pictures in a folder and below, sorted by name: of no class.
 *
 * @throws AssayError `data` as {@link classFolders}
 */
export async function picturesOf(folder: string): Promise<readonly PictureFile[]> {
  const pictures: PictureFile[] = [];
  for await (const picture of picturesBelow(folder, await realpath(folder), folder, 1)) {
    pictures.push(picture);
    requireFewer(pictures.length, folder);
  }
  if (pictures.length === 0) throw new AssayError('data', { where: folder, what: 'the folder has no pictures' });
  return pictures;
}

/**
 * A picture that a list names.
 *
 * @param name relative to the folder
 * @param where the place in the list, for messages
 * @throws AssayError `data` for a file that is not there, or not in the folder
 */
export async function listedPicture(folder: string, name: string, where: string): Promise<PictureFile> {
  const path = resolve(folder, name);
  const inside = relative(folder, path);
  if (isAbsolute(name) || inside === '' || inside.startsWith(`..${sep}`) || inside === '..' || name.includes('\0')) {
    throw new AssayError('data', {
      where,
      what: `${JSON.stringify(name)} is not a file in the folder ${basename(folder)}`,
    });
  }
  await checkInside(path, await realpath(folder));
  return { path, name: inside.split(sep).join('/') };
}

async function* picturesBelow(folder: string, root: string, top: string, depth: number): AsyncGenerator<PictureFile> {
  if (depth > DEEPEST) throw new AssayError('data', { where: folder, what: `folders are more than ${DEEPEST} deep` });
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      yield* picturesBelow(path, root, top, depth + 1);
      continue;
    }
    if (!EXTENSIONS.has(extname(entry.name).toLowerCase())) throw noPicture(path);
    // A link to a folder is refused when it is read; following it might never end.
    if (entry.isSymbolicLink()) await checkInside(path, root);
    yield { path, name: relative(top, path).split(sep).join('/') };
  }
}

async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter(({ name }) => !name.startsWith('.') && !LITTER.has(name.toLowerCase()))
      .sort((a, b) => byBytes(a.name, b.name));
  } catch (cause) {
    throw new AssayError('data', {
      where: folder,
      what: `the folder cannot be read (${errnoOf(cause) ?? messageOf(cause)})`,
      cause,
    });
  }
}

/** Nothing outside of the folder is read, whatever links in it say. */
async function checkInside(path: string, root: string): Promise<void> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw new AssayError('data', { where: path, what: 'there is no such file', cause });
  });
  if (real.startsWith(root + sep)) return;
  throw new AssayError('data', {
    where: path,
    what: 'this is a link that leads out of the folder of pictures',
    mend: 'Copy the file into the folder.',
  });
}

function requireFewer(pictures: number, where: string): void {
  if (pictures <= MAX_PICTURES) return;
  throw new AssayError('data', { where, what: `there are more than ${MAX_PICTURES} pictures` });
}

function besideClasses(path: string): AssayError {
  return new AssayError('data', {
    where: path,
    what: 'the file lies beside the folders of the classes',
    mend: 'Move it into the folder of its class, or name in `labels` a CSV of `file` and `label`.',
  });
}

function noPicture(path: string): AssayError {
  return new AssayError('data', {
    where: path,
    what: 'this is not a PNG, JPEG or WebP picture by its name',
    mend: 'Convert it, or take it out of the folder.',
  });
}
