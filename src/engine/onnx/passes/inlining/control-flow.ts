import { AssayError } from '#base/errors';
import { integersOf } from '../../graph/constants.js';
import { describeNode } from '../../graph/describe.js';
import type { Attribute, Constant, Graph, Node } from '../../graph/ir.js';
import { constantOfRuntime } from '../../graph/runtime-constant.js';
import { dependentsOf, readsOf } from '../../graph/walk.js';
import { readSubgraph } from '../../proto/body.js';
import { executions, type TraceFeeds } from '../../tracing.js';
import { foldConstants } from '../constant-folding.js';
import { prune } from '../prune.js';
import { Inliner } from './inline.js';

export interface Straightened {
  readonly graph: Graph;
  /** What was taken for constant because it was the same on real inputs, one sentence each. */
  readonly notes: readonly string[];
}

const CONTROL = /^(If|Loop|Scan|Sequence|SplitToSequence|ConcatFromSequence|Optional)/;
/** The layers behind which nothing is taken for constant. */
const WEIGHTED: ReadonlySet<string> = new Set(
  'Conv ConvTranspose GRU Gemm LSTM MatMul MatMulInteger QLinearConv QLinearMatMul RNN'.split(' '),
);
const MAX_ROUNDS = 32;

/**
 * Takes control flow out of a graph. A branch whose condition depends on nothing but shapes and constants takes the place of
 * its If. In front of the first weighted layer that also happens where the condition, or everything that a loop or a sequence
 * gives, is the same on real inputs. Whatever is left has no gradient, and `differentiate` names it.
 */
export async function straighten(graph: Graph, feeds: TraceFeeds): Promise<Straightened> {
  const notes: string[] = [];
  let current = graph;
  for (let round = 0; round < MAX_ROUNDS && current.nodes.some(isControl); round++) {
    const folded = prune(await foldConstants(current, feeds, 'integers'), outputsOf(current));
    const inlined = inlineDecided(folded);
    current = inlined ?? (await freezeEarly(folded, feeds, notes)) ?? folded;
    if (current === folded) break;
  }
  return { graph: current, notes };
}

function isControl(node: Node): boolean {
  return node.domain === '' && CONTROL.test(node.op);
}

function outputsOf(graph: Graph): string[] {
  return graph.outputs.map(({ name }) => name);
}

/** Every If whose condition is constant gives way to its branch; null where there is none. */
function inlineDecided(graph: Graph): Graph | null {
  const decided = (node: Node): Constant | undefined =>
    node.op === 'If' && node.domain === '' ? graph.constants.get(node.inputs[0] ?? '') : undefined;
  if (!graph.nodes.some((node) => decided(node) !== undefined)) return null;
  const inliner = new Inliner(graph);
  for (const node of graph.nodes) {
    const condition = decided(node);
    const branch = condition && branchOf(node, integersOf(condition)[0] !== 0);
    if (branch?.kind !== 'opaque') inliner.keep(node);
    else {
      const model = { main: graph.name, files: new Map<string, Uint8Array>() };
      for (const inner of inliner.inline(node, readSubgraph(model, branch.bytes), [])) inliner.keep(inner);
    }
  }
  return inliner.build();
}

function branchOf(node: Node, isTrue: boolean): Attribute | undefined {
  return node.attributes.get(isTrue ? 'then_branch' : 'else_branch');
}

/**
 * Conditions and results of control flow that are the same on real inputs become constants, where no weighted layer stands
 * in front of them; null where there are none.
 *
 * @throws AssayError `operator` naming the node that stands behind a weighted layer, or that gives other results for other inputs.
 */
async function freezeEarly(graph: Graph, feeds: TraceFeeds, notes: string[]): Promise<Graph | null> {
  const { fed, late } = dependents(graph);
  const blocking = graph.nodes.find((node) => isControl(node) && readsOf(node).some((name) => late.has(name)));
  if (blocking !== undefined) fail(blocking, 'stands behind a weighted layer');
  const sought = graph.nodes.flatMap((node) => wantedOf(node, graph));
  if (sought.length === 0) return null;
  const [once, again] = await executions(
    graph,
    feeds,
    sought.map(({ value }) => value),
  );
  const constants = new Map(graph.constants);
  for (const { node, value } of sought) {
    const [first, second] = [once, again ?? once].map((results) => {
      const result = results.get(value);
      return result === undefined ? null : constantOfRuntime(result);
    });
    if (first == null || second == null || !isSame(first, second)) fail(node, 'gives other results for other inputs');
    constants.set(value, first);
    if (!readsOf(node).some((name) => fed.has(name))) continue;
    notes.push(
      `${describeNode(node)} was taken for constant: it is, on real inputs, and no weighted layer stands before it`,
    );
  }
  const frozen = new Set(sought.map(({ value }) => value));
  const nodes = graph.nodes.filter((node) => !node.outputs.some((name) => frozen.has(name)));
  return prune({ ...graph, nodes, constants }, outputsOf(graph));
}

/** The condition of an If; of other control flow every tensor that ordinary nodes read of it. */
function wantedOf(node: Node, graph: Graph): { readonly node: Node; readonly value: string }[] {
  if (!isControl(node)) return [];
  if (node.op === 'If') return [{ node, value: node.inputs[0] ?? '' }];
  const readers = graph.nodes.filter((other) => !isControl(other));
  const isRead = (name: string): boolean =>
    readers.some((other) => readsOf(other).includes(name)) || graph.outputs.some((output) => output.name === name);
  return node.outputs.filter((name) => name !== '' && isRead(name)).map((value) => ({ node, value }));
}

/** Values that depend on the input, and those that do so by way of a weighted layer. */
function dependents(graph: Graph): { readonly fed: ReadonlySet<string>; readonly late: ReadonlySet<string> } {
  const fed = dependentsOf(
    graph.nodes,
    graph.inputs.map(({ name }) => name),
  );
  const layers = graph.nodes.filter((node) => WEIGHTED.has(node.op) && readsOf(node).some((name) => fed.has(name)));
  return {
    fed,
    late: dependentsOf(
      graph.nodes,
      layers.flatMap((node) => node.outputs),
    ),
  };
}

function isSame(a: Constant, b: Constant): boolean {
  return a.shape.join() === b.shape.join() && Buffer.compare(a.bytes, b.bytes) === 0;
}

function fail(node: Node, why: string): never {
  throw new AssayError('operator', {
    what: `${describeNode(node)} is control flow, which has no gradient, and ${why}`,
  });
}
