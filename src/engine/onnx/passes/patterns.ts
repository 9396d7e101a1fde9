import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/ir.js';

/** Nodes that compute one value, `result`, and the node of the standard domain that can take their place. */
export interface Pattern {
  readonly nodes: ReadonlySet<Node>;
  readonly result: string;
  readonly replacement: (builder: GraphBuilder) => Pick<Node, 'op' | 'inputs' | 'attributes'>;
}

/** Each replacement stands where the last node of its pattern was. */
export function replacePatterns(graph: Graph, patterns: readonly Pattern[]): Graph {
  const replaced = new Set(patterns.flatMap(({ nodes }) => [...nodes]));
  const byResult = new Map(patterns.map((pattern) => [pattern.result, pattern]));
  const builder = new GraphBuilder(graph, []);
  for (const node of graph.nodes) {
    const [output = ''] = node.outputs;
    const pattern = byResult.get(output);
    if (pattern !== undefined) {
      builder.append({ domain: '', name: node.name, outputs: [output], ...pattern.replacement(builder) });
    } else if (!replaced.has(node)) builder.append(node);
  }
  return builder.build(graph.outputs);
}
