import { AssayError } from '#base/errors';
import type { EngineSpec } from '../contract.js';
import { describeNode } from '../onnx/graph/describe.js';
import type { Graph, Node } from '../onnx/graph/ir.js';
import { opsetOf } from '../onnx/graph/ir.js';
import { upgradeGraph } from '../onnx/graph/upgrade.js';
import type { NamedTensors } from '../onnx/inputs.js';
import { fileFeeds, type FileModel } from '../onnx/model.js';
import { decompose } from '../onnx/passes/decomposition/index.js';
import { dequantizedOperators } from '../onnx/passes/dequantized-operators.js';
import { widenHalf } from '../onnx/passes/half-precision.js';
import { inlineFunctions } from '../onnx/passes/inlining/functions.js';
import { prune } from '../onnx/passes/prune.js';
import type { Body } from '../onnx/proto/body.js';
import { traceGraph, traceSamples } from '../onnx/tracing.js';
import { operatorName } from './interpreter.js';
import { operators } from './operators/index.js';

/** A graph in the form in which it is executed: operators of opset 20, each of which the engine has. */
export interface Program {
  readonly graph: Graph;
  /** Brings the bodies of branches and loops into the same form. */
  readonly prepareBody: (body: Body) => Body;
}

/** @throws AssayError `operator` naming a node whose operator the engine does not have. */
export async function programOf(file: FileModel, spec: EngineSpec, probe: NamedTensors): Promise<Program> {
  const { graph, prepareBody } = upgraded(file.graph);
  const real = dequantizedOperators(widenHalf(graph));
  const known = real.nodes.every(isKnown) ? real : await decomposed(file, real, spec, probe);
  const pruned = prune(known, [file.output]);
  const unknown = pruned.nodes.find((node) => !isKnown(node));
  if (unknown !== undefined) {
    throw new AssayError('operator', {
      where: file.name,
      what: `${describeNode(unknown)} is an operator that the tfjs engine does not have`,
    });
  }
  return { graph: pruned, prepareBody };
}

/** Functions of the model give way to their bodies, and every operator comes to its form of opset 20. */
export function upgraded(graph: Graph): Program {
  const opset = opsetOf(graph);
  return {
    graph: upgradedBeside(inlineFunctions(graph)),
    prepareBody: (body) => upgradedBody(body, graph, opset),
  };
}

function isKnown(node: Node): boolean {
  return operators.has(operatorName(node));
}

/** Layers of other domains as their parts, which takes the shapes of all values. */
async function decomposed(file: FileModel, graph: Graph, spec: EngineSpec, probe: NamedTensors): Promise<Graph> {
  const [first, second] = traceSamples(probe, file.batch);
  const feeds = (samples: NamedTensors): ReturnType<typeof fileFeeds> => fileFeeds(file, spec, samples);
  const trace = await traceGraph(graph, second === undefined ? [feeds(first)] : [feeds(first), feeds(second)]);
  return decompose(graph, trace);
}

const CONTROL: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan']);
const ASIDE = 'assay.aside';

/** Control flow has had one form since opset 7; its bodies are upgraded when they are executed. */
function upgradedBeside(graph: Graph): Graph {
  const aside = (node: Node): Node => (isControl(node) ? { ...node, domain: ASIDE } : node);
  const back = (node: Node): Node => (node.domain === ASIDE ? { ...node, domain: '' } : node);
  const later = upgradeGraph({ ...graph, nodes: graph.nodes.map(aside) });
  return { ...later, nodes: later.nodes.map(back) };
}

function isControl({ domain, op }: Node): boolean {
  return domain === '' && CONTROL.has(op);
}

function upgradedBody(body: Body, outer: Graph, opset: number): Body {
  const graph = upgradedBeside({
    ...outer,
    opsets: new Map([...outer.opsets, ['', opset]]),
    inputs: [],
    outputs: [],
    functions: [],
    nodes: body.nodes,
    constants: body.constants,
  });
  return { ...body, nodes: graph.nodes, constants: graph.constants };
}
