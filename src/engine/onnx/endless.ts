import { AssayError } from '#base/errors';
import { integersOf } from './graph/constants.js';
import { describeNode } from './graph/describe.js';
import type { Constant, Graph, Node } from './graph/ir.js';
import { readSubgraph, type Body } from './proto/body.js';

/** A loop that counts further takes the runtime hours: an execution of its body takes a microsecond at least. */
const MOST_TURNS = 2 ** 30;

/**
 * Refuses a graph with a loop that says of itself that it does not end: its count is constant and beyond every use, or
 * left out, and its condition is handed on unchanged. The runtime executes it and cannot be interrupted. A loop that
 * computes when to end is for the time limit of a worker to stop.
 *
 * @throws AssayError `model` naming the node.
 */
export function refuseEndlessLoops(where: string, graph: Graph): void {
  const model = { main: where, files: new Map<string, Uint8Array>() };
  for (const node of graph.nodes) {
    const body = node.attributes.get('body');
    if (node.op !== 'Loop' || node.domain !== '' || body?.kind !== 'opaque') continue;
    const turns = turnsOf(node, graph.constants);
    if (turns > MOST_TURNS && handsOnCondition(readSubgraph(model, body.bytes))) {
      const count = turns === Infinity ? 'without a count' : `${turns} times`;
      throw new AssayError('model', { where, what: `${describeNode(node)} repeats its body ${count} and never ends` });
    }
  }
}

/** Infinity where no count is given; 0 where it is computed. */
function turnsOf(node: Node, constants: ReadonlyMap<string, Constant>): number {
  const [count = '', condition = ''] = node.inputs;
  const initially = constants.get(condition);
  if (condition !== '' && (initially === undefined || integersOf(initially)[0] === 0)) return 0;
  if (count === '') return Infinity;
  const turns = constants.get(count);
  return turns === undefined ? 0 : (integersOf(turns)[0] ?? 0);
}

/** Whether the condition that the body gives is the one that it gets, or a constant that holds. */
function handsOnCondition({ inputs, outputs, nodes, constants }: Body): boolean {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  let name = outputs[0] ?? '';
  for (let producer = producers.get(name); producer?.op === 'Identity'; producer = producers.get(name)) {
    producers.delete(name);
    name = producer.inputs[0] ?? '';
  }
  const constant = constants.get(name);
  return name === inputs[1] || (constant?.type === 'bool' && integersOf(constant)[0] !== 0);
}
