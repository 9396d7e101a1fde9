// A thread that makes and runs sessions for another. Started by session-thread.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { AssayError, messageOf } from '#base/errors';
import { createSession, type Session } from '../session.js';
import { sharedBy, SharedMemory, unshared } from './memory.js';
import type { Answer, Call, Order, Outcome } from './messages.js';
import { Running } from './running.js';

const running = new Running(workerData as SharedArrayBuffer);
const sessions = new Map<number, Session>();
let last: Promise<void> = Promise.resolve();

/** One call after the other. */
parentPort?.on('message', (call: Call) => {
  last = last.then(() => running.during(() => answer(call)));
});

async function answer({ call, order, spare: given }: Call): Promise<void> {
  const memory = new SharedMemory(given);
  if (order.kind === 'run') memory.give(sharedBy(order.feeds));
  try {
    const { values, inferred } = await obey(order);
    const outcome = { values: memory.share(values), inferred };
    say({ call, kind: 'done', outcome, spare: memory.take() });
  } catch (error) {
    const what = error instanceof AssayError ? error.what : messageOf(error);
    say({ call, kind: 'failed', what, spare: memory.take() });
  }
}

function say(answered: Answer): void {
  parentPort?.postMessage(answered);
}

async function obey(order: Order): Promise<Outcome> {
  if (order.kind === 'create') {
    const created = await createSession(order.model, order.options, order.data);
    sessions.set(order.session, created);
    return { values: new Map(), inferred: created.inferred };
  }
  const session = sessions.get(order.session);
  if (session === undefined) throw new AssayError('model', { what: `there is no session ${order.session}` });
  if (order.kind === 'run') {
    const feeds = Object.fromEntries(unshared(order.feeds));
    return { values: await session.run(feeds, order.outputs), inferred: [] };
  }
  sessions.delete(order.session);
  await session.dispose();
  return { values: new Map(), inferred: [] };
}
