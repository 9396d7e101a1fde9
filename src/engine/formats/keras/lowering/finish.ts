import type { GraphBuilder } from '../../../onnx/graph/builder.js';
import { float32Of } from '../../../onnx/graph/constants.js';
import type { Constant, Graph, Node, ValueInfo } from '../../../onnx/graph/ir.js';
import { prune } from '../../../onnx/passes/prune.js';
import type { Layouts, Value } from './value.js';

/**
 * The whole graph: its outputs laid out as Keras has them, nothing in it that no output needs, and everything called as
 * the layers and weights of the file are.
 *
 * @param wanted names of the outputs
 * @param names of values and constants, by those that they were given on the way
 */
export function finishedGraph(
  builder: GraphBuilder,
  layouts: Layouts,
  outputs: readonly Value[],
  wanted: readonly string[],
  names: ReadonlyMap<string, string>,
): Graph {
  const renames = new Map(names);
  const given = new Set(builder.build([]).inputs.map(({ name }) => name));
  const infos = outputs.map((output, i) => {
    const plain = layouts.plain(output);
    const isFree = !given.has(plain.name);
    const name = isFree ? plain.name : builder.node('Identity', [plain.name]);
    given.add(name);
    renames.set(name, wanted[i] ?? name);
    const [batch = null, ...sample] = output.shape;
    return { name, type: output.type, shape: [batch ?? 'n', ...sample] };
  });
  const graph = builder.build(infos);
  const needed = prune(
    graph,
    infos.map(({ name }) => name),
  );
  return renamed(withTokens(needed), renames);
}

/**
 * Keras declares tokens as real numbers, which a lookup casts to integers. An input that is nothing but cast so, and compared
 * with the token that does not count, is given as integers in the first place.
 */
function withTokens(graph: Graph): Graph {
  const tokens = new Set(graph.inputs.filter((input) => isToken(graph, input)).map(({ name }) => name));
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((node) => {
    const [value = '', other = ''] = node.inputs;
    if (node.op !== 'Equal' || !tokens.has(value)) return node;
    const whole = `${other}/whole`;
    const numbers = Int32Array.from(float32Of(graph.constants.get(other) ?? NOTHING));
    constants.set(whole, { type: 'int32', shape: [], bytes: new Uint8Array(numbers.buffer) });
    return { ...node, inputs: [value, whole] };
  });
  const inputs = graph.inputs.map((input) => (tokens.has(input.name) ? { ...input, type: 'int32' as const } : input));
  return { ...graph, inputs, nodes, constants };
}

function isToken(graph: Graph, { name, type }: ValueInfo): boolean {
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const casts = ({ op, attributes }: Node): boolean => {
    const to = attributes.get('to');
    return op === 'Cast' && to?.kind === 'int' && to.value === INT32;
  };
  const compares = ({ op, inputs }: Node): boolean => {
    const other = graph.constants.get(inputs[1] ?? '');
    return op === 'Equal' && other?.type === 'float32' && float32Of(other).every(Number.isInteger);
  };
  const isRead = type === 'float32' && readers.some(casts);
  return isRead && readers.every((node) => casts(node) || compares(node));
}

const NOTHING: Constant = { type: 'float32', shape: [], bytes: new Uint8Array(4) };

/** TensorProto.DataType */
const INT32 = 6;

/** Outputs have their names for sure; others get a number where theirs is taken. */
function renamed(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const isTaken = new Set(graph.inputs.map(({ name }) => name));
  const final = new Map<string, string>();
  const give = (name: string): void => {
    const wanted = names.get(name);
    if (wanted !== undefined && !final.has(name)) final.set(name, unique(isTaken, wanted));
  };
  for (const { name } of graph.outputs) give(name);
  for (const node of graph.nodes) node.outputs.filter((output) => !outputs.has(output)).forEach(give);
  for (const name of graph.constants.keys()) give(name);
  const of = (name: string): string => final.get(name) ?? name;
  return {
    ...graph,
    outputs: graph.outputs.map((output) => ({ ...output, name: of(output.name) })),
    nodes: graph.nodes.map((node) => {
      const [first = ''] = node.outputs;
      return { ...node, name: of(first), inputs: node.inputs.map(of), outputs: node.outputs.map(of) };
    }),
    constants: new Map([...graph.constants].map(([name, constant]) => [of(name), constant])),
  };
}

function unique(taken: Set<string>, wanted: string): string {
  let name = wanted;
  for (let times = 2; taken.has(name); times++) name = `${wanted}#${times}`;
  taken.add(name);
  return name;
}
