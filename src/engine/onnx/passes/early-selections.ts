import { intOf, intsOf } from '../graph/attributes.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/ir.js';
import { isPerSample, reshapeTarget, sameDimension, type Shape } from '../graph/shape.js';
import type { Trace } from '../graph/trace.js';
import { walkBackward } from '../graph/walk.js';
import { selectionOf, type Selection, type Stretch } from './selections.js';

/**
 * Takes the positions of an axis that are read in the end before the work that is done on each position by itself, not after
 * it. A classifier on the first token of a transformer reads one row of the last layer: its queries, its projections and
 * its perceptron are then computed for that row alone, forward and backward, and only keys and values for all.
 *
 * @param trace of this graph
 * @returns the new graph, and the trace with the sizes that shrank
 */
export function selectEarly(graph: Graph, trace: Trace): { graph: Graph; trace: Trace } {
  const selections = new Map(graph.nodes.map((node) => [node, selectionOf(graph, trace, node)]));
  const hasSelections = [...selections.values()].some((selection) => selection !== null);
  return hasSelections && !graph.nodes.some(hasSubgraphs)
    ? new Shrinking(graph, trace, selections).run()
    : { graph, trace };
}

function hasSubgraphs({ attributes }: Node): boolean {
  return [...attributes.values()].some(({ kind }) => kind === 'opaque');
}

/** What is read of a value: some positions of one axis, or all there is. */
type Demand = Stretch | 'everything';

class Shrinking {
  readonly #builder: GraphBuilder;
  readonly #demandOf: (value: string) => Demand | null;
  /** Values that have only the positions that are read. */
  readonly #short = new Map<string, Stretch>();
  readonly #taken = new Map<string, string>();

  constructor(
    private readonly graph: Graph,
    private readonly trace: Trace,
    private readonly selections: ReadonlyMap<Node, Selection | null>,
  ) {
    this.#builder = new GraphBuilder(graph, []);
    this.#demandOf = walkBackward<Demand>(
      graph.nodes,
      new Map(graph.outputs.map(({ name }) => [name, 'everything'])),
      (a, b) => (a !== 'everything' && b !== 'everything' && sameStretch(a, b) ? a : 'everything'),
      (node, [demand]) => this.#demandsOf(node, demand ?? 'everything'),
    );
  }

  run(): { graph: Graph; trace: Trace } {
    for (const node of this.graph.nodes) this.#append(node);
    const traced = new Map(this.trace);
    for (const [name, { axis, count }] of this.#short) {
      const known = traced.get(name);
      if (known !== undefined) traced.set(name, { ...known, shape: known.shape.with(axis, count) });
    }
    return { graph: this.#builder.build(this.graph.outputs), trace: traced };
  }

  /** What a node reads of its inputs for what is read of its output. */
  #demandsOf(node: Node, demand: Demand): Demand[] {
    const selection = this.selections.get(node) ?? null;
    if (selection !== null) return node.inputs.map((_, i) => (i === 0 ? selection : 'everything'));
    const axes = demand === 'everything' ? null : this.#axesOf(node, demand);
    return node.inputs.map((_, i) => {
      const axis = axes?.[i] ?? null;
      return axis === null || demand === 'everything' ? 'everything' : { ...demand, axis };
    });
  }

  #append(node: Node): void {
    const [output = ''] = node.outputs;
    const selection = this.selections.get(node) ?? null;
    const demand = this.#demandOf(output) ?? 'everything';
    const axes = demand === 'everything' || selection !== null ? null : this.#axesOf(node, demand);
    if (selection !== null && this.#short.has(selection.input)) this.#appendSelected(selection);
    else if (demand === 'everything' || axes === null) this.#builder.append(node);
    else {
      this.#builder.append(this.#shortened(node, demand, axes));
      this.#short.set(output, demand);
    }
  }

  /** What is left of a selection whose input holds nothing else. */
  #appendSelected({ node, input, axis, drops }: Selection): void {
    const { inputs, op } = drops
      ? { op: 'Squeeze', inputs: [input, this.#builder.integers([axis])] }
      : { op: 'Identity', inputs: [input] };
    this.#builder.append({ ...node, op, inputs, attributes: new Map() });
  }

  #shortened(node: Node, stretch: Stretch, axes: readonly (number | null)[]): Node {
    const inputs = node.inputs.map((name, i) => {
      const axis = axes[i] ?? null;
      return axis === null ? name : this.#take(name, { ...stretch, axis });
    });
    const target = node.op === 'Reshape' ? this.#targetOf(node, stretch) : null;
    if (target === null) return { ...node, inputs };
    return { ...node, inputs: [inputs[0] ?? '', this.#builder.integers(target)], attributes: new Map() };
  }

  #take(value: string, stretch: Stretch): string {
    if (this.#short.has(value)) return value;
    const key = JSON.stringify([value, stretch.axis, stretch.begin, stretch.count, stretch.step]);
    const before = this.#taken.get(key);
    if (before !== undefined) return before;
    const { axis, begin, count, step } = stretch;
    const bounds = [begin, begin + (count - 1) * step + 1, axis, step].map((bound) => this.#builder.integers([bound]));
    const taken = this.#builder.node('Slice', [value, ...bounds]);
    this.#taken.set(key, taken);
    return taken;
  }

  #axesOf(node: Node, { axis }: Stretch): readonly (number | null)[] | null {
    const isKnown = [...node.inputs, ...node.outputs].every((name) => name === '' || this.#known(name) !== undefined);
    const rule = node.domain === '' && node.outputs.length === 1 && isKnown ? RULES.get(node.op) : undefined;
    const axes = rule?.(node, axis, (name) => this.#shapeOf(name)) ?? null;
    return node.op === 'Reshape' && this.#targetOf(node, { axis, count: 1 }) === null ? null : axes;
  }

  #targetOf(node: Node, { axis, count }: Pick<Stretch, 'axis' | 'count'>): number[] | null {
    return reshapeTarget(this.#shapeOf(node.outputs[0]).with(axis, count));
  }

  #shapeOf(value = ''): Shape {
    return this.#known(value)?.shape ?? [];
  }

  #known(value: string): { readonly shape: Shape } | undefined {
    return this.trace.get(value) ?? this.graph.constants.get(value);
  }
}

function sameStretch(a: Stretch, b: Stretch): boolean {
  return a.axis === b.axis && a.begin === b.begin && a.count === b.count && a.step === b.step;
}

/**
 * The axis of each input at which a node reads what it gives at an axis of its output: null for inputs that it reads whole,
 * and null for all where the positions of an output do not come from the same positions of an input.
 */
type AxisRule = (
  node: Node,
  axis: number,
  shapeOf: (value: string | undefined) => Shape,
) => readonly (number | null)[] | null;

/** Operands are aligned at their last axes; one that has a single position there is used as it is. */
const alongBroadcast: AxisRule = (node, axis, shapeOf) => {
  const whole = shapeOf(node.outputs[0]);
  return node.inputs.map((name) => {
    const shape = shapeOf(name);
    const own = axis - (whole.length - shape.length);
    return own >= 0 && shape[own] !== 1 ? own : null;
  });
};

/** Operators that work on their attribute `axis` and leave those in front of it alone. */
const beforeAxis: AxisRule = (node, axis, shapeOf) => {
  const { length } = shapeOf(node.inputs[0]);
  const first = intOf(node, 'axis', -1);
  return axis < (first < 0 ? first + length : first) ? [axis] : null;
};

/** The rows of the left operand, or matrices of a stack. */
const matMul: AxisRule = (node, axis, shapeOf) => {
  const [left, right, whole] = [...node.inputs, ...node.outputs].map((name) => shapeOf(name).length);
  if (left === undefined || right === undefined || whole === undefined || left < 2 || right < 2) return null;
  if (axis === whole - 1) return null;
  return axis === whole - 2 ? [left - 2, null] : alongBroadcast(node, axis, shapeOf);
};

const gemm: AxisRule = (node, axis, shapeOf) => {
  return axis === 0 ? [intOf(node, 'transA', 0), null, alongBroadcast(node, axis, shapeOf)?.[2] ?? null] : null;
};

const transpose: AxisRule = (node, axis, shapeOf) => {
  const { length } = shapeOf(node.inputs[0]);
  return [intsOf(node, 'perm')?.[axis] ?? length - 1 - axis];
};

/** An axis that stays as long and has as many elements in front of it. */
const reshape: AxisRule = (node, axis, shapeOf) => {
  const [source, target] = [shapeOf(node.inputs[0]), shapeOf(node.outputs[0])];
  const size = target[axis] ?? NaN;
  const front = volume(target.slice(0, axis));
  const found = source.findIndex((own, i) => sameDimension(own, size) && volume(source.slice(0, i)) === front);
  return found === -1 ? null : [found];
};

/** The product of sizes, which tells those that grow with the batch apart. */
function volume(shape: Shape): string {
  const product = shape.reduce<number>((size, d) => size * (isPerSample(d) ? d.perSample : d), 1);
  return `${product} n^${shape.filter(isPerSample).length}`;
}

const ELEMENTWISE =
  'Abs Add Cast Clip Div Elu Erf Exp Gelu HardSigmoid HardSwish Identity LeakyRelu Log Max Mean Min Mish Mul Neg PRelu Pow ' +
  'Reciprocal Relu Selu Sigmoid Softplus Softsign Sqrt Sub Sum Tanh Where';

const RULES: ReadonlyMap<string, AxisRule> = new Map<string, AxisRule>([
  ...ELEMENTWISE.split(' ').map((op) => [op, alongBroadcast] as const),
  ['Gemm', gemm],
  ['LayerNormalization', beforeAxis],
  ['LogSoftmax', beforeAxis],
  ['MatMul', matMul],
  ['Reshape', reshape],
  ['Softmax', beforeAxis],
  ['Squeeze', reshape],
  ['Transpose', transpose],
  ['Unsqueeze', reshape],
]);
