import { AssayError } from '#base/errors';
import type { EngineSpec, LossKind, OutputScale } from '../contract.js';
import { differentiate } from './autodiff/differentiate.js';
import type { GradientRule } from './autodiff/rule.js';
import { blockedRules } from './autodiff/rules/convolution/blocked.js';
import { gradientRules } from './autodiff/rules/index.js';
import { blockSize } from './block-size.js';
import { GraphBuilder } from './graph/builder.js';
import type { Graph, ValueInfo } from './graph/ir.js';
import type { Trace } from './graph/trace.js';
import { upgradeGraph } from './graph/upgrade.js';
import { compileLoss, type CompiledLoss } from './losses.js';
import type { FileModel } from './model.js';
import { blockedLayout } from './passes/blocked-layout.js';
import { foldNormalization, PIXELS } from './passes/normalization.js';
import { poolIndices, reluAfterPool, tournamentPool } from './passes/pooling.js';
import { prune } from './passes/prune.js';
import { beforeActivation } from './scale.js';
import { traceFeeds, traceGraph } from './tracing.js';

/** A model made ready for differentiation: input in the user's units, scores as output, every shape known. */
export interface PreparedGraph {
  readonly graph: Graph;
  readonly trace: Trace;
  /** [n, width] logits or values. */
  readonly scores: string;
  readonly width: number;
  readonly rules: ReadonlyMap<string, GradientRule>;
}

/** `training` keeps weights as the file has them; `inference` may lay them out for the processor. */
export type GraphForm = 'inference' | 'training';

/** Brings a model into the form that losses and gradients are added to. */
export async function prepareGraph(
  file: FileModel,
  spec: EngineSpec,
  scale: OutputScale,
  width: number,
  form: GraphForm,
): Promise<PreparedGraph> {
  if (file.graph.functions.length > 0) {
    throw new AssayError('operator', { what: 'the model defines functions of its own' });
  }
  const upgraded = upgradeGraph(file.graph);
  const normalized = foldNormalization(upgraded, file.input, spec.normalization);
  const { graph, scores } = withScores(normalized, file.output, spec, scale, width);
  const feeds = traceFeeds(PIXELS, spec.probe, file.batch);
  const tidy = reluAfterPool(prune(graph, [scores]));
  const trace = await traceGraph(tidy, feeds);
  const block = form === 'inference' ? await blockSize() : null;
  const laidOut = block === null ? tidy : blockedLayout(tidy, trace, block);
  const rewritten = poolIndices(tournamentPool(laidOut, trace));
  const rules = block === null ? gradientRules : new Map([...gradientRules, ...blockedRules(block)]);
  return { graph: rewritten, trace: await traceGraph(rewritten, feeds), scores, width, rules };
}

/** Logits in front of a last activation where there is one, else the logarithm of probabilities; always [n, width]. */
function withScores(
  graph: Graph,
  output: string,
  spec: EngineSpec,
  scale: OutputScale,
  width: number,
): { graph: Graph; scores: string } {
  const builder = new GraphBuilder(graph);
  const logits = scale === 'probabilities' ? beforeActivation(graph, output) : output;
  const flat = (value: string): string => builder.reshape(value, [-1, width]);
  const scores = logits === null ? logitsOf(builder, spec, flat(output)) : flat(logits);
  return { graph: builder.build([value(scores)]), scores };
}

function logitsOf(builder: GraphBuilder, spec: EngineSpec, probabilities: string): string {
  const log = (p: string): string =>
    builder.node('Log', [builder.node('Max', [p, builder.scalar(1.1754943508222875e-38)])]);
  if (spec.head === 'classes') return log(probabilities);
  return builder.node('Sub', [log(probabilities), log(builder.node('Sub', [builder.scalar(1), probabilities]))]);
}

/** A graph that computes scores, loss and gradients in one execution. */
export interface GradientGraph {
  readonly graph: Graph;
  readonly scores: string;
  readonly loss: string;
  readonly labels: CompiledLoss['labels'];
  /** By name of what was differentiated; what the loss does not depend on is left out. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Compiles a loss and its gradients with respect to `wrt` into a prepared graph.
 *
 * @throws AssayError `operator` naming the first node without a gradient rule.
 */
export function gradientGraph(
  prepared: PreparedGraph,
  spec: EngineSpec,
  kind: LossKind,
  wrt: readonly string[] = [PIXELS],
): GradientGraph {
  const { graph, trace, scores, width } = prepared;
  const builder = new GraphBuilder(graph);
  const loss = compileLoss(builder, scores, width, kind, spec.head);
  const { gradients } = differentiate(builder, {
    graph,
    trace,
    cotangents: new Map([[scores, loss.cotangent]]),
    wrt,
    rules: prepared.rules,
  });
  const outputs = [scores, loss.value, ...gradients.values()];
  const complete = prune(builder.build(outputs.map(value)), outputs);
  return { graph: complete, scores, loss: loss.value, labels: loss.labels, gradients };
}

function value(name: string): ValueInfo {
  return { name, type: 'float32', shape: null };
}
