import { accessSync, closeSync, constants, mkdtempSync, openSync, read, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AssayError, errnoOf, messageOf } from '#base/errors';

const readAt = promisify(read);

/**
 * A file for what is too large for the memory. It has no name once it is open, so that nobody else changes it and nothing
 * is left of it when the process ends, however it ends; other processes of the run inherit its descriptor.
 */
export interface Spool {
  readonly descriptor: number;
  /** Behind what was written before. @throws AssayError `output` where the disk refuses */
  write(bytes: Uint8Array): void;
  close(): void;
}

/** @throws AssayError `output` where there is no folder for it */
export function openSpool(): Spool {
  const place = largeTemporaryFolder();
  const descriptor = onDisk(place, () => openNameless(place));
  return {
    descriptor,
    write(bytes) {
      for (let at = 0; at < bytes.length;) {
        const from = at;
        at += onDisk(place, () => writeSync(descriptor, bytes, from));
      }
    },
    close: () => {
      closeSpool(descriptor);
    },
  };
}

export function closeSpool(descriptor: number): void {
  closeSync(descriptor);
}

/** Fills `bytes` with what lies at `position` in a spool. */
export async function readSpool(descriptor: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await readAt(descriptor, bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) throw new AssayError('output', { what: 'the temporary file of the samples is cut off' });
    at += bytesRead;
  }
}

function openNameless(place: string): number {
  const folder = mkdtempSync(join(place, 'assay-samples-'));
  try {
    return openSync(join(folder, 'inputs'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Behind `/tmp` there may be memory instead of a disk; `/var/tmp` is what Unix systems have for large files. */
function largeTemporaryFolder(): string {
  if (process.platform === 'win32' || (process.env['TMPDIR'] ?? '') !== '') return tmpdir();
  try {
    accessSync('/var/tmp', constants.W_OK);
    return '/var/tmp';
  } catch {
    return tmpdir();
  }
}

function onDisk<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const isFull = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(errnoOf(cause) ?? '');
    throw new AssayError('output', {
      where: folder,
      what: isFull
        ? 'there is no space left for the samples, which are too large for the memory'
        : `no temporary file can be written (${errnoOf(cause) ?? messageOf(cause)})`,
      mend: 'Name another folder in the environment variable `TMPDIR`, or set `sample` to draw fewer samples.',
      cause,
    });
  }
}
