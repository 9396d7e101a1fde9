import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mixedReport } from '../../reports/testing/reports.js';
import { writeEvidence } from './evidence-store.js';
import { Journal } from './journal.js';
import { judgeFolder, judgeRun } from './judge.js';
import { openedEntry, openFolder } from './opening.js';
import type { JournalEntry } from './records.js';
import { evidenceFolder } from './run-folder.js';
import { plannedRun, policyOf, TODAY } from './testing/planned.js';
import { cellOf, registryOf, sharePlugin } from './testing/share.js';
import type { Cell } from './types.js';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'assay-judge-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const REGISTRY = registryOf(sharePlugin(), sharePlugin({ id: 'test/other', threat: 'Nobody.' }));
const CELLS = [cellOf('test/share', { size: 1 }), cellOf('test/share', { size: 2 })] as const;
const AT = '2026-11-25T04:00:00.000Z';

/** A run folder as it lies on the disk when each cell found the given number of hits; null: it did not run. */
function runOf(hits: readonly (number | null)[], more: readonly JournalEntry[] = []): string {
  const planned = plannedRun(out, CELLS, REGISTRY);
  const { folder } = openFolder(planned, { resume: false });
  const journal = Journal.open(folder);
  journal.append(openedEntry(planned, [], TODAY));
  hits.forEach((each, i) => {
    const cell = CELLS[i];
    if (each !== null && cell !== undefined) journal.append(finished(folder, cell, each));
  });
  more.forEach((entry) => journal.append(entry));
  journal.close();
  return folder;
}

function finished(folder: string, cell: Cell, hits: number): JournalEntry {
  const digest = writeEvidence(evidenceFolder(folder, cell), cell, { data: { hits, n: 200 } }, { keep: 0, key: '' });
  return {
    kind: 'cell-finished',
    at: AT,
    cell: cell.id,
    outcome: { kind: 'evidence', digest },
    seconds: 1,
    peakMiB: 5,
  };
}

const statuses = (folder: string, options = {}) =>
  judgeRun(folder, REGISTRY, options).findings.map(({ status }) => status);

test('a run is judged from its folder alone, as often as one likes', () => {
  const folder = runOf([150, 10]);
  const report = judgeRun(folder, REGISTRY);
  expect(report.findings.map(({ status }) => status)).toEqual(['pass', 'fail']);
  expect(report.gate).toMatchObject({ passed: false, exitCode: 1 });
  expect(judgeRun(folder, REGISTRY)).toEqual(report);
  const text = JSON.stringify(report);
  for (const secret of [out, AT, tmpdir(), '/somewhere']) expect(text).not.toContain(secret);
});

test('another policy gives another verdict from the same evidence', () => {
  const folder = runOf([150, 150]);
  expect(judgeRun(folder, REGISTRY).gate.exitCode).toBe(0);
  const policy = policyOf({ preset: 'strict' });
  const report = judgeRun(folder, REGISTRY, { policy });
  expect(report.gate.exitCode).toBe(1);
  expect(report.policy).toMatchObject({ preset: 'strict', digest: policy.digest });
});

test('waivers expire by the day of the run, or by the one that is asked about', () => {
  const folder = runOf([150, 10]);
  const waivers = [{ audit: 'test/share', reason: 'r', owner: 'o', expires: TODAY }];
  const policy = policyOf({ waivers });
  expect(judgeRun(folder, REGISTRY, { policy }).gate.exitCode).toBe(0);
  expect(judgeRun(folder, REGISTRY, { policy, today: '2026-11-26' }).gate.exitCode).toBe(1);
});

test('a check of the target that did not hold keeps the gate from passing until it is waived', () => {
  const folder = runOf([150, 150]);
  const path = join(folder, 'plan.json');
  const { target } = mixedReport().report;
  const file = JSON.parse(readFileSync(path, 'utf8')) as { plan: object };
  writeFileSync(path, JSON.stringify({ ...file, plan: { ...file.plan, target } }));
  const { gate } = judgeRun(folder, REGISTRY);
  expect(gate.exitCode).toBe(2);
  expect(gate.rules[0]?.sentence).toMatch(/^target\/accuracy does not hold: 91 of 1,000/);
  const waivers = [{ audit: 'target/accuracy', reason: 'r', owner: 'o', expires: TODAY }];
  expect(judgeRun(folder, REGISTRY, { policy: policyOf({ waivers }) }).gate.exitCode).toBe(0);
  const expired = judgeRun(folder, REGISTRY, { policy: policyOf({ waivers }), today: '2026-11-26' });
  expect(expired.gate.exitCode).toBe(2);
});

test('of several attempts the last counts', () => {
  const failed: JournalEntry = {
    kind: 'cell-finished',
    at: AT,
    cell: CELLS[1].id,
    outcome: { kind: 'error', sentence: 'It died.' },
    seconds: 1,
    peakMiB: null,
  };
  const folder = runOf([150, null], [failed]);
  expect(statuses(folder)).toEqual(['pass', 'error']);
  const journal = Journal.open(folder);
  journal.append({ kind: 'cell-started', at: AT, cell: CELLS[1].id });
  journal.append(finished(folder, CELLS[1], 150));
  journal.close();
  expect(statuses(folder)).toEqual(['pass', 'pass']);
  expect(judgeFolder(folder, REGISTRY).timings.cells).toMatchObject([{ attempts: 0 }, { attempts: 1, peakMiB: 5 }]);
});

test('a report says what was not tested', () => {
  expect(judgeRun(runOf([150, 150]), REGISTRY).notTested).toEqual([
    { what: 'test/other', kind: 'unnamed', because: 'The config does not name it.' },
  ]);
});

describe('a folder that is not as it was left', () => {
  test('an unfinished run has no verdict', () => {
    expect(() => judgeRun(runOf([150]), REGISTRY)).toThrow(/1 of 2 cells of this run are not finished.*--resume/);
    expect(() => judgeRun(runOf([]), REGISTRY)).toThrow('2 of 2 cells');
  });

  test('a run of another version of Assay is refused', () => {
    const folder = runOf([150, 150]);
    const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as object;
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...plan, tool: { name: 'assay', version: '99.0.0' } }));
    expect(() => judgeRun(folder, REGISTRY)).toThrow('this run was made by Assay 99.0.0');
  });

  test('changed or missing evidence is an error of its cell, and never a pass', () => {
    const folder = runOf([150, 150]);
    const file = join(evidenceFolder(folder, CELLS[0]), 'evidence.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('150', '199'));
    expect(statuses(folder)).toEqual(['error', 'pass']);
    rmSync(evidenceFolder(folder, CELLS[1]), { recursive: true });
    const { findings, gate } = judgeRun(folder, REGISTRY);
    expect(findings.map(({ status }) => status)).toEqual(['error', 'error']);
    expect(gate.exitCode).toBe(2);
  });

  test('evidence of another cell is not taken for it', () => {
    const folder = runOf([150, null]);
    const journal = Journal.open(folder);
    const [entry] = journal.entries.filter(({ kind }) => kind === 'cell-finished');
    if (entry?.kind === 'cell-finished') journal.append({ ...entry, cell: CELLS[1].id });
    journal.close();
    expect(statuses(folder)).toEqual(['pass', 'error']);
  });

  test('without a journal there is nothing to judge', () => {
    const folder = runOf([150, 150]);
    rmSync(join(folder, 'journal.jsonl'));
    expect(() => judgeRun(folder, REGISTRY)).toThrow('nothing has run in this folder');
  });

  test('what is no run folder at all is said so', () => {
    expect(() => judgeRun(out, REGISTRY)).toThrow('this is not a run folder');
  });

  test('a plugin that is not loaded is an error, and never passed over', () => {
    expect(judgeRun(runOf([150, 150]), registryOf()).gate.exitCode).toBe(2);
  });
});
