import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a user would. */
export function assay(args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): CliResult {
  const main = join(packageRoot(), 'dist/src/cli/main.js');
  const result = spawnSync(process.execPath, [main, ...args], {
    cwd: options.cwd ?? packageRoot(),
    env: { ...process.env, NO_COLOR: '1', GITHUB_STEP_SUMMARY: '', ...options.env },
    encoding: 'utf8',
    timeout: 110_000,
  });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}
