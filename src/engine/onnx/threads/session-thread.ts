import { join } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { AssayError, messageOf } from '#base/errors';
import { packageRoot } from '#base/package-root';
import type { Session, SessionHost, SessionOptions } from '../session.js';
import { sharedBy, SharedMemory } from './memory.js';
import type { Answer, Call, Order, Outcome } from './messages.js';
import { Running } from './running.js';

interface Waiting {
  resolve(outcome: Outcome): void;
  reject(error: AssayError): void;
}

/**
 * A thread in which sessions are made and run. ONNX Runtime's `run` keeps the thread that calls it until it is done, so that
 * executions side by side need threads. It starts with its first session, and keeps no process alive while it has nothing
 * to do.
 */
export class SessionThread implements SessionHost {
  #worker: Worker | null = null;
  /** Why there is no thread any more. */
  #ended: string | null = null;
  readonly #running = new Running();
  readonly #waiting = new Map<number, Waiting>();
  readonly #memory = new SharedMemory();
  #calls = 0;
  #sessions = 0;

  /** @param entry the program that the thread runs */
  constructor(private readonly entry = join(packageRoot(), 'dist/src/engine/onnx/threads/thread-entry.js')) {}

  async createSession(
    model: Uint8Array,
    { host: _, ...options }: SessionOptions,
    data: ReadonlyMap<string, Uint8Array>,
  ): Promise<Session> {
    const session = this.#sessions++;
    // A part of a file would take the whole file along.
    const own = new Map([...data].map(([location, bytes]) => [location, bytes.slice()]));
    const { inferred } = await this.#call({ kind: 'create', session, model: model.slice(), options, data: own });
    return {
      inferred,
      run: async (feeds, outputs) => {
        const shared = this.#memory.share(new Map(Object.entries(feeds)));
        const { values } = await this.#call({ kind: 'run', session, feeds: shared, outputs });
        return values;
      },
      release: (results) => {
        this.#memory.give(sharedBy(results));
      },
      dispose: async () => {
        if (this.#ended === null) await this.#call({ kind: 'dispose', session });
      },
    };
  }

  /** Ends the thread, with its sessions, after the execution that has begun. */
  async dispose(): Promise<void> {
    const worker = this.#worker;
    if (this.#ended === null) this.#running.stop();
    this.#end('it was disposed of');
    await worker?.terminate();
  }

  #call(order: Order): Promise<Outcome> {
    if (this.#ended !== null) return Promise.reject(gone(this.#ended));
    const worker = (this.#worker ??= this.#start());
    const call = this.#calls++;
    const spare = this.#memory.take();
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject });
      worker.ref();
      worker.postMessage({ call, order, spare } satisfies Call);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.entry, { execArgv: [], env: SHARE_ENV, workerData: this.#running.memory });
    alive.add(this.#running);
    stopAtExit();
    worker.on('message', (answer: Answer) => {
      this.#memory.give(answer.spare);
      const waiting = this.#waiting.get(answer.call);
      this.#waiting.delete(answer.call);
      // One that is being ended keeps the process alive until it has.
      if (this.#waiting.size === 0 && this.#ended === null) worker.unref();
      if (answer.kind === 'done') waiting?.resolve(answer.outcome);
      else waiting?.reject(new AssayError('model', { what: answer.what }));
    });
    worker.on('error', (error) => {
      this.#end(messageOf(error));
    });
    worker.on('exit', () => {
      this.#end('it was stopped');
    });
    return worker;
  }

  #end(because: string): void {
    this.#ended ??= because;
    this.#worker = null;
    alive.delete(this.#running);
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of lost) waiting.reject(gone(because));
  }
}

function gone(because: string): AssayError {
  return new AssayError('model', { what: `the thread in which the model ran has ended: ${because}` });
}

/** Of all threads. */
const alive = new Set<Running>();
let stopsAtExit = false;

/** The end of a process ends its threads, too. */
function stopAtExit(): void {
  if (stopsAtExit) return;
  stopsAtExit = true;
  process.on('exit', () => {
    for (const running of alive) running.stop();
  });
}
