import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assay, onlyRun, reportOf, start, writeAuditConfig } from './testing/cli.js';
import { killAndResume, type Undisturbed } from './testing/kills.js';
import { everyNth, isDeep } from '../../test/tier.js';

// The promise of the pipeline: the same config and seed give the same bytes, however they were come by.

let folder: string;
let config: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-e2e-'));
  config = writeAuditConfig(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let outs = 0;
const newOut = () => join(folder, `out-${++outs}`);
const audit = (out: string, ...flags: string[]) => ['audit', config, '--out', out, ...flags];

let undisturbed: Undisturbed;
beforeAll(async () => {
  const out = newOut();
  const begin = performance.now();
  // In a process of its own: its time says when to kill another.
  const { code, stderr } = await start(audit(out, '--quiet')).ended;
  // The small model falls: the gate says so, and nothing else is said.
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  const run = onlyRun(out);
  undisturbed = { folder: run, report: reportOf(run), milliseconds: performance.now() - begin };
});

test.each(
  everyNth(2, [
    ['64', '2'],
    ['7', '2'],
  ]),
)('batches of %s on %s workers give the same report', async (batchSize, workers) => {
  const out = newOut();
  await assay(audit(out, '--quiet', '--batch-size', batchSize, '--workers', workers));
  expect(reportOf(onlyRun(out)).equals(undisturbed.report)).toBe(true);
  const { execution } = JSON.parse(readFileSync(join(onlyRun(out), 'timings.json'), 'utf8')) as { execution: object };
  expect(execution).toMatchObject({ batchSize: Number(batchSize), workers: Number(workers) });
});

test('the report names no folder, no time and no machine', () => {
  const text = undisturbed.report.toString();
  expect(text).not.toContain(folder);
  expect(text).not.toContain(process.cwd());
  expect(text).not.toMatch(/20\d\d-\d\d-\d\dT/);
});

describe('killed by SIGKILL', () => {
  test('at a random moment, a run ends in the same report', async () => {
    await killAndResume({ kills: isDeep ? 2 : 1, newOut, audit, undisturbed });
  });

  test('the command line alone, its workers end by themselves', async () => {
    const run = start(audit(newOut()));
    await run.said(/\[2\/3\]/);
    run.signalParent('SIGKILL');
    const deadline = Date.now() + 10_000;
    while (run.isGroupAlive() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(run.isGroupAlive()).toBe(false);
  });
});

if (isDeep) {
  test('what was finished before a kill is not done again', async () => {
    const out = newOut();
    const run = start(audit(out));
    await run.said(/\[3\/3\]/);
    run.signalGroup('SIGKILL');
    await run.ended;
    const { stderr } = await assay(audit(out, '--resume'));
    expect(stderr).toContain('Going on with');
    expect(stderr).not.toMatch(/\[[12]\/3\]/);
    expect(reportOf(onlyRun(out)).equals(undisturbed.report)).toBe(true);
  });
}

describe('Ctrl-C', () => {
  if (isDeep) {
    test('leaves a run that can be resumed, and says how', async () => {
      const out = newOut();
      const run = start(audit(out));
      await run.said(/\[2\/3\]/);
      run.signalGroup('SIGINT');
      const { code, stderr } = await run.ended;
      expect(code).toBe(130);
      expect(stderr).toContain(`--resume ${onlyRun(out)}`);
      expect(existsSync(join(onlyRun(out), 'report.json'))).toBe(false);
      expect(existsSync(join(onlyRun(out), 'lock'))).toBe(false);
      await assay(audit(out, '--quiet', '--resume', onlyRun(out)));
      expect(reportOf(onlyRun(out)).equals(undisturbed.report)).toBe(true);
    });
  }

  test('before anything runs leaves nothing', async () => {
    const out = newOut();
    const run = start(audit(out));
    await new Promise((resolve) => setTimeout(resolve, undisturbed.milliseconds / 10));
    run.signalGroup('SIGINT');
    const { code, signal } = await run.ended;
    // A process that had not yet begun to listen ends by the signal, which shells call 130 as well.
    expect(code ?? signal).toBe(signal === null ? 130 : 'SIGINT');
    expect(existsSync(out)).toBe(false);
  });
});

describe('a second process in the same run folder', () => {
  test('is refused while the first is at work', async () => {
    const out = newOut();
    const first = start(audit(out));
    await first.said(/\[1\/3\]/);
    const second = await assay(audit(out, '--resume'));
    expect(second.code).toBe(4);
    expect(second.stderr).toMatch(/process \d+ is working in this run folder/);
    await first.ended;
    expect(reportOf(onlyRun(out)).equals(undisturbed.report)).toBe(true);
  });
});

describe('a damaged journal', () => {
  test('is one sentence for every command that reads it', async () => {
    const out = newOut();
    cpSync(undisturbed.folder, join(out, 'run'), { recursive: true });
    const run = onlyRun(out);
    const path = join(run, 'journal.jsonl');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, [lines[0], lines[1]?.replace('"cell":"', '"cell":"0'), ...lines.slice(2)].join('\n'));
    for (const args of [audit(out, '--resume', run), ['gate', run]]) {
      const { code, stderr } = await assay(args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/journal\.jsonl: line 2 of the journal is damaged/);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});

test('the gate can be asked again, by another policy, and the model is not run', async () => {
  const run = undisturbed.folder;
  const again = await assay(['gate', run, '--json']);
  expect(again.code).toBe(1);
  const policies = join(folder, 'policies');
  mkdirSync(policies, { recursive: true });
  const lenient = join(policies, 'lenient.json');
  writeFileSync(
    lenient,
    JSON.stringify({
      audits: {
        'evasion/pgd': { robustAccuracy: { atLeast: 0 } },
        'training/adversarial': { cleanAccuracyDrop: { atMost: 1 } },
      },
    }),
  );
  expect((await assay(['gate', run, '--policy', lenient])).code).toBe(0);
  expect(reportOf(run).equals(undisturbed.report)).toBe(true);
});
