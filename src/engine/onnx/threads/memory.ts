import type { RuntimeData, RuntimeValue } from '../session.js';
import type { Values } from './messages.js';

/**
 * Memory that two threads share, for the values that go from one to the other. It is used again: allocated for each call, it would
 * keep the garbage collector busy for a tenth of an attack's time.
 */
export class SharedMemory {
  #free: SharedArrayBuffer[];

  constructor(free: readonly SharedArrayBuffer[] = []) {
    this.#free = [...free];
  }

  /** Copies values to where the other thread sees them. */
  share(values: ReadonlyMap<string, RuntimeValue>): Values {
    return mapData(values, (data) => (Array.isArray(data) ? data : copied(data, this.#ofSize(data.byteLength))));
  }

  /** Takes back what nobody reads any more. */
  give(memory: readonly SharedArrayBuffer[]): void {
    this.#free = [...this.#free, ...memory].sort((a, b) => a.byteLength - b.byteLength).slice(-MOST);
  }

  /** All that is free. */
  take(): readonly SharedArrayBuffer[] {
    const free = this.#free;
    this.#free = [];
    return free;
  }

  /** The smallest that is large enough. */
  #ofSize(bytes: number): SharedArrayBuffer {
    const found = this.#free.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= LARGEST_WASTE * bytes);
    const [memory] = found < 0 ? [] : this.#free.splice(found, 1);
    return memory ?? new SharedArrayBuffer(bytes);
  }
}

/** Inputs and outputs of some executions. */
const MOST = 16;
/** A few numbers in the place of a gradient would leave none for the gradient. */
const LARGEST_WASTE = 4;

/** What some values lie in. */
export function sharedBy(values: ReadonlyMap<string, RuntimeValue>): readonly SharedArrayBuffer[] {
  return [...values.values()].flatMap(({ data }) =>
    !Array.isArray(data) && data.buffer instanceof SharedArrayBuffer ? [data.buffer] : [],
  );
}

/** Copies of their own: ONNX Runtime takes no memory that is shared. */
export function unshared(values: ReadonlyMap<string, RuntimeValue>): Values {
  return mapData(values, (data) => data.slice());
}

function mapData(values: ReadonlyMap<string, RuntimeValue>, map: (data: RuntimeData) => RuntimeData): Values {
  return new Map([...values].map(([name, value]) => [name, { ...value, data: map(value.data) }]));
}

function copied(data: Exclude<RuntimeData, string[]>, memory: SharedArrayBuffer): RuntimeData {
  const Kind = data.constructor as new (memory: SharedArrayBuffer, offset: number, length: number) => typeof data;
  new Uint8Array(memory).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return new Kind(memory, 0, data.length);
}
