import type { EncodedTable, Release } from '../contract.js';
import { representativeTable } from '../utility/representatives.js';
import { releasedClasses } from './released-table.js';

/** Every label that a byte can number, so that one code more, which stands for what is suppressed, takes a wider one. */
const LABELS = 256;

const values = Array.from({ length: LABELS - 1 }, (_, i) => `v${i}`);
/** Of the values every one, and the first three times in all. The first row is suppressed. */
const codes = [10, 1, 1, ...values.map((_, i) => i + 1)];
const table: EncodedTable = {
  rows: codes.length,
  columns: [
    { name: 'a', role: 'quasi-identifier', type: 'text', codes: Int32Array.from(codes), dictionary: [null, ...values] },
  ],
};
const release: Release = {
  columns: [
    { name: 'a', codes: Uint8Array.from(codes), labels: ['unused', ...values], shares: new Float64Array(LABELS) },
  ],
  suppressed: Uint8Array.from(codes, (_, row) => (row === 0 ? 1 : 0)),
  classOf: Int32Array.from(codes, (code, row) => (row === 0 ? -1 : code - 1)),
  classes: LABELS - 1,
  method: { name: 'none', optimal: false, facts: {} },
};

test('what is suppressed is written as missing, and nothing else is, with as many labels as a byte has', async () => {
  const written: (string | null)[] = [];
  for await (const batch of releasedClasses('t', table, release).batches()) written.push(...(batch.columns[0] ?? []));
  expect(written).toEqual([null, 'v0', 'v0', ...values]);
});

test('exact values of what is suppressed are those of the whole table', () => {
  const [column] = representativeTable(table, release).columns;
  const written = Array.from(column?.codes ?? [], (code) => column?.dictionary[code]);
  expect(written).toEqual(['v0', 'v0', 'v0', ...values]);
});
