import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/ir.js';
import { reshapeTarget } from '../graph/shape.js';
import type { Trace } from '../graph/trace.js';
import { selectionOf, type Selection } from './selections.js';

/**
 * Slices and single positions that tile one axis of a value become one Split, whose gradient is one Concat: by themselves,
 * each would pad its gradient to the size of the whole, and all of those would be summed. Exporters write them for the
 * queries, keys and values of attention, for halves that are rotated, and for every second row and column.
 */
export function splitTiledSelections(graph: Graph, trace: Trace): Graph {
  const tilings = tilingsOf(graph, trace);
  const builder = new GraphBuilder(graph, []);
  for (const node of graph.nodes) {
    const tiling = tilings.get(node);
    if (tiling === undefined) builder.append(node);
    else if (tiling.selections[0]?.node === node) appendSplit(builder, tiling);
  }
  return builder.build(graph.outputs);
}

interface Tiling {
  /** In the order of the graph. */
  readonly selections: readonly Selection[];
  /** What the whole axis splits into. */
  readonly parts: readonly Selection[];
  /** Where steps are taken: the shape in which they are an axis of their own. */
  readonly phased: readonly number[] | null;
}

function tilingsOf(graph: Graph, trace: Trace): Map<Node, Tiling> {
  const groups = new Map<string, Selection[]>();
  for (const node of graph.nodes) {
    const selection = selectionOf(graph, trace, node);
    if (selection === null) continue;
    const key = `${selection.axis} ${selection.step} ${selection.input}`;
    groups.set(key, [...(groups.get(key) ?? []), selection]);
  }
  const tilings = [...groups.values()].flatMap((selections) => tilingOf(selections, trace) ?? []);
  return new Map(tilings.flatMap((tiling) => tiling.selections.map(({ node }) => [node, tiling] as const)));
}

/** Null where parts overlap or miss some of the axis. */
function tilingOf(selections: readonly Selection[], trace: Trace): Tiling | null {
  const distinct = new Map(selections.map((selection) => [`${selection.begin} ${selection.count}`, selection]));
  const parts = [...distinct.values()].sort((a, b) => a.begin - b.begin);
  const [{ input, axis, step } = { input: '', axis: 0, step: 1 }] = parts;
  const shape = trace.get(input)?.shape ?? [];
  const size = shape[axis];
  if (parts.length < 2 || typeof size !== 'number') return null;
  if (step === 1) {
    const end = parts.reduce((position, { begin, count }) => (begin === position ? position + count : NaN), 0);
    return end === size ? { selections, parts, phased: null } : null;
  }
  const rows = size / step;
  const phased = reshapeTarget([...shape.slice(0, axis), rows, step, ...shape.slice(axis + 1)]);
  const isTiled = parts.length === step && parts.every(({ begin, count }, i) => begin === i && count === rows);
  return isTiled && phased !== null ? { selections, parts, phased } : null;
}

function appendSplit(builder: GraphBuilder, { selections, parts, phased }: Tiling): void {
  const [{ input, axis } = { input: '', axis: 0 }] = parts;
  const whole = phased === null ? input : builder.reshape(input, phased);
  const splitAxis = phased === null ? axis : axis + 1;
  const sizes = builder.integers(parts.map(({ count }) => (phased === null ? count : 1)));
  const split = builder.nodes('Split', [whole, sizes], parts.length, { axis: splitAxis });
  for (const { node, begin, drops } of selections) {
    const part = split[parts.findIndex((candidate) => candidate.begin === begin)] ?? '';
    const dropped = drops || phased !== null;
    const output = dropped
      ? builder.node('Squeeze', [part, builder.integers([splitAxis])])
      : builder.node('Identity', [part]);
    builder.rename(output, node.outputs[0] ?? '');
  }
}
