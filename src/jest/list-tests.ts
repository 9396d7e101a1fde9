import { builtinPlugins } from '#builtin';
import { digestOfJson } from '#base/digest';
import type { Json } from '#base/json';
import { auditsOf, type Audit } from '#config/audits';
import { loadConfig } from '#config/load';
import type { LoadedConfig } from '#config/loaded';
import { checkThresholds, COMPARISON, WITHOUT_BASELINE } from '#config/policy';
import { configFromValue } from '#config/value';
import { parseBaseline, type BaselineCell } from '#pipeline/baseline/file';
import { loadPlugins } from '#plugin/load';
import { createRegistry } from '#plugin/registry';
import type { ListedTest, ListRequest, TestList } from './host-protocol.js';
import { cellNames, distinct, type NamedCell } from './test-names.js';

/**
 * What a run of the config will have to say, in the order of its findings: its cells, what the policy names and the config
 * lacks, and the comparisons with the baseline. No model and no data are opened.
 *
 * @throws AssayError for a config, policy or baseline that `assay audit` would refuse
 */
export async function listTests({ cwd, config }: ListRequest): Promise<TestList> {
  const loaded = await load(config, cwd);
  const others = await loadPlugins(loaded.config.plugins, { from: loaded.file });
  const { plugins } = createRegistry([...builtinPlugins, ...others]);
  const audits = auditsOf(loaded, plugins);
  checkThresholds(loaded.policy, plugins);
  const cells = cellsOf(audits, loaded);
  const tests = [...cells.map(({ test }) => test), ...absentFrom(audits, loaded), ...comparisonsOf(cells, loaded)];
  const names = distinct(tests.map(({ name }) => name));
  return { tests: tests.map((test, i) => ({ ...test, name: names[i] ?? test.name })) };
}

function load(config: Json, cwd: string): Promise<LoadedConfig> {
  if (typeof config === 'string') return loadConfig(config, { cwd, allowCode: true });
  return configFromValue(config, { cwd, name: 'the config' });
}

interface ListedCell {
  readonly test: ListedTest;
  readonly cell: NamedCell;
}

function cellsOf(audits: readonly Audit[], { config }: LoadedConfig): readonly ListedCell[] {
  const cells = audits.map(({ audit, options }) => ({ audit, options, written: writtenOf(config.audits[audit]) }));
  const names = cellNames(cells);
  return cells.map((cell, i) => ({
    cell,
    test: { name: names[i] ?? cell.audit, audit: cell.audit, options: cell.options },
  }));
}

/** The options as the config has them, of an audit with one set of them. */
function writtenOf(options: unknown): object {
  const one: unknown = Array.isArray(options) ? options[0] : options;
  return typeof one === 'object' && one !== null ? one : {};
}

function absentFrom(audits: readonly Audit[], { policy }: LoadedConfig): readonly ListedTest[] {
  const present = new Set(audits.map(({ audit }) => audit));
  const absent = Object.keys(policy.policy.audits).filter((audit) => !present.has(audit));
  return absent.map((audit) => ({ name: audit, audit, options: null }));
}

function comparisonsOf(cells: readonly ListedCell[], { baseline, policy }: LoadedConfig): readonly ListedTest[] {
  if (baseline === null) {
    return policy.policy.regression === null ? [] : [comparison(WITHOUT_BASELINE, WITHOUT_BASELINE)];
  }
  const { cells: before } = parseBaseline(baseline.text, baseline.file);
  return before.map((each) => comparison(`${COMPARISON}${each.audit}`, `${COMPARISON}${nameOf(each, cells)}`));
}

function comparison(audit: string, name: string): ListedTest {
  return { name, audit, options: null };
}

/** As the cell that it is compared with; one that the config does not have is told by the digest of its options. */
function nameOf({ audit, options }: BaselineCell, cells: readonly ListedCell[]): string {
  const same = cells.find(({ cell }) => cell.audit === audit && digestOfJson(cell.options) === options);
  return same?.test.name ?? `${audit} of options ${options.slice(0, 8)}`;
}
