import { closeSync, openSync } from 'node:fs';
import { unreadable } from '#data/file';
import type { StoredTable } from '#data/stored-table';
import type { StoredSamples } from '#data/streams/stored-samples';
import type { Task } from './worker-protocol.js';

/** After stdin, stdout, stderr and the channel to the parent. */
const FIRST_DESCRIPTOR = 4;

/** A task as a worker gets it. */
export interface HandedOver {
  readonly task: Task;
  /** What the worker's process is to inherit, in order, from the fourth on. */
  readonly descriptors: readonly number[];
  /** Once the process has them: closes what was opened for it alone. */
  readonly close: () => void;
}

/**
 * Files that are open here are inherited, and large tables are opened to be: they have the same content and other numbers there.
 *
 * @throws AssayError `data` where the file of a table is gone
 */
export function handOver(task: Task): HandedOver {
  const descriptors: number[] = [];
  const opened: number[] = [];
  const close = (): void => {
    for (const descriptor of opened.splice(0)) closeSync(descriptor);
  };
  return { task: handed(), descriptors, close };

  function handed(): Task {
    if (task.kind === 'inspect') return { ...task, test: inherited(task.test) };
    if (task.kind === 'predict') return { ...task, inputs: inherited(task.inputs) };
    if (task.kind === 'explain') return { ...task, background: inherited(task.background) };
    if (task.kind === 'describe') {
      const background = inherited(task.background);
      const named = task.inputs.map((each) => ({ ...each, stored: inherited(each.stored) }));
      return { ...task, background, inputs: named };
    }
    const { test, train, table, population } = task.inputs;
    const samples = { test: inherited(test), train: inherited(train) };
    return { ...task, inputs: { ...task.inputs, ...samples, table: lent(table), population: lent(population) } };
  }

  function lent(table: StoredTable | null): StoredTable | null {
    if (table?.kind !== 'file') return table;
    const { path } = table.file;
    try {
      opened.push(openSync(path, 'r'));
    } catch (cause) {
      close();
      throw unreadable(path, cause);
    }
    const descriptor = FIRST_DESCRIPTOR - 1 + descriptors.push(opened.at(-1) ?? NaN);
    return { ...table, file: { ...table.file, descriptor } };
  }

  function inherited<Stored extends StoredSamples | null>(samples: Stored): Stored {
    if (samples?.inputs.kind !== 'file') return samples;
    const descriptor = FIRST_DESCRIPTOR - 1 + descriptors.push(samples.inputs.descriptor);
    return { ...samples, inputs: { ...samples.inputs, descriptor } };
  }
}
