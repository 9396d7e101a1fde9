import type { Normalization } from '../../contract.js';
import { GraphBuilder } from '../graph/builder.js';
import { float32Constant } from '../graph/constants.js';
import type { Graph } from '../graph/ir.js';
import { renameInputs } from './rename.js';

export const PIXELS = 'assay/input';

/** Puts (x - mean) / std in front of a graph, so that its input, {@link PIXELS}, is float32 in the user's units. */
export function foldNormalization(graph: Graph, input: string, normalization: Normalization): Graph {
  const info = graph.inputs.find((candidate) => candidate.name === input);
  const others = graph.inputs.filter((candidate) => candidate.name !== input);
  const builder = new GraphBuilder({ ...graph, inputs: others, nodes: [] });
  builder.input(PIXELS, 'float32', info?.shape ?? null);
  const own = isIdentity(normalization) ? PIXELS : normalize(builder, normalization, (info?.shape?.length ?? 1) - 1);
  const normalized = info?.type === 'float64' ? builder.cast(own, 'float64') : own;
  const front = builder.build(graph.outputs);
  return { ...front, nodes: [...front.nodes, ...renameInputs(graph.nodes, input, normalized)] };
}

export function isIdentity(normalization: Normalization): boolean {
  return normalization.mean.every((mean) => mean === 0) && normalization.std.every((std) => std === 1);
}

function normalize(builder: GraphBuilder, { axis, mean, std }: Normalization, rank: number): string {
  const along = (values: readonly number[]): string => {
    const shape = Array.from({ length: rank - axis }, (_, i) => (i === 0 ? values.length : 1));
    return builder.constant(float32Constant(shape, values));
  };
  return builder.node('Div', [builder.node('Sub', [PIXELS, along(mean)]), along(std)]);
}
