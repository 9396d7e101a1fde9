// A process of its own for targets that are files. Inside jest's context every typed array is of another realm, which the
// native library rejects; here nothing is.
import { readFileSync, writeFileSync } from 'node:fs';
import { AssayError } from '#base/errors';
import type { HostAnswer, HostRequest } from './host-protocol.js';
import { performAudit, performRun } from './host-run.js';
import { listTests } from './list-tests.js';

/** Where the answer goes if whoever asks cannot wait for messages: the module of a config may print to the others. */
const ANSWER = 3;

if (process.send === undefined) {
  void answer(JSON.parse(readFileSync(0, 'utf8')) as HostRequest).then((found) => {
    writeFileSync(ANSWER, JSON.stringify(found));
    process.exit();
  });
} else {
  process.once('message', (request: HostRequest) => {
    void answer(request).then((found) => process.send?.(found, () => process.exit()));
  });
  // Whoever asked is gone, as when jest was stopped.
  process.once('disconnect', () => process.exit());
}

async function answer(request: HostRequest): Promise<HostAnswer> {
  try {
    return { kind: 'done', answer: await perform(request) };
  } catch (thrown) {
    if (!(thrown instanceof AssayError)) {
      return { kind: 'broken', message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
    }
    const { code, what, where, mend } = thrown;
    return {
      kind: 'refused',
      code,
      what,
      ...(where === undefined ? {} : { where }),
      ...(mend === undefined ? {} : { mend }),
    };
  }
}

function perform(request: HostRequest): Promise<unknown> {
  switch (request.kind) {
    case 'audit':
      return performAudit(request);
    case 'list':
      return listTests(request);
    case 'run':
      return performRun(request);
  }
}
