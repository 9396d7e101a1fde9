import { PassThrough } from 'node:stream';
import { CommanderError } from 'commander';
import { AssayError } from '#base/errors';
import { reportError, usageSentence } from './errors.js';

function reported(thrown: unknown, env: Record<string, string> = {}): { code: number; stderr: string } {
  const stderr = new PassThrough();
  const code = reportError(thrown, { cwd: '/', env, stdout: new PassThrough(), stderr });
  return { code, stderr: (stderr.read() as Buffer | null)?.toString() ?? '' };
}

describe('reportError', () => {
  test('an intended error is one sentence and its own exit code, without a stack', () => {
    const error = new AssayError('config', { where: 'a.json', what: 'it is\nwrong', mend: 'Mend it.' });
    expect(reported(error)).toEqual({ code: 4, stderr: 'assay: a.json: it is wrong. Mend it.\n' });
    expect(reported(new AssayError('worker', { what: 'it ended' })).code).toBe(2);
    expect(reported(new AssayError('nothing-audited', { what: 'nothing' })).code).toBe(3);
    expect(reported(new AssayError('interrupted', { what: 'stopped' })).code).toBe(130);
  });

  test('anything else is called a bug and ends with 2', () => {
    const { code, stderr } = reported(new TypeError('x is not a function.'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^assay: x is not a function: this is a bug in Assay\..*ASSAY_DEBUG=1.*\n$/);
  });

  test('with ASSAY_DEBUG the stack follows, with its causes', () => {
    const error = new Error('outer', { cause: new RangeError('inner') });
    const { stderr } = reported(error, { ASSAY_DEBUG: '1' });
    expect(stderr).toMatch(/\n {4}at /);
    expect(stderr).toMatch(/caused by: RangeError: inner/);
  });

  test("commander's exit codes become 0 or 4", () => {
    expect(reported(new CommanderError(0, 'commander.helpDisplayed', ''))).toEqual({ code: 0, stderr: '' });
    expect(reported(new CommanderError(1, 'commander.unknownOption', ''))).toEqual({ code: 4, stderr: '' });
  });
});

test('usage errors read as sentences of ours', () => {
  expect(usageSentence("error: unknown option '--onyl'\n(Did you mean --only?)\n")).toBe(
    "assay: unknown option '--onyl'. Did you mean --only?",
  );
  expect(usageSentence("error: missing required argument 'run'")).toBe("assay: missing required argument 'run'.");
});
