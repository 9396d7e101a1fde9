import type { Graph, Node } from '../graph/ir.js';
import { dependentsOf } from '../graph/walk.js';

/** Inputs of an operator that hold weights. */
export const WEIGHT_INPUTS: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [1, 2],
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Einsum: [0, 1, 2],
  GRU: [1, 2, 3],
  Gather: [0],
  Gemm: [0, 1, 2],
  GroupNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LSTM: [1, 2, 3, 7],
  LayerNormalization: [1, 2],
  MatMul: [0, 1],
  PRelu: [1],
  RNN: [1, 2, 3],
};

/** Operators whose operands are weights where a module gave them a name: position embeddings, class tokens, scales. */
const NAMED_OPERANDS: ReadonlySet<string> = new Set(['Add', 'Concat', 'Mul']);

/**
 * The constants that training moves, in the order of the graph: float32 tensors of one axis or more that stand where an
 * operator takes weights, that are added to a product, or that a module named and that are added, multiplied or joined. What
 * stands in between and depends on no input (a Transpose of the weight, rows of a table) is looked through.
 */
export function parametersOf(graph: Graph): string[] {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const computed = dependentsOf(
    graph.nodes,
    graph.inputs.map(({ name }) => name),
  );
  const isWeight = (name: string): boolean => {
    const constant = graph.constants.get(name);
    return constant?.type === 'float32' && constant.shape.length > 0;
  };
  /** Weights behind a value that depends on no input. */
  const behind = (value: string): string[] => {
    if (computed.has(value)) return [];
    return isWeight(value) ? [value] : (producers.get(value)?.inputs ?? []).flatMap(behind);
  };
  const names = graph.nodes
    .filter(({ outputs }) => outputs.some((output) => computed.has(output)))
    .flatMap((node) => [
      ...(WEIGHT_INPUTS[standardOperator(node)] ?? []).flatMap((position) => behind(node.inputs[position] ?? '')),
      ...operands(node, producers).flatMap((operand) =>
        behind(operand.value).filter((name) => operand.isBias || isNamedByModule(name)),
      ),
    ]);
  return [...new Set(names)];
}

function standardOperator({ domain, op }: Node): string {
  return domain === '' ? op : '';
}

/** What is added to the product of matrices is its bias. */
function operands(node: Node, producers: ReadonlyMap<string, Node>): { value: string; isBias: boolean }[] {
  if (!NAMED_OPERANDS.has(standardOperator(node))) return [];
  const isBias = node.op === 'Add' && node.inputs.some((input) => producers.get(input)?.op === 'MatMul');
  return node.inputs.map((value) => ({ value, isBias }));
}

/** `encoder.layer.0.scale`, `cls_token`: not `onnx::Add_12`, `/Constant_output_0`, `val_7` or `12`. */
function isNamedByModule(name: string): boolean {
  return /^[A-Za-z][\w.]*$/.test(name) && !/^(val|onnx|const\w*)_?\d*$/i.test(name) && /[a-z]/i.test(name);
}

/** Whether a weight is one of those, or lies in one of the modules, that are named. */
export function isFrozen(name: string, frozen: readonly string[]): boolean {
  return frozen.some((each) => name === each || name.startsWith(`${each}.`));
}
