import { resolve } from 'node:path';
import { builtinPlugins } from '#builtin';
import { writeAtomically } from '#pipeline/atomic';
import { blessRun, type Blessed } from '#pipeline/baseline/bless';
import { loadPlugins } from '#plugin/load';
import { createRegistry } from '#plugin/registry';

export interface BlessOptions {
  /** Where the baseline is written. Default: assay.baseline.json. */
  readonly out?: string;
  /** Modules with plugins of others that the run used. */
  readonly plugins?: readonly string[];
  /** What paths are relative to. Default: the working directory. */
  readonly cwd?: string;
}

/**
 * Makes a finished run the baseline that later runs are compared with: what `assay bless` does.
 *
 * @param run a run folder, such as the `folder` of what `audit` gives
 * @returns the file, its content, and the audits that have nothing to compare
 * @throws AssayError `usage` or `run` for what is no whole run, `output` where the file cannot be written
 */
export async function bless(run: string, options: BlessOptions = {}): Promise<Blessed & { readonly file: string }> {
  const { out = 'assay.baseline.json', plugins = [], cwd = process.cwd() } = options;
  const registry = createRegistry([...builtinPlugins, ...(await loadPlugins(plugins, { from: cwd }))]);
  const blessed = blessRun(resolve(cwd, run), registry);
  const file = resolve(cwd, out);
  writeAtomically(file, blessed.text);
  return { ...blessed, file };
}
