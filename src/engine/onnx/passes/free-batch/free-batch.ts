import { AssayError } from '#base/errors';
import { GraphBuilder } from '../../graph/builder.js';
import { int64Constant } from '../../graph/constants.js';
import type { Graph, Node } from '../../graph/ir.js';
import type { Trace } from '../../graph/trace.js';
import { followSamples, stuck, type Following } from './axis.js';

/** Operators whose first inputs have to be as long as the batch, beside the position of their samples. */
const STATES: Readonly<Record<string, readonly number[]>> = { GRU: [5], LSTM: [5, 6], RNN: [5] };

/**
 * Rewrites a graph that was exported for a fixed batch so that it takes any. The axis of samples is followed through the
 * graph; constant targets of Reshape and Expand that hold the batch get a -1 or a 1 in its place, and constants that are joined
 * to samples (class tokens, first states) are repeated for each. What comes out has to be proved on real outputs: where a
 * size of the model equals the batch, the axis may have been mistaken.
 *
 * @param graph in the form of opset 20, with its constants folded
 * @param trace on the fixed batch
 * @throws AssayError `operator` naming the node where samples cannot be followed
 */
export function freeBatch(graph: Graph, trace: Trace): Graph {
  return new Freeing(graph, trace).run();
}

class Freeing implements Following {
  readonly #axes = new Map<string, number>();
  readonly #builder: GraphBuilder;

  constructor(
    private readonly graph: Graph,
    private readonly trace: Trace,
  ) {
    const inputs = graph.inputs.map((input) => ({ ...input, shape: input.shape && ['n', ...input.shape.slice(1)] }));
    this.#builder = new GraphBuilder({ ...graph, inputs }, []);
    for (const { name } of graph.inputs) this.#axes.set(name, 0);
  }

  run(): Graph {
    for (const node of this.graph.nodes) {
      const axes = this.#readsSamples(node) ? followSamples(node, this) : [];
      node.outputs.forEach((output, i) => {
        const axis = axes[i];
        if (axis !== undefined) this.#axes.set(output, axis);
      });
      this.#builder.append(this.#freed(node));
    }
    return this.#builder.build(this.graph.outputs.map((output) => ({ ...output, shape: null })));
  }

  axisOf(name: string | undefined): number | undefined {
    return this.#axes.get(name ?? '');
  }

  shapeOf(name: string | undefined): readonly number[] {
    return (this.trace.get(name ?? '')?.shape ?? []).map((size) => (typeof size === 'number' ? size : NaN));
  }

  constantOf(name: string | undefined) {
    return this.graph.constants.get(name ?? '');
  }

  #readsSamples(node: Node): boolean {
    const captures = [...node.attributes.values()].flatMap((a) => (a.kind === 'opaque' ? a.captures : []));
    if (captures.some((name) => this.#axes.has(name))) stuck(node, 'holds subgraphs');
    return node.inputs.some((name) => this.#axes.has(name));
  }

  #freed(node: Node): Node {
    if (node.domain !== '') return node;
    switch (node.op) {
      case 'Reshape':
        return this.#withTarget(node, -1);
      case 'Expand':
        return this.#withTarget(node, 1);
      case 'Concat':
        return { ...node, inputs: this.#repeated(node.inputs, this.axisOf(node.outputs[0])) };
      case 'GRU':
      case 'LSTM':
      case 'RNN':
        return this.#withStates(node);
      default:
        return node;
    }
  }

  /** A constant target with another number at the axis of samples. */
  #withTarget(node: Node, batch: -1 | 1): Node {
    const axis = this.axisOf(node.outputs[0]);
    const [value = '', target] = node.inputs;
    if (axis === undefined || this.constantOf(target) === undefined) return node;
    const sizes = this.shapeOf(node.outputs[0]).with(axis, batch);
    const name = this.#builder.constant(int64Constant([sizes.length], sizes));
    return { ...node, inputs: [value, name], attributes: new Map() };
  }

  #withStates(node: Node): Node {
    const positions = STATES[node.op] ?? [];
    const states = node.inputs.map((name, i) => {
      if (name === '' || !positions.includes(i) || this.axisOf(node.inputs[0]) === undefined) return name;
      const [state = name] = this.#repeated([name], 1, node.inputs[0], this.axisOf(node.inputs[0]));
      return state;
    });
    return { ...node, inputs: states };
  }

  /** Values without samples get one copy a sample along `axis`; as many as `like` has, or the first that has some. */
  #repeated(names: readonly string[], axis: number | undefined, like?: string, likeAxis?: number): string[] {
    if (axis === undefined) return [...names];
    const model = like ?? names.find((name) => this.#axes.has(name)) ?? '';
    const from = likeAxis ?? this.axisOf(model) ?? 0;
    return names.map((name) => {
      if (this.#axes.has(name)) return name;
      const { length } = this.shapeOf(name);
      if ((this.shapeOf(name)[axis] ?? 1) !== 1) throw notOneSample(name);
      const size = this.#builder.node('Shape', [model], { start: from, end: from + 1 });
      const ones = (count: number): string[] =>
        count === 0 ? [] : [this.#builder.integers(Array.from({ length: count }, () => 1))];
      const target = [...ones(axis), size, ...ones(length - axis - 1)];
      return this.#builder.node('Expand', [name, this.#builder.node('Concat', target, { axis: 0 })]);
    });
  }
}

/** A constant that the exporter wrote down once for each sample of its batch. */
function notOneSample(name: string): AssayError {
  return new AssayError('operator', { what: `the constant \`${name}\` holds values for a whole batch` });
}
