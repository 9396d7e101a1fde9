import type { Graph, Node } from './ir.js';

/** Every name that a node reads, those that its subgraphs read included. */
export function readsOf(node: Node): string[] {
  const captures = [...node.attributes.values()].flatMap((value) => (value.kind === 'opaque' ? value.captures : []));
  return [...node.inputs, ...captures].filter((name) => name !== '');
}

/**
 * Walks nodes in the order of execution and finds one fact about each value: an interval, a set of dependencies, a shape.
 *
 * @param given facts about inputs and constants
 * @param rule the facts about a node's outputs from those about its inputs; undefined where nothing is known
 */
export function walkForward<T>(
  nodes: Graph['nodes'],
  given: ReadonlyMap<string, T>,
  rule: (node: Node, inputs: readonly (T | undefined)[]) => readonly (T | undefined)[],
): Map<string, T> {
  const facts = new Map(given);
  for (const node of nodes) {
    rule(
      node,
      node.inputs.map((name) => facts.get(name)),
    ).forEach((fact, i) => {
      const output = node.outputs[i];
      if (fact !== undefined && output !== undefined && output !== '') facts.set(output, fact);
    });
  }
  return facts;
}

/**
 * Walks nodes against the order of execution: what is known at a node's outputs gives what holds at its inputs, and what
 * reaches a value along several ways is joined, once, when the value is come to. Reverse-mode differentiation is such a walk
 * (a fact is a gradient, and joining is adding), and so are linear bounds (CROWN, Zhang et al. 2018).
 *
 * @param given facts about outputs
 * @param rule the facts about a node's inputs from those about its outputs; it is not called where no output has one
 * @returns the joined fact about a value
 */
export function walkBackward<T>(
  nodes: Graph['nodes'],
  given: ReadonlyMap<string, T>,
  join: (a: T, b: T) => T,
  rule: (node: Node, outputs: readonly (T | null)[]) => readonly (T | null)[],
): (value: string) => T | null {
  const parts = new Map([...given].map(([name, fact]): [string, T[]] => [name, [fact]]));
  const joined = (value: string): T | null => {
    const all = parts.get(value);
    if (all === undefined) return null;
    const fact = all.reduce(join);
    parts.set(value, [fact]);
    return fact;
  };
  for (const node of nodes.toReversed()) {
    const outputs = node.outputs.map(joined);
    if (outputs.every((fact) => fact === null)) continue;
    rule(node, outputs).forEach((fact, i) => {
      const input = node.inputs[i];
      if (fact === null || input === undefined || input === '') return;
      const known = parts.get(input);
      if (known === undefined) parts.set(input, [fact]);
      else known.push(fact);
    });
  }
  return joined;
}

/** All values that depend on one of `sources`, the sources included, as far as `follows` lets the way go on. */
export function dependentsOf(
  nodes: Graph['nodes'],
  sources: Iterable<string>,
  follows: (output: string, node: Node) => boolean = () => true,
): Set<string> {
  const found = new Set(sources);
  for (const node of nodes) {
    if (!readsOf(node).some((name) => found.has(name))) continue;
    for (const output of node.outputs) if (output !== '' && follows(output, node)) found.add(output);
  }
  return found;
}
