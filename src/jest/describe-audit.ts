import { AssayError, messageOf } from '#base/errors';
import type { Json } from '#base/json';
import { plain } from '#config/plain';
import { failWith } from '#config/place';
import type { Config } from '#config/schema';
import { askHost, askHostNow, LONGEST } from './ask-host.js';
import { audited, requireAccepted, requirePassed, type AuditedConfig } from './config-run.js';
import type { TestList } from './host-protocol.js';
import { shown } from './message.js';

export interface DescribeAuditOptions {
  /** The name of the suite. Default: the path of the config. */
  readonly name?: string | undefined;
  /** What paths are relative to. Default: the working directory. */
  readonly cwd?: string | undefined;
  /** In milliseconds, of the whole audit. Default: an hour. */
  readonly timeout?: number | undefined;
  /** Those of the test runner, where they are not global. */
  readonly describe?: TestRunner['describe'] | undefined;
  readonly test?: TestRunner['test'] | undefined;
  readonly beforeAll?: TestRunner['beforeAll'] | undefined;
}

/** The functions of jest and of vitest, as far as they are used here. */
interface TestRunner {
  readonly describe: (name: string, define: () => void) => unknown;
  readonly test: (name: string, run: () => void) => unknown;
  readonly beforeAll: (prepare: () => Promise<void>, timeout: number) => unknown;
}

const HOUR = 3_600_000;
/** From the end of the audit's time to the end of the runner's. */
const GRACE = 60_000;
const MOST = LONGEST - GRACE;

/**
 * Makes a suite of a config: one test for each of its cells, for each audit that the policy names and the config lacks and
 * for each comparison with the baseline, and one for the gate. The audit is run once, before them, in processes outside of
 * the test's own context, and leaves a run folder with all reports, as `assay audit` does. A config that cannot be read is
 * one failing test.
 *
 * @param config the path of a config, or a config as a value; like every test file it may name code
 * @throws AssayError `usage` where there is no test runner, or `timeout` is none
 */
export function describeAudit(config: string | Config, options: DescribeAuditOptions = {}): void {
  const { cwd = process.cwd(), timeout = HOUR, name = typeof config === 'string' ? config : 'the config' } = options;
  const { describe, test, beforeAll } = runnerOf(options);
  if (!(timeout > 0 && timeout <= MOST)) {
    throw new AssayError('usage', {
      where: 'describeAudit',
      what: `\`timeout\` is ${timeout}, and must be a number of milliseconds up to ${MOST}`,
    });
  }
  const fail = failingAt(describeAudit);
  const listed = listedIn(config, cwd);
  if (typeof listed === 'string') {
    describe(name, () => void test('the config can be read', () => fail(listed)));
    return;
  }
  describe(name, () => {
    let run: AuditedConfig | string = 'The audit has not run.';
    beforeAll(async () => {
      run = await runIn(config, cwd, timeout);
    }, timeout + GRACE);
    listed.tests.forEach((each, position) => {
      test(each.name, () => fail(requireAccepted(run, each, position)));
    });
    test('the gate', () => fail(requirePassed(run, listed.tests)));
  });
}

function runnerOf(options: DescribeAuditOptions): TestRunner {
  const globals = globalThis as Partial<TestRunner>;
  const { describe = globals.describe, test = globals.test, beforeAll = globals.beforeAll } = options;
  if (describe !== undefined && test !== undefined && beforeAll !== undefined) return { describe, test, beforeAll };
  throw new AssayError('usage', {
    where: 'describeAudit',
    what: '`describe`, `test` and `beforeAll` are not global here',
    mend: "Hand them over: describeAudit('assay.config.json', { describe, test, beforeAll }).",
  });
}

/** Throws where there is something to say, as if the caller of `within` did. */
function failingAt(within: (...args: never[]) => void): (problem: string | null) => void {
  const place = new Error();
  Error.captureStackTrace(place, within);
  const frames = place.stack?.replace(/^[^\n]*/, '') ?? '';
  return (problem) => {
    if (problem === null) return;
    const error = new Error(problem);
    error.stack = `Error: ${problem}${frames}`;
    throw error;
  };
}

/** The tests, or the sentence that says why there are none. */
function listedIn(config: string | Config, cwd: string): TestList | string {
  return orSentence(() => askHostNow<'list'>({ kind: 'list', cwd, config: json(config) }));
}

async function runIn(config: string | Config, cwd: string, timeout: number): Promise<AuditedConfig | string> {
  try {
    return audited(await askHost<'run'>({ kind: 'run', cwd, config: json(config) }, timeout));
  } catch (thrown) {
    return sentenceOf(thrown);
  }
}

function orSentence<T>(work: () => T): T | string {
  try {
    return work();
  } catch (thrown) {
    return sentenceOf(thrown);
  }
}

function sentenceOf(thrown: unknown): string {
  if (thrown instanceof AssayError) return shown(messageOf(thrown));
  return `This is a defect of Assay or of a plugin: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`;
}

/** A config that is no plain data would lose members on its way to another process. */
function json(config: string | Config): Json {
  const { value, problems } = plain(config, []);
  if (problems.length > 0) failWith(problems, { code: 'config', file: 'the config', path: [] });
  return value;
}
