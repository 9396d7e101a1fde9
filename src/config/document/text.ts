import { readFile, stat } from 'node:fs/promises';
import { AssayError, errnoOf, messageOf, type AssayErrorCode } from '#base/errors';

/** Written by hand, a config has some kilobytes; parsers take seconds over megabytes of hostile YAML. */
const MOST_BYTES = 256 * 1024;

/** A text file as it lies on disk and as messages name it. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
  /** The code of errors about it. */
  readonly code: AssayErrorCode;
}

/** The text of a small UTF-8 file, without its byte order mark. */
export async function readText(file: NamedFile): Promise<string> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AssayError(file.code, {
      where: file.name,
      what: 'the file is not UTF-8 text',
      mend: 'Save it as UTF-8.',
      cause,
    });
  }
}

async function readBytes(file: NamedFile): Promise<Uint8Array> {
  try {
    const facts = await stat(file.path);
    // Pipes and devices are not opened: reading them may never end.
    if (!facts.isFile())
      throw refusal(file, facts.isDirectory() ? 'this is a folder, not a file' : 'this is not a regular file');
    if (facts.size > MOST_BYTES)
      throw refusal(file, `the file has ${facts.size} bytes, and may have at most ${MOST_BYTES}`);
    return await readFile(file.path);
  } catch (thrown) {
    if (thrown instanceof AssayError) throw thrown;
    throw refusal(file, whyUnreadable(thrown), thrown);
  }
}

function whyUnreadable(thrown: unknown): string {
  switch (errnoOf(thrown)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'the file may not be read by this user';
    default:
      return `the file cannot be read: ${messageOf(thrown)}`;
  }
}

function refusal(file: NamedFile, what: string, cause?: unknown): AssayError {
  return new AssayError(file.code, { where: file.name, what, ...(cause === undefined ? {} : { cause }) });
}
