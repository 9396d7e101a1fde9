import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reporter } from '#plugin/plugin';
import { Journal } from './journal.js';
import { lockFolder } from './lock.js';
import { executeRun } from './run.js';
import { plannedRun, policyOf, runOptions } from './testing/planned.js';
import { cellOf, registryOf, sharePlugin } from './testing/share.js';
import type { Cell, RunEvent } from './types.js';

// Everything of a run but its workers, which run.e2e.ts has: here every cell is decided before anything runs.

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'assay-run-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const REGISTRY = registryOf(sharePlugin());
const CELL = cellOf('test/share', {}, { kind: 'inconclusive', because: 'It needs a target.' });
const planned = (cells: readonly Cell[] = [CELL], policy = policyOf()) => plannedRun(out, cells, REGISTRY, policy);
const broken: Reporter = {
  id: 'reports/broken',
  file: 'broken.md',
  description: '',
  render: () => {
    throw new Error('no template');
  },
};

test('leaves a run folder with plan, journal, report and timings, and no lock', async () => {
  const { folder, report, exitCode, files } = await executeRun(planned(), runOptions());
  expect(readdirSync(folder).sort()).toEqual(['journal.jsonl', 'plan.json', 'report.json', 'timings.json']);
  expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toEqual(report);
  expect(files).toEqual([join(folder, 'report.json'), join(folder, 'timings.json')]);
  expect(report.findings).toMatchObject([{ audit: 'test/share', status: 'inconclusive', claim: 'It needs a target.' }]);
  expect(exitCode).toBe(3);
  expect(readFileSync(join(folder, 'plan.json'), 'utf8')).not.toContain('/somewhere');
});

test('a waiver does not make a pass out of a run in which nothing ran', async () => {
  const waivers = [{ audit: 'test/share', reason: 'r', owner: 'o', expires: '2099-12-31' }];
  expect((await executeRun(planned([CELL], policyOf({ waivers })), runOptions())).exitCode).toBe(3);
});

test('a reporter that throws is a warning, and the others write', async () => {
  const events: RunEvent[] = [];
  const good: Reporter = {
    id: 'reports/good',
    file: 'good.md',
    description: '',
    render: ({ report }) => String(report.version),
  };
  const { folder, files } = await executeRun(
    planned(),
    runOptions({ reporters: [broken, good], on: (event) => events.push(event) }),
  );
  expect(files).toContain(join(folder, 'good.md'));
  expect(events.filter(({ kind }) => kind === 'warning')).toMatchObject([
    { sentence: 'broken.md: the reporter reports/broken failed: no template.' },
  ]);
});

test('a listener that throws ends nothing', async () => {
  const { report } = await executeRun(
    planned(),
    runOptions({
      on: () => {
        throw new Error('closed pipe');
      },
    }),
  );
  expect(report.findings).toHaveLength(1);
});

describe('resuming', () => {
  test('begins a new run where there is none to go on with', async () => {
    const events: RunEvent[] = [];
    await executeRun(planned(), runOptions({ resume: 'latest', on: (event) => events.push(event) }));
    expect(events[0]).toMatchObject({ kind: 'run-started', resumed: false });
  });

  test('a run that was killed before its journal began is gone on with, on the day of its start', async () => {
    const first = await executeRun(planned(), runOptions({ today: '2026-01-01' }));
    const report = readFileSync(join(first.folder, 'report.json'));
    // As if the process had been killed after the journal's first line.
    const [line] = readFileSync(join(first.folder, 'journal.jsonl'), 'utf8').split('\n');
    writeFileSync(join(first.folder, 'journal.jsonl'), `${line}\n{"check":"torn`);
    for (const name of ['report.json', 'timings.json']) rmSync(join(first.folder, name));
    const second = await executeRun(planned(), runOptions({ resume: 'latest', today: '2027-01-01' }));
    expect(second.folder).toBe(first.folder);
    expect(readFileSync(join(second.folder, 'report.json'))).toEqual(report);
    const journal = Journal.open(second.folder);
    const days = journal.entries.flatMap((entry) => (entry.kind === 'opened' ? [entry.today] : []));
    journal.close();
    expect(days).toEqual(['2026-01-01', '2026-01-01']);
  });

  test('is refused in a folder of another plan, and in one that is none', async () => {
    const { folder } = await executeRun(planned(), runOptions());
    const other = cellOf('test/share', { size: 2 }, CELL.fate);
    await expect(executeRun(planned([other]), runOptions({ resume: folder }))).rejects.toMatchObject({ code: 'usage' });
    await expect(executeRun(planned(), runOptions({ resume: out }))).rejects.toMatchObject({ code: 'usage' });
  });

  test('is refused while the run is under way', async () => {
    const { folder } = await executeRun(planned(), runOptions());
    const lock = lockFolder(folder);
    await expect(executeRun(planned(), runOptions({ resume: folder }))).rejects.toThrow(
      'is working in this run folder',
    );
    lock.release();
  });

  test('is refused over a damaged journal', async () => {
    const { folder } = await executeRun(planned(), runOptions());
    const path = join(folder, 'journal.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('opened', 'opaned'));
    await expect(executeRun(planned(), runOptions({ resume: folder }))).rejects.toMatchObject({
      code: 'run',
      message: expect.stringContaining('line 1 of the journal is damaged') as string,
    });
  });
});

test('a folder that cannot be written is said before anything runs', async () => {
  writeFileSync(join(out, 'file'), '');
  await expect(executeRun(plannedRun(join(out, 'file'), [CELL], REGISTRY), runOptions())).rejects.toMatchObject({
    code: 'output',
    where: join(out, 'file'),
  });
});

test('a disk that refuses under way leaves a run that can be gone on with, and says how', async () => {
  const reporter: Reporter = { id: 'reports/a', file: 'taken/by/a/file', description: '', render: () => 'text' };
  const on = (event: RunEvent) => {
    if (event.kind === 'run-started') mkdirSync(join(event.folder, 'report.json/inside'), { recursive: true });
  };
  const thrown = await executeRun(planned(), runOptions({ reporters: [reporter], on })).catch(
    (error: unknown) => error,
  );
  expect(thrown).toMatchObject({ code: 'run' });
  expect((thrown as Error).message).toMatch(/go on with `assay audit \S*assay\.config\.json --resume \S+`/);
});
