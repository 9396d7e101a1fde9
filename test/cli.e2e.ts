import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { mlpConfig } from './mlp-config.js';
import { temporaryFolder } from './temporary-folder.js';
import { BRIEF } from '#pipeline/testing/brief';
import { assay as shared } from '#pipeline/testing/cli';
import { assay } from './cli.js';
import { isDeep } from './tier.js';

/** The command line as its users have it: exit codes, what goes to which stream, and how it stops. */

const main = join(packageRoot(), 'dist/src/cli/main.js');
const COMMANDS = ['demo', 'init', 'doctor', 'setup', 'plan', 'audit', 'report', 'gate', 'bless', 'list', 'show'];

function project(audits: object, sample = 100): string {
  return temporaryFolder({ 'assay.config.json': JSON.stringify(mlpConfig(audits, sample)) });
}

const weak = { 'evasion/fgsm': { epsilons: [0.001], trust: BRIEF } };
const strong = { 'evasion/fgsm': { epsilons: [0.2], trust: BRIEF } };

describe('help', () => {
  test.each(COMMANDS)('%s has help with examples', async (command) => {
    const { code, stdout, stderr } = await shared([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: assay ${command}`);
    expect(stdout).toContain(`$ assay ${command}`);
  });

  test.each([
    [[], /Usage: assay/],
    [['audit', '--onyl', 'x'], /^assay: unknown option '--onyl'\. Did you mean --only\?\n$/],
    [['audti'], /^assay: unknown command 'audti'\. Did you mean audit\?\n$/],
    [['gate'], /^assay: missing required argument 'run'\.\n$/],
    [['audit', '--sample', '0'], /^assay: .*--sample.*It has to be a whole number of at least 1\.\n$/],
    [['show', 'evasion/pg'], /^assay: .*`evasion\/pgd`.*\n$/],
    [['gate', '/nowhere'], /^assay: \/nowhere: this is not a run folder.*\n$/],
  ])('bad usage %j ends with 4', async (args, sentence) => {
    const { code, stdout, stderr } = await shared(args);
    expect(stderr).toMatch(sentence);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  });
});

describe('audit', () => {
  test('ends with 0 or 1 by its verdicts; progress is on stderr, results on stdout, the summary where GitHub wants it', () => {
    const cwd = project(weak);
    const summary = join(cwd, 'step.md');
    writeFileSync(summary, 'before\n');
    const passed = assay(['audit'], { cwd, env: { GITHUB_STEP_SUMMARY: summary } });
    expect(passed.stdout).toMatch(/✓ passed +evasion\/fgsm/);
    expect(passed.stderr).toMatch(/\[1\/1\] evasion\/fgsm/);
    expect(passed.stdout).not.toContain('\u001b');
    expect(passed.code).toBe(0);
    expect(readFileSync(summary, 'utf8')).toMatch(/^before\n.*evasion\/fgsm/s);

    const failed = assay(['audit', '--quiet'], { cwd: project(strong) });
    expect(failed.stdout).toMatch(/✕ failed +evasion\/fgsm/);
    expect(failed.stderr).toBe('');
    expect(failed.code).toBe(1);
  });

  test('--json is one value for machines, and the same as `gate` gives later', async () => {
    const cwd = project(strong);
    const { stdout, code } = await shared(['audit', '--quiet', '--json'], { cwd });
    const result = JSON.parse(stdout) as { run: string; exitCode: number; findings: unknown[]; files: string[] };
    expect(result.exitCode).toBe(code);
    expect(result.files.filter((file) => !existsSync(file))).toEqual([]);
    const again = await shared(['gate', result.run, '--json'], { cwd });
    expect(JSON.parse(again.stdout)).toMatchObject({ findings: result.findings, exitCode: code });
    expect(again.code).toBe(code);
  });

  if (isDeep) {
    test('another policy gives another decision without running anything', () => {
      const cwd = project(strong);
      const { run } = JSON.parse(assay(['audit', '--quiet', '--json'], { cwd }).stdout) as { run: string };
      writeFileSync(
        join(cwd, 'waive.json'),
        JSON.stringify({ waivers: [{ audit: 'evasion/fgsm', reason: 'known', owner: 'Ada', expires: '2999-12-31' }] }),
      );
      const waived = assay(['gate', run, '--policy', 'waive.json'], { cwd });
      expect(waived.stdout).toMatch(/~ waived +evasion\/fgsm/);
      expect(waived.code).toBe(0);
    });
  }

  test('nothing audited ends with 3, bad usage with 4', () => {
    expect(assay([]).code).toBe(4);
    expect(assay(['audit', '--quiet'], { cwd: project({}) }).code).toBe(3);
  });

  test('a reader that leaves is no crash', () => {
    const cwd = project(weak);
    const pipe = spawnSync('bash', ['-c', `"$0" "$1" list | true; echo "\${PIPESTATUS[0]}"`, process.execPath, main], {
      cwd,
      encoding: 'utf8',
    });
    expect(pipe).toMatchObject({ stdout: '0\n', stderr: '' });
  });

  test('Ctrl-C leaves a run that can be resumed, and says how', async () => {
    const cwd = project({ 'evasion/pgd': { epsilons: [0.001, 0.002], steps: 400, earlyStop: false } }, 1000);
    const child = spawn(process.execPath, [main, 'audit'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (text.includes('[1/1]')) setTimeout(() => child.kill('SIGINT'), 500);
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(stderr).toMatch(/--resume/);
    expect(code).toBe(130);
  });
});
