import type { GraphBuilder } from '../graph/builder.js';
import type { ElementType, Graph, Node } from '../graph/ir.js';
import type { Trace } from '../graph/trace.js';
import { integerOperator, withFakeQuantizers } from './fake-quantizers.js';
import { operatorError, RuleContext, type GradientRule, type Substitute } from './rule.js';

export interface DifferentiationRequest {
  readonly graph: Graph;
  readonly trace: Trace;
  /** For each value whose gradient is known from outside: the name of that gradient. */
  readonly cotangents: ReadonlyMap<string, string>;
  /** Inputs or constants of the graph. */
  readonly wrt: readonly string[];
  /** By operator, with the domain and a dot in front where it is not the standard one. */
  readonly rules: ReadonlyMap<string, GradientRule>;
}

export interface Differentiation {
  /** For each name of `wrt` the name of its gradient; names that the outputs do not depend on are left out. */
  readonly gradients: ReadonlyMap<string, string>;
  readonly substitutes: readonly Substitute[];
}

/**
 * Reverse-mode differentiation of a graph into a graph (Griewank & Walther 2008, chapter 3): walks the nodes backward
 * once and adds, for each, the nodes of its vector-Jacobian product to `builder`.
 *
 * @throws AssayError `operator` naming the first node on the way that has no rule, or one that computes on the integers of
 * a quantizer.
 */
export function differentiate(builder: GraphBuilder, request: DifferentiationRequest): Differentiation {
  const { graph, trace, rules } = request;
  const nodes = withFakeQuantizers(graph.nodes);
  const active = dependents(nodes, trace, request.wrt);
  const opaque = integerOperator(graph.nodes, active);
  if (opaque !== undefined) throw operatorError(opaque, 'computes on quantized integers');
  const gradients = new Accumulator(builder, request.cotangents);
  const substitutes: Substitute[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => active.has(output))) continue;
    const own = node.outputs.map((output) => gradients.of(output));
    if (own.every((gradient) => gradient === null)) continue;
    const rule = rules.get(node.domain === '' ? node.op : `${node.domain}.${node.op}`);
    if (rule === undefined) throw operatorError(node, 'has no gradient rule');
    const context = new RuleContext(node, builder, own, trace, (input) => active.has(input), substitutes);
    rule(context).forEach((gradient, i) => {
      const input = node.inputs[i];
      if (gradient !== null && input !== undefined && active.has(input)) gradients.add(input, gradient);
    });
  }
  const found = request.wrt.map((name) => [name, gradients.of(name)] as const);
  return {
    gradients: new Map(found.filter((entry): entry is readonly [string, string] => entry[1] !== null)),
    substitutes: substitutes.reverse(),
  };
}

/** Sums the gradients that reach a value along different ways. */
class Accumulator {
  readonly #parts = new Map<string, string[]>();
  readonly #sums = new Map<string, string>();

  constructor(
    private readonly builder: GraphBuilder,
    cotangents: ReadonlyMap<string, string>,
  ) {
    for (const [value, gradient] of cotangents) this.add(value, gradient);
  }

  add(value: string, gradient: string): void {
    const parts = this.#parts.get(value);
    if (parts === undefined) this.#parts.set(value, [gradient]);
    else parts.push(gradient);
  }

  of(value: string): string | null {
    const known = this.#sums.get(value);
    if (known !== undefined) return known;
    const parts = this.#parts.get(value);
    if (parts === undefined) return null;
    const sum = parts.reduce((total, part) => this.builder.node('Add', [total, part]));
    this.#sums.set(value, sum);
    return sum;
  }
}

const FLOATING: ReadonlySet<ElementType> = new Set<ElementType>(['float32', 'float64', 'float16', 'bfloat16']);

/** All real-valued values that depend on one of `sources`, the sources included. */
function dependents(nodes: readonly Node[], trace: Trace, sources: readonly string[]): Set<string> {
  const found = new Set(sources);
  const isReal = (name: string): boolean => FLOATING.has(trace.get(name)?.type ?? 'other');
  for (const node of nodes) {
    if (!readsAny(node, found)) continue;
    for (const output of node.outputs) if (isReal(output)) found.add(output);
  }
  return found;
}

function readsAny(node: Node, names: ReadonlySet<string>): boolean {
  if (node.inputs.some((input) => names.has(input))) return true;
  return [...node.attributes.values()].some((a) => a.kind === 'opaque' && a.captures.some((name) => names.has(name)));
}
