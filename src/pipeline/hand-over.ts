import type { StoredSamples } from '#data/streams/stored-samples';
import type { Task } from './worker-protocol.js';

/** After stdin, stdout, stderr and the channel to the parent. */
const FIRST_DESCRIPTOR = 4;

/**
 * A task as a worker gets it. Files that are open here are inherited: they have the same content and other numbers there.
 *
 * @returns also the descriptors that the worker's process is to inherit, in order, from the fourth on
 */
export function handOver(task: Task): { readonly task: Task; readonly descriptors: readonly number[] } {
  const descriptors: number[] = [];
  if (task.kind === 'inspect') return { task: { ...task, test: inherited(task.test) }, descriptors };
  if (task.kind === 'predict') return { task: { ...task, inputs: inherited(task.inputs) }, descriptors };
  if (task.kind === 'explain') return { task: { ...task, background: inherited(task.background) }, descriptors };
  if (task.kind === 'describe') {
    const background = inherited(task.background);
    const named = task.inputs.map((each) => ({ ...each, stored: inherited(each.stored) }));
    return { task: { ...task, background, inputs: named }, descriptors };
  }
  const { test, train } = task.inputs;
  const inputs = { ...task.inputs, test: inherited(test), train: inherited(train) };
  return { task: { ...task, inputs }, descriptors };

  function inherited<Stored extends StoredSamples | null>(samples: Stored): Stored {
    if (samples?.inputs.kind !== 'file') return samples;
    const descriptor = FIRST_DESCRIPTOR - 1 + descriptors.push(samples.inputs.descriptor);
    return { ...samples, inputs: { ...samples.inputs, descriptor } };
  }
}
