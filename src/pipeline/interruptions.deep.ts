import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { assay, onlyRun, reportOf, start, writeAuditConfig } from './testing/cli.js';
import { killAndResume } from './testing/kills.js';

test('a run that is killed at forty random moments ends in the report of one that was not', async () => {
  const folder = temporaryFolder();
  const config = writeAuditConfig(folder);
  const audit = (out: string, ...flags: string[]): string[] => ['audit', config, '--out', out, ...flags];
  let outs = 0;
  const newOut = (): string => join(folder, `out-${++outs}`);
  const out = newOut();
  const begin = performance.now();
  await start(audit(out, '--quiet')).ended;
  const undisturbed = {
    folder: onlyRun(out),
    report: reportOf(onlyRun(out)),
    milliseconds: performance.now() - begin,
  };
  await killAndResume({ kills: 40, newOut, audit, undisturbed });
}, 900_000);

test('a real file system that is full', async () => {
  const folder = temporaryFolder();
  const out = join(folder, 'small');
  mkdirSync(out);
  const mount = (...flags: string[]) => spawnSync('mount', ['-t', 'tmpfs', '-o', ...flags, 'tmpfs', out]);
  if (mount('size=256k').status !== 0) {
    process.stderr.write('skipped: mounting a small file system needs root\n');
    return;
  }
  try {
    const config = writeAuditConfig(folder);
    const { code, stderr } = await assay(['audit', config, '--out', out]);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/the disk is full.*--resume /);
    expect(existsSync(join(onlyRun(out), 'report.json'))).toBe(false);
    expect(mount('remount,size=64m').status).toBe(0);
    expect((await assay(['audit', config, '--out', out, '--resume', '--quiet'])).code).toBe(1);
    const undisturbed = join(folder, 'undisturbed');
    await assay(['audit', config, '--out', undisturbed, '--quiet']);
    expect(reportOf(onlyRun(out)).equals(reportOf(onlyRun(undisturbed)))).toBe(true);
  } finally {
    spawnSync('umount', [out]);
  }
});
