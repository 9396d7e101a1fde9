import type { OutputHead } from '../contract.js';
import { differentiate } from './autodiff/differentiate.js';
import type { Substitute } from './autodiff/rule.js';
import { GraphBuilder } from './graph/builder.js';
import type { Graph } from './graph/ir.js';
import { compileLoss, type LossFeed } from './losses/compile.js';
import type { LossForm } from './losses/form.js';
import { LossMath } from './losses/math.js';
import { columnConvolutions } from './passes/blocked/column-convolutions.js';
import { fuseSums } from './passes/blocked/sums.js';
import { prune } from './passes/prune.js';
import type { PreparedGraph } from './prepare.js';
import { untyped } from './tracing.js';

/** A graph that computes scores, loss and gradients in one execution. */
export interface GradientGraph {
  readonly graph: Graph;
  readonly scores: string;
  readonly loss: string;
  readonly feeds: readonly LossFeed[];
  /** By name of what was differentiated; what the loss does not depend on is left out. */
  readonly gradients: ReadonlyMap<string, string>;
  /** Nodes through which something else than their derivative was taken. */
  readonly substitutes: readonly Substitute[];
}

/** A gradient without a last change of its shape: whoever reads it knows what shape it has. */
function unshaped(builder: GraphBuilder, gradient: string): string {
  const last = builder.producerOf(gradient);
  return last?.op === 'Reshape' && last.domain === '' ? (last.inputs[0] ?? gradient) : gradient;
}

/**
 * Compiles a loss and its gradients with respect to `wrt` into a prepared graph.
 *
 * @param also values that the graph shall give as well
 * @throws AssayError `operator` naming the first node without a gradient rule.
 */
export function gradientGraph(
  prepared: PreparedGraph,
  head: OutputHead,
  form: LossForm,
  wrt: readonly string[] = [prepared.at],
  also: readonly string[] = [],
): GradientGraph {
  const { graph, trace, scores, width, rules } = prepared;
  const builder = new GraphBuilder(graph);
  const loss = compileLoss(builder, scores, width, form, head);
  const cotangents = new Map([[scores, loss.cotangent]]);
  const { gradients: shaped, substitutes } = differentiate(builder, { graph, trace, cotangents, wrt, rules });
  const gradients = new Map([...shaped].map(([name, gradient]) => [name, unshaped(builder, gradient)]));
  return {
    graph: withOutputs(builder, [scores, loss.value, ...gradients.values(), ...also]),
    scores,
    loss: loss.value,
    feeds: loss.feeds,
    gradients,
    substitutes,
  };
}

/** A prepared graph that computes its scores and nothing of a loss. @param also values that it shall give as well */
export function forwardGraph({ graph, scores }: PreparedGraph, also: readonly string[]): Graph {
  return withOutputs(new GraphBuilder(graph), [scores, ...also]);
}

/** A graph that computes scores and several rows of their Jacobian in one execution. */
export interface JacobianGraph {
  readonly graph: Graph;
  readonly scores: string;
  /** For each row: the input that takes its index for each sample, and its gradient; null where there is none. */
  readonly rows: readonly { readonly index: string; readonly gradient: string | null }[];
}

/** One backward pass for each row; the forward pass is shared. */
export function jacobianGraph(prepared: PreparedGraph, rows: number): JacobianGraph {
  const { graph, trace, scores, width, rules, at } = prepared;
  const builder = new GraphBuilder(graph);
  const compiled = Array.from({ length: rows }, (_, row) => {
    const index = builder.input(`assay/row_${row}`, 'int64', ['n']);
    const cotangents = new Map([[scores, new LossMath(builder, scores, width).oneHot(index)]]);
    const { gradients } = differentiate(builder, { graph, trace, cotangents, wrt: [at], rules });
    return { index, gradient: gradients.get(at) ?? null };
  });
  const gradients = compiled.flatMap(({ gradient }) => gradient ?? []);
  return { graph: withOutputs(builder, [scores, ...gradients]), scores, rows: compiled };
}

function withOutputs(builder: GraphBuilder, names: readonly string[]): Graph {
  const outputs = [...new Set(names)];
  const graph = prune(builder.build(outputs.map(untyped)), outputs);
  return fuseSums(prune(columnConvolutions(graph), outputs));
}
