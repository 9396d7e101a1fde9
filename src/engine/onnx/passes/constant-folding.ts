import { constantOfRuntime } from '../graph/runtime-constant.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
import { RANDOM } from '../graph/structure.js';
import { readsOf } from '../graph/walk.js';
import { executions, type TraceFeeds } from '../tracing.js';

/** What they give depends on the shape of their input alone. */
const SHAPES: ReadonlySet<string> = new Set(['Shape', 'Size']);
/** They give sequences, which no constant holds; tensors that are taken out of them may be constant. */
const SEQUENCES = /^(Sequence(?!At|Length)|SplitToSequence|Optional(?!HasElement))/;
/** Larger results stay computed: what is repeated to this size is cheaper to repeat again. */
const LARGEST_BYTES = 2 ** 26;

/**
 * Replaces what depends on nothing but constants and on shapes that are the same for every batch by its value, found by
 * execution with two and with three samples. Exporters compute the arguments of Reshape, Slice and Expand that way.
 *
 * @param what `integers` leaves weights as the file has them, whatever is computed from them
 */
export async function foldConstants(
  graph: Graph,
  feeds: TraceFeeds,
  what: 'everything' | 'integers' = 'everything',
): Promise<Graph> {
  const foldable = foldableNodes(graph);
  const giving = foldable.filter((node) => !SEQUENCES.test(node.op));
  const names = giving.flatMap((node) => node.outputs).filter((name) => name !== '');
  if (names.length === 0) return graph;
  const [once, again = once] = await executions(graph, feeds, names);
  const folded = new Map<string, Constant>();
  for (const name of names) {
    const [value, other] = [once.get(name), again.get(name)].map((result) => result && constantOfRuntime(result));
    const isWanted = what === 'everything' || !value?.type.startsWith('float');
    if (isWanted && value != null && other != null && sameConstant(value, other)) folded.set(name, value);
  }
  const isFolded = (node: Node): boolean => node.outputs.every((name) => name === '' || folded.has(name));
  const gone = new Set(giving.filter(isFolded));
  const kept = [...gone]
    .flatMap((node) => node.outputs)
    .flatMap((name) => {
      const constant = folded.get(name);
      return constant === undefined ? [] : [[name, constant] as const];
    });
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => !gone.has(node)),
    constants: new Map([...graph.constants, ...kept]),
  };
}

function foldableNodes(graph: Graph): Node[] {
  const known = new Set(graph.constants.keys());
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return graph.nodes.filter((node) => {
    const isShape = node.domain === '' && SHAPES.has(node.op);
    const isKnown = readsOf(node).every((name) => known.has(name));
    if ((!isShape && !isKnown) || RANDOM.has(node.op) || node.outputs.some((name) => outputs.has(name))) return false;
    node.outputs.forEach((name) => known.add(name));
    return true;
  });
}

function sameConstant(a: Constant, b: Constant): boolean {
  return (
    a.bytes.length <= LARGEST_BYTES &&
    a.type === b.type &&
    a.shape.length === b.shape.length &&
    a.shape.every((size, axis) => size === b.shape[axis]) &&
    Buffer.compare(a.bytes, b.bytes) === 0
  );
}
