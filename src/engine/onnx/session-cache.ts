/** What was compiled and can be let go of. */
export interface Disposable {
  dispose(): Promise<void>;
}

interface Entry<T> {
  readonly value: Promise<T>;
  /** Work that is being done with it. */
  users: number;
}

/**
 * Compiled graphs by what they are for. Of more than `most`, the one that was not used for the longest time is disposed of, and
 * made again when it is asked for; one in use stays until its work is done.
 */
export class SessionCache<T extends Disposable> {
  /** The one that was used last comes last. */
  readonly #entries = new Map<string, Entry<T>>();

  constructor(private readonly most: number) {}

  get size(): number {
    return this.#entries.size;
  }

  /** Does work with what was made under this key before, or is made now; what failed is made again. */
  async use<R>(key: string, make: () => Promise<T>, work: (value: T) => Promise<R>): Promise<R> {
    const entry = this.#entries.get(key) ?? { value: this.#makeRoom().then(make), users: 0 };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users++;
    try {
      const value = await this.#made(key, entry);
      return await work(value);
    } finally {
      entry.users--;
      await this.#shrinkTo(this.most);
    }
  }

  async dispose(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(disposeOf));
  }

  async #made(key: string, entry: Entry<T>): Promise<T> {
    try {
      return await entry.value;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** Before one more is made: two copies of a model's weights more than there have to be may be too many. */
  #makeRoom(): Promise<void> {
    return this.#shrinkTo(this.most - 1);
  }

  async #shrinkTo(most: number): Promise<void> {
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    const leaving = idle.slice(0, Math.max(0, this.#entries.size - most));
    for (const [key] of leaving) this.#entries.delete(key);
    await Promise.all(leaving.map(([, entry]) => disposeOf(entry)));
  }
}

async function disposeOf<T extends Disposable>({ value }: Entry<T>): Promise<void> {
  await (await value).dispose();
}
