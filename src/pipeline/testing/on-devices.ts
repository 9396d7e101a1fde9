import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '#report/report';
import { assay, type CliResult } from '../../../test/cli.js';
import { mlpConfig } from '../../../test/mlp-config.js';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { BRIEF } from './brief.js';

export const CONFIG = mlpConfig({ 'evasion/fgsm': { epsilons: [0.02], trust: BRIEF } }, 40);
export const NO_VULKAN = { VK_DRIVER_FILES: '/none.json' };

export const project = (config: object = CONFIG) => temporaryFolder({ 'assay.config.json': JSON.stringify(config) });
const cache = temporaryFolderOnce();

/** Runs the command line with a cache of its own, so that no test knows what this machine proved before. */
export function run(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): CliResult {
  return assay(args, { cwd, env: { XDG_CACHE_HOME: cache(), ...env } });
}

function temporaryFolderOnce(): () => string {
  let folder: string | undefined;
  return () => (folder ??= temporaryFolder());
}

export const runsOf = (cwd: string) =>
  readdirSync(join(cwd, 'assay-runs')).map((name) => join(cwd, 'assay-runs', name));
export const reportOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
