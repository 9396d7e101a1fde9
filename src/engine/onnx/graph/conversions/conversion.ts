import { AssayError } from '#base/errors';
import { int64Constant } from '../constants.js';
import { describeNode } from '../describe.js';
import { Facts, type Fact } from '../facts.js';
import type { Attribute, Constant, Graph, Node } from '../ir.js';
import { opsetOf } from '../ir.js';

/**
 * Brings one node from its form in the graph's opset to its form in opset 20. Gives the nodes that take its place; the
 * last of them has its outputs.
 */
export type Converter = (node: Node, conversion: Conversion) => readonly Node[];

/** A graph on its way to opset 20: what converters may ask about it and add to it. */
export class Conversion {
  readonly #graph: Graph;
  readonly #constants: Map<string, Constant>;
  readonly #names: Set<string>;
  readonly #reads: ReadonlySet<string>;
  readonly #facts: Facts;
  #count = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#constants = new Map(graph.constants);
    this.#names = namesOf(graph);
    this.#reads = readNames(graph);
    this.#facts = new Facts(graph, this.#constants);
  }

  get constants(): ReadonlyMap<string, Constant> {
    return this.#constants;
  }

  /** Types and ranks of values that earlier nodes give. */
  fact(name: string | undefined): Fact {
    return this.#facts.of(name);
  }

  learn(node: Node): void {
    this.#facts.learn(node);
  }

  /** The value of an input that is constant; undefined for one that is computed or left out. */
  constantOf(name: string | undefined): Constant | undefined {
    return name === undefined ? undefined : this.#constants.get(name);
  }

  /** Whether any node, subgraph or output uses this value. */
  isRead(name: string | undefined): boolean {
    return name !== undefined && name !== '' && this.#reads.has(name);
  }

  constant(value: Constant): string {
    const name = this.#fresh('constant');
    this.#constants.set(name, value);
    return name;
  }

  integers(values: readonly number[]): string {
    return this.constant(int64Constant([values.length], values));
  }

  /** A new node with one output, and that output's name. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): [Node, string] {
    const output = this.#fresh(op);
    const node = {
      op,
      domain: '',
      name: output,
      inputs,
      outputs: [output],
      attributes: new Map(Object.entries(attributes)),
    };
    return [node, output];
  }

  /** Ends a conversion that has no way to go on. `why` completes the sentence. */
  fail(node: Node, why: string): never {
    throw new AssayError('operator', {
      what: `${describeNode(node)} of opset ${opsetOf(this.#graph)} ${why}`,
      mend: 'Export the model in opset 20 or later.',
    });
  }

  #fresh(hint: string): string {
    const name = `assay/upgrade/${hint}_${this.#count++}`;
    if (this.#names.has(name)) return this.#fresh(hint);
    this.#names.add(name);
    return name;
  }
}

function namesOf(graph: Graph): Set<string> {
  return new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
}

function readNames(graph: Graph): Set<string> {
  const captures = graph.nodes
    .flatMap((node) => [...node.attributes.values()])
    .flatMap((attribute) => (attribute.kind === 'opaque' ? attribute.captures : []));
  return new Set([
    ...graph.outputs.map(({ name }) => name),
    ...graph.nodes.flatMap((node) => node.inputs),
    ...captures,
  ]);
}
