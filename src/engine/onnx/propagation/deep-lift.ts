import { operatorError } from '../autodiff/rule.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph, Node } from '../graph/ir.js';
import { attached, baselineAt, copyOf, filledLike, keep, nodesBetween, scalarLike, type Propagated } from './beside.js';
import type { PropagationPlace } from './form.js';
import { FUNCTIONS, isAffine, MAXIMA, operatorOf, SMOOTH_FUNCTIONS } from './operators.js';

/** |x - x'| below which the slope of a smooth function is its derivative at their mean: both are wrong by some 1e-5 there. */
const NEAR = 2 ** -7;

/**
 * DeepLIFT by the rescale rule (Shrikumar et al. 2017, arXiv:1704.02685, section 3.5.1): beside the model stands a linear one,
 * which has the slopes between sample and baseline in the place of nonlinear functions, and takes their difference times a
 * carrier of ones. The gradient by the carrier is the contribution of each value.
 *
 * @throws AssayError `operator` naming the first node that the rule says nothing of
 */
export function deepLiftGraph(graph: Graph, { input, at, scores }: PropagationPlace): Propagated {
  const builder = new GraphBuilder(graph);
  const nodes = nodesBetween(graph, at, scores);
  const reference = new Map([[at, baselineAt(builder, graph, input, at)]]);
  const carrier = filledLike(builder, 1, at);
  const difference = builder.node('Sub', [at, reference.get(at) ?? at]);
  const walk = new Rescaling(builder, reference, new Map([[at, builder.node('Mul', [carrier, difference])]]));
  for (const node of nodes) walk.pass(node);
  return { builder, carrier, scores: attached(builder, walk.way(scores), scores) };
}

class Rescaling {
  /**
   * @param reference for each value that depends on the input, what it is for the baseline
   * @param ways for each of them its part of the linear model
   */
  constructor(
    private readonly builder: GraphBuilder,
    private readonly reference: Map<string, string>,
    private readonly ways: Map<string, string>,
  ) {}

  way(value: string): string {
    return this.ways.get(value) ?? value;
  }

  pass(node: Node): void {
    const active = node.inputs.flatMap((name, place) => (this.ways.has(name) ? [place] : []));
    const ways = this.#rule(node, active);
    keep(this.reference, node, copyOf(this.builder, node, this.reference));
    keep(this.ways, node, ways(node));
  }

  #rule(node: Node, active: readonly number[]): (node: Node) => readonly string[] {
    const operator = operatorOf(node);
    const [place = 0, ...others] = active;
    if (isAffine(node, active)) return () => copyOf(this.builder, node, this.ways);
    if (others.length === 0 && FUNCTIONS.has(operator)) return () => [this.#rescaled(node, node.inputs[place] ?? '')];
    if (others.length === 0 && MAXIMA.has(operator)) return () => [this.#maximum(node)];
    throw operatorError(node, 'has no rule in DeepLIFT for what depends on the input there');
  }

  /** (f(x) - f(x')) / (x - x') times what comes in */
  #rescaled(node: Node, input: string): string {
    const { builder } = this;
    const change = this.#change(input);
    const isNear = SMOOTH_FUNCTIONS.has(operatorOf(node))
      ? builder.node('Less', [builder.node('Abs', [change]), scalarLike(builder, NEAR, input)])
      : builder.node('Equal', [change, scalarLike(builder, 0, input)]);
    const near = builder.node('CastLike', [isNear, input]);
    const divisor = builder.node('Where', [isNear, scalarLike(builder, 1, input), change]);
    const slope = builder.node('Div', [this.#change(node.outputs[0] ?? ''), divisor]);
    const far = builder.node('Mul', [slope, builder.node('Sub', [scalarLike(builder, 1, input), near])]);
    const half = builder.node('Mul', [change, scalarLike(builder, 0.5, input)]);
    const mean = builder.node('Sub', [input, half]);
    const [tangent = ''] = copyOf(builder, node, new Map([[input, attached(builder, this.way(input), mean)]]));
    return builder.node('Add', [builder.node('Mul', [this.way(input), far]), builder.node('Mul', [tangent, near])]);
  }

  /**
   * Of a largest value y of a window, max(y, y') - y' belongs to what is largest in the sample, and y - max(y, y') to what is in
   * the baseline; each divided by its own difference, as captum has it. What does not differ has the gradient of the sample.
   */
  #maximum(node: Node): string {
    const { builder } = this;
    const input = node.inputs[0] ?? '';
    const output = node.outputs[0] ?? '';
    const isSame = builder.node('Equal', [this.#change(input), scalarLike(builder, 0, input)]);
    const same = builder.node('CastLike', [isSame, input]);
    const differs = builder.node('Sub', [scalarLike(builder, 1, input), same]);
    const divisor = builder.node('Where', [isSame, scalarLike(builder, 1, input), this.#change(input)]);
    const divided = builder.node('Mul', [this.way(input), builder.node('Div', [differs, divisor])]);
    const chosen = (way: string, value: string): string =>
      copyOf(builder, node, new Map([[input, attached(builder, way, value)]]))[0] ?? '';
    const before = this.#of(output);
    const larger = builder.node('Max', [output, before]);
    const bySample = builder.node('Sub', [larger, before]);
    const byBaseline = builder.node('Sub', [output, larger]);
    return builder.node('Sum', [
      builder.node('Mul', [chosen(divided, input), bySample]),
      builder.node('Mul', [chosen(divided, this.#of(input)), byBaseline]),
      chosen(builder.node('Mul', [this.way(input), same]), input),
    ]);
  }

  /** f(x) - f(x') */
  #change(value: string): string {
    return this.builder.node('Sub', [value, this.#of(value)]);
  }

  #of(value: string): string {
    return this.reference.get(value) ?? value;
  }
}
