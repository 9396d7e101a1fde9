import { AssayError } from '#base/errors';
import type { EngineSpec, OutputScale } from '../contract.js';
import type { GradientRule } from './autodiff/rule.js';
import { blockedRules } from './autodiff/rules/convolution/blocked.js';
import { gradientRules } from './autodiff/rules/index.js';
import { blockSize } from './block-size.js';
import { GraphBuilder } from './graph/builder.js';
import { embeddingOf } from './graph/embedding.js';
import type { Graph } from './graph/ir.js';
import { rowsWithin, type Trace } from './graph/trace.js';
import { upgradeGraph } from './graph/upgrade.js';
import { runtimeValue, samplesIn, type NamedTensors } from './inputs.js';
import { lowered } from './lowering.js';
import { fileFeeds, isReal, type FileModel } from './model.js';
import { foldBatchNormalization } from './passes/batch-normalization.js';
import { blockedLayout } from './passes/blocked/layout.js';
import { mergeRepeats } from './passes/common-subexpressions.js';
import { foldConstants } from './passes/constant-folding.js';
import { decompose } from './passes/decomposition/index.js';
import { withoutNoOperations } from './passes/no-operations.js';
import { dequantizedOperators } from './passes/dequantized-operators.js';
import { selectEarly } from './passes/early-selections.js';
import { gelu } from './passes/gelu.js';
import { widenHalf } from './passes/half-precision.js';
import { straighten } from './passes/inlining/control-flow.js';
import { inlineFunctions } from './passes/inlining/functions.js';
import { layerNormalization } from './passes/layer-normalization.js';
import { foldNormalization, PIXELS } from './passes/normalization.js';
import { poolIndices, reluAfterPool, tournamentPool } from './passes/pooling.js';
import { prune } from './passes/prune.js';
import { recurrentOutputs } from './passes/recurrent-outputs.js';
import { splitTiledSelections } from './passes/tiled-selections.js';
import { beforeActivation } from './scale.js';
import type { HostedSpec, RuntimeValue } from './session.js';
import { traceGraph, traceSamples, untyped, type Feeds, type TraceFeeds } from './tracing.js';
import { keepingMasks, modeRules, trainingMode, type TrainingMode, type TrainingModeOptions } from './training/mode.js';

/** A model made ready for differentiation: input in the user's units, scores as output, every shape known. */
export interface PreparedGraph {
  readonly graph: Graph;
  readonly trace: Trace;
  /** [n, width] logits or values, float32. */
  readonly scores: string;
  readonly width: number;
  readonly rules: ReadonlyMap<string, GradientRule>;
  /** Where gradients are taken: {@link PIXELS}, or what the embedding gives. */
  readonly at: string;
  /** Samples in one execution: more would take memory and save no time. */
  readonly rows: number;
  /** What was assumed to get here, one sentence each. */
  readonly notes: readonly string[];
}

/** `plain` keeps every value and every weight as the file has them; `inference` may lay them out for the processor. */
export type GraphForm = 'inference' | 'plain';

/** A model under preparation. */
export interface Preparation {
  readonly file: FileModel;
  /** The graph as it was before its batch was lifted. */
  readonly written: Graph;
  readonly spec: HostedSpec;
  /** Real samples, on which shapes are traced. */
  readonly probe: NamedTensors;
  readonly head: { readonly scale: OutputScale; readonly width: number };
}

/** Brings a model into the form that losses and gradients are added to. */
export async function prepareGraph(preparation: Preparation, form: GraphForm): Promise<PreparedGraph> {
  const { device } = preparation.spec;
  const { graph, trace, ...rest } = await rewritten(preparation, form === 'inference' ? 'everything' : 'integers');
  if (form === 'plain') return settled(preparation, { ...rest, graph, trace, rules: gradientRules });
  const early = selectEarly(foldBatchNormalization(graph), trace);
  const block = await blockOn(device);
  const laidOut = block === null ? early.graph : blockedLayout(early.graph, early.trace, block);
  return settled(preparation, { ...rest, graph: laidOut, trace: early.trace, rules: rulesFor(block) });
}

/** A model that is trained: normalizations and dropout as `mode` has them, and weights that can be fed. */
export interface TrainingPreparation extends PreparedGraph {
  readonly statistics: TrainingMode['statistics'];
  readonly masks: TrainingMode['masks'];
  /** Lanes of the blocked layout; null in the plain one. */
  readonly block: number | null;
}

/**
 * Brings a model into the form in which its weights have gradients.
 *
 * @param samples in one execution
 */
export async function prepareTraining(
  preparation: Preparation,
  options: TrainingModeOptions,
  samples: number,
): Promise<TrainingPreparation> {
  const { graph, trace, ...rest } = await rewritten(preparation, 'integers');
  const mode = trainingMode(graph, trace, options);
  const lanes = await blockOn(preparation.spec.device);
  const block = lanes !== null && samples % lanes === 0 ? lanes : null;
  const laidOut = block === null ? mode.graph : blockedLayout(mode.graph, mode.trace, block, 'fed');
  const rules = new Map([...rulesFor(block, samples), ...modeRules]);
  const { statistics, masks } = mode;
  const prepared = await settled(preparation, { ...rest, graph: laidOut, trace: mode.trace, rules }, masks);
  return { ...prepared, statistics, masks, block };
}

function blockOn(device: EngineSpec['device'] = 'cpu'): Promise<number | null> {
  return device === 'cpu' ? blockSize() : Promise.resolve(null);
}

function rulesFor(block: number | null, samples?: number): ReadonlyMap<string, GradientRule> {
  return block === null ? gradientRules : new Map([...gradientRules, ...blockedRules(block, samples)]);
}

/** A graph that is written anew between its preparation and its differentiation. */
export interface Rewriting {
  readonly graph: Graph;
  readonly scores: string;
  /** Where gradients are taken. */
  readonly at: string;
}

/**
 * Brings a model into the form that gradients are added to, with what `rewrite` makes of it in the place of its own graph.
 *
 * @param order `as-filed` where each value counts as it is; `cheapest` where all that counts is what the graph computes
 */
export async function prepareRewriting(
  preparation: Preparation,
  rewrite: (own: Rewriting) => Rewriting,
  order: 'cheapest' | 'as-filed',
): Promise<PreparedGraph> {
  const { file, spec, probe } = preparation;
  const folding = order === 'cheapest' ? 'everything' : 'integers';
  const { graph: written, trace: before, scores, notes } = await rewritten(preparation, folding, order);
  const graph = order === 'cheapest' ? selectEarly(foldBatchNormalization(written), before).graph : written;
  const own = { graph, scores, at: isReal(file.input) ? PIXELS : embeddedIn(graph, file.input.name) };
  const other = rewrite(own);
  const feeds = traceFeeds(file, probe, (samples) => preparedFeeds(file, samples));
  const executed = await traceGraph(lowered(other.graph, null), feeds, spec.resources.threads);
  const trace = only(other.graph, executed);
  const prepared = await settled(preparation, { ...other, trace, notes, rules: gradientRules });
  return other.at === own.at ? prepared : { ...prepared, at: other.at };
}

/** A graph with its shapes, before it is laid out. */
interface Rewritten {
  readonly graph: Graph;
  readonly trace: Trace;
  readonly scores: string;
  readonly notes: readonly string[];
}

/** What every form begins with. */
async function rewritten(
  { file, spec, probe, head }: Preparation,
  folding: 'integers' | 'everything',
  order: 'cheapest' | 'as-filed' = 'cheapest',
): Promise<Rewritten> {
  const feeds = traceFeeds(file, probe, (samples) => preparedFeeds(file, samples));
  const asFiled = traceFeeds(file, probe, (samples) => fileFeeds(file, spec, samples));
  const { graph: straight, notes } = await straighten(inlineFunctions(file.graph), asFiled);
  const upgraded = dequantizedOperators(widenHalf(upgradeGraph(straight)));
  const fed = isReal(file.input) ? foldNormalization(upgraded, file.input.name, spec.normalization) : upgraded;
  const { graph, scores } = withScores(fed, file.output, spec, head);
  const folded = prune(await foldConstants(prune(graph, [scores]), feeds, folding), [scores]);
  const merged = order === 'cheapest' ? reluAfterPool(mergeRepeats(folded)) : mergeRepeats(folded);
  const { threads } = spec.resources;
  const mergedTrace = await traceGraph(merged, feeds, threads);
  const decomposed = decompose(merged, mergedTrace);
  const trace = decomposed === merged ? mergedTrace : await traceGraph(decomposed, feeds, threads);
  return { graph: gelu(layerNormalization(decomposed, trace)), trace, scores, notes };
}

/** Without the values that stand in the place of Assay's own operators: their names are free again. */
function only({ inputs, nodes, constants }: Graph, trace: Trace): Trace {
  const names = new Set([...inputs.map(({ name }) => name), ...nodes.flatMap(({ outputs }) => outputs)]);
  return new Map([...trace].filter(([name]) => names.has(name) || constants.has(name)));
}

/** What every form ends with: selections, poolings and recurrent layers whose gradients are cheap, and all shapes. */
async function settled(
  { file, spec, probe, head }: Preparation,
  laidOut: Rewritten & { readonly rules: ReadonlyMap<string, GradientRule> },
  masks: TrainingMode['masks'] = [],
): Promise<PreparedGraph> {
  const split = splitTiledSelections(laidOut.graph, laidOut.trace);
  const rearranged = recurrentOutputs(poolIndices(tournamentPool(split, laidOut.trace)));
  const feeds = traceFeeds(file, probe, (samples) => ({
    ...preparedFeeds(file, samples),
    ...keepingMasks(masks, samplesIn(samples)),
  }));
  const executed = await traceGraph(lowered(rearranged, null), feeds, spec.resources.threads);
  const trace = only(rearranged, executed);
  const { graph, nameOf } = withoutNoOperations(rearranged, trace);
  return {
    graph,
    trace,
    scores: nameOf(laidOut.scores),
    width: head.width,
    rules: laidOut.rules,
    notes: laidOut.notes,
    rows: Math.min(spec.resources.batchSize, rowsWithin(trace, EXECUTION_BYTES)),
    at: isReal(file.input) ? PIXELS : embeddedIn(graph, file.input.name),
  };
}

/** All values of one forward pass: past the caches of processors anyway, and a small part of their memory. */
const EXECUTION_BYTES = 2 ** 29;

function traceFeeds(file: FileModel, probe: NamedTensors, feedsOf: (samples: NamedTensors) => Feeds): TraceFeeds {
  const [first, second] = traceSamples(probe, file.batch);
  return second === undefined ? [feedsOf(first)] : [feedsOf(first), feedsOf(second)];
}

/** Inputs as a prepared graph takes them: real ones in the user's units and in float32. */
export function preparedFeeds(file: FileModel, inputs: NamedTensors): Record<string, RuntimeValue> {
  return Object.fromEntries(
    file.graph.inputs.map(({ name, type }) => {
      const given = inputs.get(name) ?? { shape: [], data: new Float32Array() };
      const isMain = name === file.input.name && isReal(file.input);
      return [isMain ? PIXELS : name, runtimeValue(given, isMain || type === 'float16' ? 'float32' : type)];
    }),
  );
}

function embeddedIn(graph: Graph, tokens: string): string {
  const embedding = embeddingOf(graph, tokens);
  if (embedding !== null) return embedding.value;
  throw new AssayError('operator', { what: `the tokens of \`${tokens}\` choose no rows of a table of embeddings` });
}

/** Logits in front of a last activation where there is one, else the logarithm of probabilities; always [n, width]. */
function withScores(
  graph: Graph,
  output: string,
  spec: EngineSpec,
  head: { readonly scale: OutputScale; readonly width: number },
): { graph: Graph; scores: string } {
  const builder = new GraphBuilder(graph);
  const logits = head.scale === 'probabilities' ? beforeActivation(graph, output) : output;
  const flat = (value: string): string => builder.cast(builder.reshape(value, [-1, head.width]), 'float32');
  const scores = logits === null ? logitsOf(builder, spec, flat(output)) : flat(logits);
  return { graph: builder.build([untyped(scores)]), scores };
}

function logitsOf(builder: GraphBuilder, spec: EngineSpec, probabilities: string): string {
  const log = (p: string): string =>
    builder.node('Log', [builder.node('Max', [p, builder.scalar(1.1754943508222875e-38)])]);
  if (spec.head === 'classes') return log(probabilities);
  return builder.node('Sub', [log(probabilities), log(builder.node('Sub', [builder.scalar(1), probabilities]))]);
}
