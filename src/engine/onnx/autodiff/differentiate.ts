import type { GraphBuilder } from '../graph/builder.js';
import type { ElementType, Graph } from '../graph/ir.js';
import type { Trace } from '../graph/trace.js';
import { withoutPreprocessor } from '../graph/marks.js';
import { readsShape } from '../graph/structure.js';
import { dependentsOf, walkBackward } from '../graph/walk.js';
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
  const onTheWay = withoutPreprocessor(graph, [...request.cotangents.keys()]);
  const nodes = withFakeQuantizers(onTheWay);
  const isReal = (name: string): boolean => FLOATING.has(trace.get(name)?.type ?? 'other');
  const active = dependentsOf(nodes, request.wrt, (name, node) => isReal(name) && !readsShape(node));
  const opaque = integerOperator(onTheWay, active);
  if (opaque !== undefined) throw operatorError(opaque, 'computes on quantized integers');
  const substitutes: Substitute[] = [];
  const gradientOf = walkBackward(
    nodes,
    request.cotangents,
    (a, b) => builder.node('Add', [a, b]),
    (node, own) => {
      if (!node.outputs.some((output) => active.has(output))) return [];
      const rule = rules.get(node.domain === '' ? node.op : `${node.domain}.${node.op}`);
      if (rule === undefined) throw operatorError(node, 'has no gradient rule');
      const context = new RuleContext(node, builder, own, trace, (input) => active.has(input), substitutes);
      return rule(context).map((gradient, i) => (active.has(node.inputs[i] ?? '') ? gradient : null));
    },
  );
  const found = request.wrt.map((name) => [name, gradientOf(name)] as const);
  return {
    gradients: new Map(found.filter((entry): entry is readonly [string, string] => entry[1] !== null)),
    substitutes: substitutes.reverse(),
  };
}

const FLOATING: ReadonlySet<ElementType> = new Set<ElementType>(['float32', 'float64', 'float16', 'bfloat16']);
