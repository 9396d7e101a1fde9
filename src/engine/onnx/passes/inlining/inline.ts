import { AssayError } from '#base/errors';
import { describeNode } from '../../graph/describe.js';
import type { Constant, Graph, Node } from '../../graph/ir.js';
import type { Body } from '../../proto/body.js';

/** A graph that takes bodies in where nodes stood. Names of a body that are taken outside get others. */
export class Inliner {
  readonly #nodes: Node[] = [];
  readonly #constants: Map<string, Constant>;
  readonly #taken: Set<string>;

  constructor(private readonly graph: Graph) {
    this.#constants = new Map(graph.constants);
    this.#taken = new Set([
      ...graph.constants.keys(),
      ...graph.inputs.map(({ name }) => name),
      ...graph.nodes.flatMap((node) => node.outputs),
    ]);
  }

  keep(node: Node): void {
    this.#nodes.push(node);
  }

  /** Puts a body in the place of a node: its inputs are the node's, its outputs get the node's names. */
  inline(node: Node, body: Body, inputs: readonly string[]): Node[] {
    const names = new Map<string, string>(body.inputs.map((name, i) => [name, inputs[i] ?? '']));
    for (const own of [...body.constants.keys(), ...body.nodes.flatMap(({ outputs }) => outputs)]) {
      if (own !== '' && !names.has(own)) names.set(own, this.#fresh(own));
    }
    const now = (name: string): string => names.get(name) ?? name;
    for (const [name, constant] of body.constants) this.#constants.set(now(name), constant);
    const inner = body.nodes.map((each) => this.#renamed(each, now));
    // An output may be an input or a constant of the body: only a node of its own can have the outer name.
    const outputs = node.outputs.map((output, i) => identity(now(body.outputs[i] ?? ''), output));
    return [...inner, ...outputs];
  }

  build(): Graph {
    return { ...this.graph, nodes: this.#nodes, constants: this.#constants };
  }

  #renamed(node: Node, now: (name: string) => string): Node {
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'opaque' && attribute.captures.some((name) => now(name) !== name)) {
        throw new AssayError('operator', { what: `${describeNode(node)} reads names of the graph around it` });
      }
    }
    const outputs = node.outputs.map(now);
    return { ...node, name: outputs[0] ?? node.name, inputs: node.inputs.map(now), outputs };
  }

  #fresh(name: string): string {
    let free = name;
    for (let count = 1; this.#taken.has(free); count++) free = `${name}/inlined_${count}`;
    this.#taken.add(free);
    return free;
  }
}

function identity(from: string, to: string): Node {
  return { op: 'Identity', domain: '', name: to, inputs: [from], outputs: [to], attributes: new Map() };
}
