import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryLedger } from './queries.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-queries-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a ledger gives no more than its budget, over any number of processes', () => {
  const ledger = queryLedger(folder, 10);
  expect([ledger.take(6, 'a'), ledger.take(5, 'a'), ledger.take(3, 'b')]).toEqual([true, false, true]);
  expect(ledger.left()).toBe(1);
  const next = queryLedger(folder, 10);
  expect(next.left()).toBe(1);
  expect([next.take(2, 'c'), next.take(1, 'c'), next.take(1, 'c')]).toEqual([false, true, false]);
  expect(readFileSync(join(folder, 'queries.jsonl'), 'utf8')).toBe(
    '{"by":"a","rows":6}\n{"by":"b","rows":3}\n{"by":"c","rows":1}\n',
  );
});

test('without a budget it counts all the same', () => {
  const ledger = queryLedger(folder, undefined);
  expect([ledger.take(1e6, 'a'), ledger.left()]).toEqual([true, null]);
  expect(queryLedger(folder, 1e6 + 1).left()).toBe(1);
});

test('a line that a kill tore was never granted, and swallows nothing that comes after it', () => {
  queryLedger(folder, 10).take(4, 'a');
  appendFileSync(join(folder, 'queries.jsonl'), '{"by":"a","ro');
  const ledger = queryLedger(folder, 10);
  expect(ledger.left()).toBe(6);
  ledger.take(5, 'b');
  expect(queryLedger(folder, 10).left()).toBe(1);
});

test('a raised budget goes on where the lower one ended', () => {
  queryLedger(folder, 10).take(10, 'a');
  expect(queryLedger(folder, 25).left()).toBe(15);
});
