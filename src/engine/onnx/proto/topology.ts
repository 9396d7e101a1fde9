import type { ModelBytes } from '../../contract.js';
import { describeNode } from '../graph/describe.js';
import type { Node } from '../graph/ir.js';
import { readsOf } from '../graph/walk.js';
import { malformed } from './malformed.js';

/**
 * Nodes in topological order; those of a file in order stay as they are. `given` are the names of inputs and constants.
 * Throws when a name has two producers or none, and when nodes form a cycle.
 */
export function sortNodes(model: ModelBytes, nodes: readonly Node[], given: ReadonlySet<string>): readonly Node[] {
  const producers = producersOf(model, nodes, given);
  const needs = nodes.map((node, index) => {
    const reads = readsOf(node);
    const missing = reads.find((name) => !given.has(name) && !producers.has(name));
    if (missing !== undefined) {
      throw malformed(model, `${describeNode(node)} reads \`${missing}\`, which no node, input or constant gives`);
    }
    const producing = reads.map((name) => producers.get(name)).filter((i) => i !== undefined);
    return { index, producing: [...new Set(producing)] };
  });
  if (needs.every(({ index, producing }) => producing.every((producer) => producer < index))) return nodes;
  return kahn(
    model,
    nodes,
    needs.map(({ producing }) => producing),
  );
}

function producersOf(model: ModelBytes, nodes: readonly Node[], given: ReadonlySet<string>): Map<string, number> {
  const producers = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (producers.has(output) || given.has(output)) {
        throw malformed(model, `${describeNode(node)} gives \`${output}\`, which something else gives too`);
      }
      producers.set(output, index);
    }
  });
  return producers;
}

/** Kahn 1962, first in first out. */
function kahn(model: ModelBytes, nodes: readonly Node[], needs: readonly (readonly number[])[]): Node[] {
  const consumers = nodes.map((): number[] => []);
  const open = needs.map((producing) => producing.length);
  needs.forEach((producing, index) => producing.forEach((producer) => consumers[producer]?.push(index)));
  const order = open.flatMap((count, index) => (count === 0 ? [index] : []));
  // The list grows while it is walked.
  for (const index of order) {
    for (const consumer of consumers[index] ?? []) {
      const left = (open[consumer] ?? 0) - 1;
      open[consumer] = left;
      if (left === 0) order.push(consumer);
    }
  }
  if (order.length < nodes.length) {
    const node = nodes[onCycle(needs, open)];
    throw malformed(model, `${node === undefined ? 'a node' : describeNode(node)} is on a cycle`);
  }
  return order.flatMap((index) => nodes[index] ?? []);
}

/** Every node that stayed open has a producer that did; going back along them ends on a cycle. */
function onCycle(needs: readonly (readonly number[])[], open: readonly number[]): number {
  const isOpen = (index: number) => (open[index] ?? 0) > 0;
  const seen = new Set<number>();
  let index = open.findIndex((count) => count > 0);
  while (!seen.has(index)) {
    seen.add(index);
    index = needs[index]?.find(isOpen) ?? index;
  }
  return index;
}
