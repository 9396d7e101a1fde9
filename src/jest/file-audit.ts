import { fork } from 'node:child_process';
import { join } from 'node:path';
import { AssayError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import type { Audited, MatcherAudit } from './audit.js';
import type { FileSamples, FileTarget } from './declared.js';
import type { HostAnswer, HostRequest } from './host-protocol.js';

/** Runs one audit of a model file through the whole pipeline, in processes outside of the test's context. */
export async function auditFile(
  target: FileTarget,
  on: FileSamples,
  { configured, ...audit }: MatcherAudit,
  plugins: readonly string[],
): Promise<Audited> {
  const answer = await ask({
    cwd: process.cwd(),
    target: target.config,
    test: on.config,
    audit: configured.plugin.id,
    options: configured.options,
    plugins,
    ...audit,
  });
  switch (answer.kind) {
    case 'finding':
      return answer;
    case 'refused': {
      const { kind: _, code, ...parts } = answer;
      throw new AssayError(code, parts);
    }
    case 'broken':
      throw new Error(answer.message);
  }
}

function ask(request: HostRequest): Promise<HostAnswer> {
  return new Promise((resolve, reject) => {
    const host = fork(join(packageRoot(), 'dist/src/jest/host.js'), {
      // Those of jest, such as --inspect, are not meant for it.
      execArgv: [],
      serialization: 'json',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    host.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)));
    host.once('message', (answer) => resolve(answer as HostAnswer));
    host.once('error', reject);
    host.once('close', (code, signal) => {
      const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
      reject(new AssayError('worker', { what: `the process that ran the audit ended with ${how}: ${errors.trim()}` }));
    });
    host.send(request);
  });
}
