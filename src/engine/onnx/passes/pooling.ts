import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/ir.js';
import { fixedFrom } from '../graph/shape.js';
import type { Trace } from '../graph/trace.js';
import { columnsApart } from './blocked/columns.js';

/**
 * A ReLU that only a max pooling reads is moved behind it: max and ReLU commute, and the ReLU and its mask then work
 * on the smaller tensor.
 */
export function reluAfterPool(graph: Graph): Graph {
  const readers = readersOf(graph);
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const moved = new Map<Node, Node[]>();
  for (const pool of graph.nodes) {
    if (pool.op !== 'MaxPool' || pool.domain !== '' || pool.outputs.length !== 1) continue;
    const relu = producers.get(pool.inputs[0] ?? '');
    if (relu?.op !== 'Relu' || relu.domain !== '') continue;
    const between = relu.outputs[0] ?? '';
    if (readers.get(between) !== 1 || graph.outputs.some((output) => output.name === between)) continue;
    moved.set(relu, []);
    moved.set(pool, [
      // Names go with the outputs: nodes that a builder adds are named by theirs.
      { ...pool, name: relu.name, inputs: relu.inputs, outputs: [between] },
      { ...relu, name: pool.name, inputs: [between], outputs: pool.outputs },
    ]);
  }
  return { ...graph, nodes: graph.nodes.flatMap((node) => moved.get(node) ?? [node]) };
}

/**
 * Max poolings whose windows tile the input become a tournament: windows are split into their phases and compared in
 * pairs. That leaves the gradient to Max, whose rule routes it by comparing again, and never needs indices.
 */
export function tournamentPool(graph: Graph, trace: Trace): Graph {
  const builder = new GraphBuilder(graph, []);
  for (const node of graph.nodes) {
    const tiling = node.op === 'MaxPool' && node.domain === '' ? tilingOf(node, trace) : null;
    if (tiling === null) builder.append(node);
    else builder.rename(tournament(builder, node.inputs[0] ?? '', tiling, 1), node.outputs[0] ?? '');
  }
  return builder.build(graph.outputs);
}

/** Every other max pooling gets its second output, the indices that its gradient needs. */
export function poolIndices(graph: Graph): Graph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) =>
      node.op === 'MaxPool' && node.domain === '' && node.outputs.length === 1
        ? { ...node, outputs: [...node.outputs, `${node.outputs[0] ?? ''}/indices`] }
        : node,
    ),
  };
}

export interface Tiling {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** 2 x 2 windows with stride 2 over even sizes: the pooling of nearly every small CNN. */
export function tilingOf(node: Node, trace: Trace): Tiling | null {
  const shape = trace.get(node.inputs[0] ?? '')?.shape ?? [];
  const sizes = fixedFrom(shape, 1);
  if (sizes === null || shape.length !== 4 || node.outputs.length !== 1 || hasPadding(node)) return null;
  const [channels = 0, height = 0, width = 0] = sizes;
  const twoByTwo = [integers(node, 'kernel_shape'), integers(node, 'strides')].every((v) => v[0] === 2 && v[1] === 2);
  const isPlain = integers(node, 'dilations').every((d) => d === 1);
  return twoByTwo && isPlain && height % 2 === 0 && width % 2 === 0 ? { channels, height, width } : null;
}

/** 3 x 3 windows with stride 2 over even sizes, from one before the edge on: the pooling of ResNet's stem. */
export function overlapOf(node: Node, trace: Trace): Tiling | null {
  const sizes = fixedFrom(trace.get(node.inputs[0] ?? '')?.shape ?? [], 1);
  const output = fixedFrom(trace.get(node.outputs[0] ?? '')?.shape ?? [], 2);
  const automatic = node.attributes.get('auto_pad');
  if (sizes === null || output === null || node.outputs.length !== 1) return null;
  if (automatic?.kind === 'string' && automatic.value !== 'NOTSET') return null;
  const [channels = 0, height = 0, width = 0] = sizes;
  const all = (name: string, value: number, count: number): boolean =>
    integers(node, name).length >= count &&
    integers(node, name)
      .slice(0, 2)
      .every((each) => each === value);
  const isOverlap = all('kernel_shape', 3, 2) && all('strides', 2, 2) && all('pads', 1, 4);
  const isPlain = integers(node, 'dilations').every((d) => d === 1);
  const halves = output[0] === height / 2 && output[1] === width / 2 && output.length === 2;
  return isOverlap && isPlain && halves ? { channels, height, width } : null;
}

/**
 * Overlapping windows, one axis after the other: the window of output o holds the odd position before it, its even and its odd
 * one. So half of the values are shifted by one, and three are compared; the first of equal maxima wins.
 */
export function overlappingTournament(
  builder: GraphBuilder,
  input: string,
  { channels, height, width }: Tiling,
  block: number,
): string {
  const lowest = builder.scalar(-Infinity);
  const alongAxis = (value: string, positions: number, inner: number): string => {
    const parts = builder.nodes('Split', [builder.reshape(value, [-1, positions / 2, 2, inner])], 2, {
      axis: 2,
      num_outputs: 2,
    });
    const [even = '', odd = ''] = parts.map((part) => builder.reshape(part, [-1, positions / 2, inner]));
    const before = builder.node('Pad', [odd, builder.integers([0, 1, 0, 0, -1, 0]), lowest]);
    return builder.node('Max', [builder.node('Max', [before, even]), odd]);
  };
  const columns = alongAxis(input, width, block);
  const both = alongAxis(columns, height, (width / 2) * block);
  return builder.reshape(both, [-1, channels, height / 2, width / 2]);
}

/**
 * Left against right, then upper against lower: so the first of equal maxima in row-major order wins.
 *
 * @param block values of neighbouring channels that lie side by side: 1 in the plain layout
 */
export function tournament(
  builder: GraphBuilder,
  input: string,
  { channels, height, width }: Tiling,
  block: number,
): string {
  const halves = (value: string, inner: number): readonly string[] =>
    builder.nodes('Split', [builder.reshape(value, [-1, 2, inner])], 2, { axis: 1, num_outputs: 2 });
  const columns = block > 1 ? columnsApart(builder, input, { channels, height, width, block }) : halves(input, 1);
  const winners = builder.node('Max', columns);
  const champions = builder.node('Max', halves(winners, (width / 2) * block));
  return builder.reshape(champions, [-1, channels, height / 2, width / 2]);
}

function readersOf(graph: Graph): Map<string, number> {
  const readers = new Map<string, number>();
  for (const node of graph.nodes) for (const input of node.inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  return readers;
}

function hasPadding(node: Node): boolean {
  const automatic = node.attributes.get('auto_pad');
  if (automatic?.kind === 'string' && automatic.value !== 'NOTSET' && automatic.value !== 'VALID') return true;
  const ceil = node.attributes.get('ceil_mode');
  return (ceil?.kind === 'int' && ceil.value !== 0) || integers(node, 'pads').some((amount) => amount !== 0);
}

function integers(node: Node, name: string): readonly number[] {
  const attribute = node.attributes.get(name);
  return attribute?.kind === 'ints' ? attribute.value : [];
}
