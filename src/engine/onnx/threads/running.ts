/**
 * Whether a thread executes something, as another sees it. A thread that ends while it is inside of ONNX Runtime takes the process
 * with it: `std::terminate` for an error that nobody can receive any more.
 */
export class Running {
  readonly #state: Int32Array;

  /** @param memory that both threads share */
  constructor(readonly memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#state = new Int32Array(memory);
  }

  /** Does something that nothing interrupts; nothing once the thread is stopped. */
  async during(work: () => Promise<void>): Promise<void> {
    if (Atomics.compareExchange(this.#state, 0, IDLE, BUSY) !== IDLE) return;
    try {
      await work();
    } finally {
      Atomics.store(this.#state, 0, IDLE);
      Atomics.notify(this.#state, 0);
    }
  }

  /** Waits, without a turn of the event loop, for what is being done, and keeps anything more from beginning. */
  stop(): void {
    while (Atomics.compareExchange(this.#state, 0, IDLE, STOPPED) === BUSY) {
      if (Atomics.wait(this.#state, 0, BUSY, LONGEST_MS) === 'timed-out') return;
    }
  }
}

/** An execution takes milliseconds; a thread that died within one never says that it is done. */
const LONGEST_MS = 10_000;

const IDLE = 0;
const BUSY = 1;
const STOPPED = 2;
