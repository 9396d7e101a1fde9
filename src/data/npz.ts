import { AssayError } from '#base/errors';
import { readNpy } from './npy.js';
import type { NumericArray } from './numeric-array.js';
import { readMember, zipMembers, type ZipMember } from './zip.js';

/** How many members an error message lists. */
const LISTED = 10;

/**
 * Reads one array of an NPZ file, which is a ZIP archive of NPY files. `member` may be left out where there is only
 * one. Only that member is inflated, to the size that the archive declares.
 */
export function readNpz(bytes: Uint8Array, name: string, member?: string): NumericArray {
  const chosen = npzMember(bytes, name, member);
  return readNpy(readMember(bytes, chosen, name), arrayLabel(chosen, name));
}

/** The member that holds an array, still compressed. */
export function npzMember(bytes: Uint8Array, name: string, member: string | undefined): ZipMember {
  const arrays = zipMembers(bytes, name).filter((candidate) => candidate.name.endsWith('.npy'));
  return choose(arrays, name, member);
}

/** How messages name an array of an archive. */
export function arrayLabel(member: ZipMember, archive: string): string {
  return `${archive}#${arrayName(member)}`;
}

function choose(arrays: readonly ZipMember[], name: string, member: string | undefined): ZipMember {
  const listed = list(arrays);
  if (arrays.length === 0) throw new AssayError('data', { where: name, what: 'the archive holds no NPY array' });
  if (member === undefined) {
    const [only, second] = arrays;
    if (only !== undefined && second === undefined) return only;
    throw new AssayError('data', {
      where: name,
      what: `the archive holds ${arrays.length} arrays: ${listed}`,
      mend: `Name one behind #, as in ${name}#${arrayName(arrays[0])}.`,
    });
  }
  const found = arrays.find((candidate) => arrayName(candidate) === member || candidate.name === member);
  if (found === undefined) {
    throw new AssayError('data', {
      where: name,
      what: `there is no array \`${member}\` in it`,
      mend: `It holds ${listed}.`,
    });
  }
  return found;
}

function list(arrays: readonly ZipMember[]): string {
  const names = arrays.slice(0, LISTED).map(arrayName).join(', ');
  return arrays.length > LISTED ? `${names} and ${arrays.length - LISTED} more` : names;
}

function arrayName(member: ZipMember | undefined): string {
  return (member?.name ?? '').replace(/\.npy$/, '');
}
