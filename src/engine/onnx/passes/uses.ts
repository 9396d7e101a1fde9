import type { Graph, Node } from '../graph/ir.js';

/** Which node gives a value of a graph, and which read it. */
export class Uses {
  readonly #producers: ReadonlyMap<string, Node>;
  readonly #readers = new Map<string, Node[]>();
  /** Read by the graph's outputs or by a subgraph. */
  readonly #elsewhere: ReadonlySet<string>;

  constructor(graph: Graph) {
    this.#producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    for (const node of graph.nodes) {
      for (const input of new Set(node.inputs)) {
        const known = this.#readers.get(input);
        if (known === undefined) this.#readers.set(input, [node]);
        else known.push(node);
      }
    }
    const attributes = graph.nodes.flatMap((node) => [...node.attributes.values()]);
    const captures = attributes.flatMap((attribute) => (attribute.kind === 'opaque' ? attribute.captures : []));
    this.#elsewhere = new Set([...graph.outputs.map(({ name }) => name), ...captures]);
  }

  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  /** Nodes that read a value as an input, in the order of the graph. */
  readers(value: string): readonly Node[] {
    return this.#readers.get(value) ?? [];
  }

  /** Whether some nodes give nothing that anything else reads, except for `result`. */
  areOnlyFor(nodes: ReadonlySet<Node>, result: string): boolean {
    const inner = [...nodes].flatMap((node) => node.outputs).filter((output) => output !== '' && output !== result);
    return inner.every((output) => this.#isWithin(output, nodes));
  }

  isOnlyFor(value: string, reader: Node): boolean {
    return this.#isWithin(value, new Set([reader]));
  }

  #isWithin(value: string, nodes: ReadonlySet<Node>): boolean {
    return !this.#elsewhere.has(value) && this.readers(value).every((reader) => nodes.has(reader));
  }
}
