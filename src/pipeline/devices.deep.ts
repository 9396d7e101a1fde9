import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeOnVulkan, SOFTWARE_VULKAN } from '../../test/software-vulkan.js';
import { NO_VULKAN, project, reportOf, run, runsOf } from './testing/on-devices.js';

/** Makes a run one that was killed before its report. */
function undone(folder: string): void {
  const journal = join(folder, 'journal.jsonl');
  const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
  writeFileSync(journal, `${lines.slice(0, -1).join('\n')}\n`);
  rmSync(join(folder, 'report.json'));
}

describeOnVulkan()('on a GPU that is a program', () => {
  test('a resumed run goes on where it was begun, or says why not', () => {
    const cwd = project();
    expect(run(['audit', '--quiet', '--device', 'webgpu'], cwd, SOFTWARE_VULKAN).stderr).toBe('');
    const [folder = ''] = runsOf(cwd);
    const onDevice = reportOf(folder);
    undone(folder);

    const elsewhere = run(['audit', '--quiet', '--resume'], cwd, NO_VULKAN);
    expect(elsewhere.code).toBe(4);
    expect(elsewhere.stderr).toContain('the run to go on with was begun on `webgpu`');
    expect(elsewhere.stderr).toContain('Or begin another run without `--resume`.');
    expect(run(['audit', '--quiet', '--resume', folder, '--device', 'cpu'], cwd, SOFTWARE_VULKAN).stderr).toContain(
      'planned from another target, device,',
    );

    run(['audit', '--quiet', '--resume'], cwd, SOFTWARE_VULKAN);
    expect(runsOf(cwd)).toEqual([folder]);
    expect(reportOf(folder).target?.device).toBe('webgpu');
    expect(reportOf(folder).findings.map(({ measures }) => measures)).toEqual(
      onDevice.findings.map(({ measures }) => measures),
    );
  });
});
