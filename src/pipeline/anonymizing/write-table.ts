import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { runningDigest, type Digest } from '#base/digest';
import type { TableSource } from '#data/table';
import { makeFolder, onDisk } from '../atomic.js';

export interface CsvForm {
  /** One character. */
  readonly delimiter: string;
  /** What is written where a value is missing or suppressed. */
  readonly missing: string;
}

export interface WrittenCsv {
  /** A name that nobody else has: the file is the caller's to move or to remove. */
  readonly path: string;
  readonly sha256: Digest;
  readonly bytes: number;
}

/**
 * Writes a table as CSV (RFC 4180) in UTF-8, with a header, batch by batch.
 *
 * @param folder where the file is put
 * @throws AssayError `output` where the disk refuses; what the table throws. Then nothing is left of the file.
 */
export async function writeCsv(
  { columns, batches }: TableSource,
  folder: string,
  { delimiter, missing }: CsvForm,
): Promise<WrittenCsv> {
  makeFolder(folder);
  const path = join(folder, `anonymize-${randomUUID()}.tmp`);
  const file = onDisk(folder, () => openSync(path, 'wx'));
  const digest = runningDigest();
  let bytes = 0;
  const write = (records: readonly (readonly string[])[]): void => {
    const part = Buffer.from(stringify([...records], { delimiter }));
    for (let at = 0; at < part.length;) at += onDisk(folder, () => writeSync(file, part, at));
    digest.add(part);
    bytes += part.length;
  };
  try {
    write([columns.map(({ name }) => name)]);
    for await (const { rows, columns: values } of batches()) {
      write(Array.from({ length: rows }, (_, row) => values.map((column) => column[row] ?? missing)));
    }
    onDisk(folder, () => {
      fsyncSync(file);
    });
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return { path, sha256: digest.end(), bytes };
}
