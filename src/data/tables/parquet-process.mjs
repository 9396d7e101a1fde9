// Decodes the columns of a Parquet file in a process of its own, which can be stopped: its pages may ask a decoder for steps
// and memory without end. Takes a frame with
// the names of the columns and what the file says of itself, and then the bytes that this is about; gives a frame a column.
import { Buffer } from 'node:buffer';
import { deserialize, serialize } from 'node:v8';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { parquetRead } from 'hyparquet';
import { decompressLz4, decompressLz4Raw, decompressZstd } from 'hyparquet-compressors';

/** Never to more than the headers of the pages declare, which were checked before. Snappy is the reader's own. */
const compressors = {
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(length, 1) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(length, 1) }),
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};
const same = (value) => value;
const parsers = {
  timestampFromMilliseconds: same,
  timestampFromMicroseconds: same,
  timestampFromNanoseconds: same,
  dateFromDays: same,
  stringFromBytes: same,
  jsonFromBytes: same,
  geometryFromBytes: same,
  geographyFromBytes: same,
  uuidFromBytes: same,
};

const input = await allOf(process.stdin);
const start = 8 + Number(input.readBigUInt64LE(0));
const { names, metadata } = deserialize(input.subarray(8, start));
const bytes = new Uint8Array(input.subarray(start));

try {
  await decode();
} catch (thrown) {
  give({ message: thrown instanceof Error ? thrown.message : String(thrown) });
}

async function decode() {
  // What values mean is said elsewhere, exactly: here they are what they are stored as.
  metadata.schema = metadata.schema.map((element) => ({
    ...element,
    converted_type: undefined,
    logical_type: undefined,
  }));
  const file = { byteLength: bytes.length, slice: (start, end) => bytes.slice(start, end).buffer };

  for (const name of names) {
    const chunks = [];
    await parquetRead({
      ...{ file, metadata, columns: [name], compressors, parsers },
      ...{ utf8: false, geoparquet: false, onChunk: (chunk) => chunks.push(chunk) },
    });
    chunks.sort((a, b) => a.rowStart - b.rowStart);
    // Views of bytes would take the whole page along, once for each value.
    const values = chunks.flatMap(({ columnData }) => Array.from(columnData, own));
    give({ name, values });
  }
}

function give(value) {
  const content = serialize(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(content.length));
  process.stdout.write(length);
  process.stdout.write(content);
}

async function allOf(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

function own(value) {
  return value instanceof Uint8Array ? value.slice() : value;
}
