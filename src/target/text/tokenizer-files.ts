import { basename, dirname, join } from 'node:path';
import { access } from 'node:fs/promises';
import { AssayError, messageOf } from '#base/errors';
import type { FileTargetConfig } from '#config/schema';
import { fileCard, readSourceFile, type FileCard, type SourceFile } from '#data/file';
import { loadTokenizer, type Tokenizer } from '#data/text/tokenizer';
import type { ModelBytes } from '#engine/index';

/** As Hugging Face names them. */
export const TOKENIZER = 'tokenizer.json';
export const TOKENIZER_CONFIG = 'tokenizer_config.json';

/** The files of a tokenizer, read once: workers get bytes and no paths. */
export interface TokenizerFiles {
  /** Of the first file. */
  readonly name: string;
  readonly file: Uint8Array;
  /** `tokenizer_config.json`; null where there is none. */
  readonly config: Uint8Array | null;
}

/**
 * The tokenizer that a config names, or else that of the model's folder.
 *
 * @param config with absolute paths
 * @returns null where the target takes no texts, or neither names one; and the cards of files that the model's do not count
 * @throws AssayError `data` for a file that cannot be read
 */
export async function readTokenizerFiles(
  { domain }: Pick<FileTargetConfig, 'domain'>,
  { files }: Pick<ModelBytes, 'files'>,
): Promise<{ readonly tokenizer: TokenizerFiles | null; readonly cards: readonly FileCard[] }> {
  if (domain.kind !== 'text') return { tokenizer: null, cards: [] };
  if (domain.tokenizer !== undefined) return readNamed(domain.tokenizer);
  const file = files.get(TOKENIZER);
  if (file === undefined) return { tokenizer: null, cards: [] };
  return { tokenizer: { name: TOKENIZER, file, config: files.get(TOKENIZER_CONFIG) ?? null }, cards: [] };
}

async function readNamed(path: string): ReturnType<typeof readTokenizerFiles> {
  const file = await readSourceFile(path);
  const config = await readIfThere(join(dirname(path), TOKENIZER_CONFIG));
  return {
    tokenizer: { name: basename(path), file: file.bytes, config: config?.bytes ?? null },
    cards: [file, ...(config === null ? [] : [config])].map(fileCard),
  };
}

async function readIfThere(path: string): Promise<SourceFile | null> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere ? readSourceFile(path) : null;
}

/** @throws AssayError `data` for files that are no tokenizer */
export function openTokenizer({ name, file, config }: TokenizerFiles): Tokenizer {
  return loadTokenizer(file, { where: name, ...(config === null ? {} : { config: objectIn(config) }) });
}

function objectIn(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const where = TOKENIZER_CONFIG;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw new AssayError('data', { where, what: `the file is not JSON (${messageOf(cause)})`, cause });
  }
  throw new AssayError('data', { where, what: 'the file holds no JSON object' });
}
