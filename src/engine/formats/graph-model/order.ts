import type { AssayError } from '#base/errors';
import type { Reference, TfNode } from './node-def.js';

type Broken = (what: string) => AssayError;

/**
 * The nodes that outputs depend on, each behind those that it reads; others are never looked at, as TensorFlow.js has it.
 *
 * @param given names that have a value already, such as the arguments of a function
 * @throws AssayError where a node reads what is not there, or depends on itself
 */
export function executionOrder(
  nodes: ReadonlyMap<string, TfNode>,
  outputs: readonly Reference[],
  given: ReadonlySet<string>,
  broken: Broken,
): TfNode[] {
  const order: TfNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  // A stack of its own: a chain of a hundred thousand nodes would be too deep for calls.
  const stack = outputs.map(({ node }) => ({ name: node, reader: 'an output', next: 0 })).reverse();
  while (stack.length > 0) {
    const top = stack.at(-1);
    if (top === undefined) break;
    const node = nodes.get(top.name);
    if (given.has(top.name) || state.get(top.name) === 'done') {
      stack.pop();
      continue;
    }
    if (node === undefined) throw broken(`${top.reader} reads \`${top.name}\`, which is not there`);
    state.set(top.name, 'open');
    // The way back of a loop of TensorFlow 1 is no dependence; such loops are refused where they are lowered.
    const input = node.op === 'NextIteration' ? undefined : node.inputs[top.next++];
    if (input === undefined) {
      state.set(top.name, 'done');
      order.push(node);
      stack.pop();
    } else if (state.get(input.node) === 'open') {
      throw broken(`node \`${node.name}\` (${node.op}) is on a cycle`);
    } else if (state.get(input.node) === undefined) {
      stack.push({ name: input.node, reader: `node \`${node.name}\` (${node.op})`, next: 0 });
    }
  }
  return order;
}
