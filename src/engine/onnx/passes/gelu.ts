import type { Graph, Node } from '../graph/ir.js';
import { arithmeticResults, arithmeticSources, expand, sameTerms, term, type Term } from './algebra.js';
import { replacePatterns, type Pattern } from './patterns.js';
import { Uses } from './uses.js';

/**
 * Turns x / 2 + x e / 2 with e = erf(x / sqrt(2)), or its approximation by e = tanh(sqrt(2 / pi) (x + 0.044715 x^3))
 * (Hendrycks & Gimpel 2016, arXiv:1606.08415), into one Gelu node. Takes a graph of opset 20 or later.
 */
export function gelu(graph: Graph): Graph {
  const uses = new Uses(graph);
  const patterns = graph.nodes.map((node) => (node.domain === '' ? patternAround(graph, uses, node) : null));
  return replacePatterns(
    graph,
    patterns.filter((pattern) => pattern !== null),
  );
}

/** The attribute of Gelu by the function in it. */
const APPROXIMATION: ReadonlyMap<string, string> = new Map([
  ['Erf', 'none'],
  ['Tanh', 'tanh'],
]);

function argumentOf(op: string, x: string): readonly Term[] {
  if (op === 'Erf') return [term(Math.SQRT1_2, { [x]: 1 })];
  const scale = Math.sqrt(2 / Math.PI);
  return [term(scale, { [x]: 1 }), term(0.044715 * scale, { [x]: 3 })];
}

/** The pattern whose error function or hyperbolic tangent is `node`. */
function patternAround(graph: Graph, uses: Uses, node: Node): Pattern | null {
  const approximation = APPROXIMATION.get(node.op);
  const [argument = ''] = node.inputs;
  const [e = ''] = node.outputs;
  if (approximation === undefined) return null;
  for (const x of arithmeticSources(uses, argument)) {
    const inner = expand(graph, uses, argument, [x]);
    if (!sameTerms(inner.terms, argumentOf(node.op, x))) continue;
    for (const result of arithmeticResults(uses, e)) {
      const outer = expand(graph, uses, result, [x, e]);
      const nodes = new Set([...inner.nodes, node, ...outer.nodes]);
      if (!sameTerms(outer.terms, halves(x, e)) || !uses.areOnlyFor(nodes, result)) continue;
      const attributes = new Map([['approximate', { kind: 'string', value: approximation } as const]]);
      return { nodes, result, replacement: () => ({ op: 'Gelu', inputs: [x], attributes }) };
    }
  }
  return null;
}

function halves(x: string, e: string): readonly Term[] {
  return [term(0.5, { [x]: 1 }), term(0.5, { [x]: 1, [e]: 1 })];
}
