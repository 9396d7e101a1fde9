import type { ModelBytes } from '../../contract.js';
import type { Node } from '../graph/ir.js';
import { refuseFatalNode } from './fatal-node.js';
import { decodeIn, malformed } from './malformed.js';
import { AttributeProto, FunctionProto, GraphProto, joined, NodeProto } from './schema.js';
import { MAX_DEPTH } from './subgraph.js';

/** How many nodes a model may have after every call of its own functions gave way to the function's body. */
const MAX_NODES = 2 ** 20;

/** The name under which a node calls what it stands for. */
export function callName(domain: string, name: string): string {
  return `${domain === 'ai.onnx' ? '' : domain}/${name}`;
}

/**
 * Functions of the model by their call names, each with what it calls.
 *
 * @throws AssayError when functions call each other in a cycle or too deep, or when a few of them stand for so many nodes
 *   that no runtime ends putting them in place.
 */
export function checkedFunctions(
  model: ModelBytes,
  functions: readonly Uint8Array[],
  nodes: readonly Node[],
): ReadonlySet<string> {
  const calls = new Map(functions.map((bytes) => readCalls(model, bytes)));
  const sizes = new Map<string, Size>();
  const expand = (name: string, path: readonly string[]): Size => {
    const known = sizes.get(name);
    const called = calls.get(name);
    if (called === undefined) return ONE_NODE;
    if (path.includes(name)) throw malformed(model, `the function \`${name}\` calls itself`);
    if (path.length + (known?.depth ?? 0) > MAX_DEPTH) {
      throw malformed(model, `the function \`${path[0] ?? name}\` calls others more than ${MAX_DEPTH} deep`);
    }
    const size = known ?? sum(called.map((callee) => expand(callee, [...path, name])));
    if (size.nodes > MAX_NODES) throw malformed(model, `the function \`${name}\` stands for over ${MAX_NODES} nodes`);
    sizes.set(name, size);
    return size;
  };
  for (const name of calls.keys()) expand(name, []);
  const total = sum(nodes.map(({ domain, op }) => expand(callName(domain, op), [])));
  if (total.nodes > MAX_NODES)
    throw malformed(model, `the model's calls of functions stand for over ${MAX_NODES} nodes`);
  return new Set(calls.keys());
}

interface Size {
  readonly nodes: number;
  readonly depth: number;
}

const ONE_NODE: Size = { nodes: 1, depth: 0 };

function sum(parts: readonly Size[]): Size {
  return {
    nodes: parts.reduce((total, { nodes }) => total + nodes, 0),
    depth: parts.reduce((most, { depth }) => Math.max(most, depth + 1), 0),
  };
}

function readCalls(model: ModelBytes, bytes: Uint8Array): [string, string[]] {
  const { domain, name, node } = decodeIn(model, FunctionProto, bytes, 'a function of the model');
  const label = `the function \`${name}\``;
  return [callName(domain, name), node.flatMap((inner) => callsOf(model, inner, label, 0))];
}

/** Everything that a node of a function calls, in its subgraphs too. */
function callsOf(model: ModelBytes, bytes: Uint8Array, label: string, depth: number): string[] {
  if (depth > MAX_DEPTH) throw malformed(model, `${label} nests subgraphs more than ${MAX_DEPTH} deep`);
  const node = decodeIn(model, NodeProto, bytes, `a node of ${label}`);
  refuseFatalNode(model, node, `the ${node.opType} node of \`${node.output[0] ?? ''}\` in ${label}`);
  const graphs = node.attribute.flatMap((value) => {
    const { g, graphs: several } = decodeIn(model, AttributeProto, value, `an attribute in ${label}`);
    return g.length === 0 ? several : [joined(g), ...several];
  });
  const nodes = graphs.flatMap((graph) => decodeIn(model, GraphProto, graph, label).node);
  return [callName(node.domain, node.opType), ...nodes.flatMap((inner) => callsOf(model, inner, label, depth + 1))];
}
