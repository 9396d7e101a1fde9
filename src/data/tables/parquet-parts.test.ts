import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { digestOfBytes } from '#base/digest';
import { decodePart, footerStart, parquetLayout, parquetParts, readParquet } from './parquet.js';

interface Stored {
  readonly same: { readonly parquet: Readonly<Record<string, string>> };
}

test('parts of one row group each are together the file, and know no more of it than their bytes', async () => {
  const stored = JSON.parse(gunzipSync(readFileSync('fixtures/readers/tables.json.gz')).toString()) as Stored;
  const files = Object.values(stored.same.parquet).map((file) => new Uint8Array(Buffer.from(file, 'base64')));
  const path = '/data/people.parquet';
  const found = files
    .map((bytes) => {
      const tail = bytes.slice(footerStart(bytes.slice(-8), bytes.length, path));
      const layout = parquetLayout(tail, bytes.length, path);
      return { bytes, layout, parts: parquetParts(layout, bytes.length, 1) };
    })
    .find(({ parts }) => parts.length > 1);
  if (found === undefined) throw new Error('no fixture has several row groups');
  const { bytes, layout, parts } = found;
  const columns: (string | null)[][] = layout.names.map(() => []);
  for (const { start, end, metadata } of parts) {
    const values = await decodePart(bytes.slice(start, end), metadata, layout, path);
    for (const [i, some] of values.entries()) columns[i]?.push(...some);
  }
  const whole = await readParquet({ path, bytes, digest: digestOfBytes(bytes) }, { roles: {} });
  expect(columns).toEqual(whole.values);
  expect(parquetParts(layout, bytes.length)).toHaveLength(1);
});
