import { spawn, type ChildProcess } from 'node:child_process';
import { deserialize, serialize } from 'node:v8';
import type { FileMetaData } from 'hyparquet';
import { AssayError } from '#base/errors';
import { packageFile } from '#base/package-root';

export interface DecodedColumn {
  readonly name: string;
  /** As they are stored: numbers, big integers, truth, bytes; nothing where a value is missing. */
  readonly values: readonly unknown[];
}

export interface DecoderLimits {
  readonly megabytes: number;
  readonly milliseconds: number;
}

/** Its own process: a thread that runs out of memory may take the whole program along. */
const PROGRAM = 'src/data/tables/parquet-process.mjs';

/**
 * Decodes columns in a process that is stopped where it takes more time or memory than a sound file of this size needs.
 *
 * @param metadata of the parts to decode; its places are places in `bytes`
 * @param where the file, for messages
 * @throws AssayError `data` where it was stopped; a RangeError with what the decoder says of the file
 */
export async function decodeColumns(
  bytes: Uint8Array,
  metadata: FileMetaData,
  names: readonly string[],
  { megabytes, milliseconds }: DecoderLimits,
  where: string,
): Promise<readonly DecodedColumn[]> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [`--max-old-space-size=${megabytes}`, packageFile(PROGRAM)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env,
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  try {
    const ended = endOf(child);
    // A process that ended early does not read to the end: how it ended says more.
    child.stdin.on('error', () => undefined);
    child.stdin.write(framed({ names, metadata }));
    child.stdin.end(bytes);
    const parts: Buffer[] = [];
    for await (const part of child.stdout) parts.push(part as Buffer);
    if ((await ended) !== 0) {
      throw new AssayError('data', {
        where,
        what: `decoding the Parquet file takes more than ${megabytes} MiB or ${Math.round(milliseconds / 1000)} s, which no sound file of this size does`,
        mend: 'The file is damaged; write it again.',
      });
    }
    return framesIn(Buffer.concat(parts)).map(columnIn);
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

/** The exit code; null where a signal ended the process. */
function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
}

function framed(value: unknown): Buffer {
  const content = serialize(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(content.length));
  return Buffer.concat([length, content]);
}

function framesIn(bytes: Buffer): unknown[] {
  const frames: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 8 + Number(bytes.readBigUInt64LE(at));
    frames.push(deserialize(bytes.subarray(at + 8, end)));
    at = end;
  }
  return frames;
}

function columnIn(frame: unknown): DecodedColumn {
  const answer = frame as DecodedColumn | { readonly message: string };
  if ('message' in answer) throw new RangeError(answer.message);
  return answer;
}
