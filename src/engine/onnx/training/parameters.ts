import type { Parameter } from '../../contract.js';
import { float32Of, isUniform } from '../graph/constants.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
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
  RMSNormalization: [1],
  RNN: [1, 2, 3],
  SimplifiedLayerNormalization: [1],
  'com.microsoft.FusedMatMul': [0, 1],
  'com.microsoft.SkipLayerNormalization': [2, 3, 4],
  'com.microsoft.SkipSimplifiedLayerNormalization': [2, 3],
};

/** Operators whose operands may be weights: position embeddings, class tokens, scales. */
const NAMED_OPERANDS: ReadonlySet<string> = new Set(['Add', 'Concat', 'Expand', 'Mul', 'Tile']);
/** The same behind a layer that has weights: in front of all of them they are the mean and the deviation of the data. */
const NAMED_BEHIND_WEIGHTS: ReadonlySet<string> = new Set(['Div', 'Sub']);

/**
 * The constants that training moves, in the order of the graph: float32 tensors that stand where an operator takes weights,
 * that are added to a product, or that carry the name of a module's parameter and are added, multiplied, joined or repeated,
 * or, behind a layer that has weights, subtracted or divided by. What stands in between and depends on no input (a Transpose of the weight, rows of a table)
 * is looked through.
 */
export function parametersOf(graph: Graph): string[] {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const computed = dependentsOf(
    graph.nodes,
    graph.inputs.map(({ name }) => name),
  );
  /** Constants behind a value that depends on no input. */
  const behind = (value: string): string[] => {
    if (computed.has(value)) return [];
    return graph.constants.has(value) ? [value] : (producers.get(value)?.inputs ?? []).flatMap(behind);
  };
  const weighted = dependentsOf(
    graph.nodes,
    graph.nodes.filter((node) => weightInputs(node).some((input) => input !== '')).flatMap(({ outputs }) => outputs),
  );
  const names = graph.nodes
    .filter(({ outputs }) => outputs.some((output) => computed.has(output)))
    .flatMap((node) => [
      ...weightInputs(node).flatMap((input) => behind(input).filter((name) => isWeight(graph, name))),
      ...operands(node, producers, weighted).flatMap(({ value, isBias }) =>
        behind(value).filter((name) => (isBias ? isWeight(graph, name) : isNamedWeight(graph, name))),
      ),
    ]);
  return [...new Set(names)];
}

function weightInputs({ domain, op, inputs }: Node): string[] {
  const positions = WEIGHT_INPUTS[domain === '' ? op : `${domain}.${op}`] ?? [];
  return positions.map((position) => inputs[position] ?? '');
}

/** What is added to the product of matrices is its bias. */
function operands(
  node: Node,
  producers: ReadonlyMap<string, Node>,
  weighted: ReadonlySet<string>,
): { value: string; isBias: boolean }[] {
  const isBehind = node.inputs.some((input) => weighted.has(input));
  const mayHold = NAMED_OPERANDS.has(node.op) || (isBehind && NAMED_BEHIND_WEIGHTS.has(node.op));
  if (node.domain !== '' || !mayHold) return [];
  const isBias = node.op === 'Add' && node.inputs.some((input) => producers.get(input)?.op === 'MatMul');
  return node.inputs.map((value) => ({ value, isBias }));
}

/** Names that exporters make up, for constants that are no module's: `val_6`, `onnx::Mul_24`, `/layer/Constant_1_output_0`. */
const MADE_UP = /^(val|const\w*|assay\/constant)_?\d+$|^onnx::|Constant(_\d+)?_output_\d+$|^\d+$/i;

/** Ones and zeros under a name that an exporter made up stand for a weight that a layer does not have. */
function isWeight({ constants }: Graph, name: string): boolean {
  const constant = constants.get(name);
  if (constant?.type !== 'float32' || constant.shape.length === 0) return false;
  return !MADE_UP.test(name) || !isNeutral(constant);
}

/** Numbers beyond this are no weights: masks of attention hold -3e38 or minus infinity. */
const LARGEST_WEIGHT = 1e4;

/** Under the name of a module's parameter, or one that PyTorch's exporter gives to a parameter that it has reshaped. */
function isNamedWeight({ constants }: Graph, name: string): boolean {
  const constant = constants.get(name);
  if (constant?.type !== 'float32' || (MADE_UP.test(name) && !isReshaped(name, constant))) return false;
  return float32Of(constant).every((value) => Math.abs(value) < LARGEST_WEIGHT);
}

/** All ones or all zeros. */
function isNeutral(constant: Constant): boolean {
  const [first = 0] = float32Of({ ...constant, shape: [], bytes: constant.bytes.subarray(0, 4) });
  return (first === 0 || first === 1) && isUniform(constant);
}

function isReshaped(name: string, constant: Constant): boolean {
  return /^onnx::(Add|Div|Mul|Sub)_/.test(name) && constant.shape.length > 0 && !isNeutral(constant);
}

/** Whether a weight is one of those, or lies in one of the modules, that are named. */
export function isFrozen(name: string, frozen: readonly string[]): boolean {
  return frozen.some((each) => name === each || name.startsWith(`${each}.`));
}

/** A batch normalization whose scale stays keeps its running statistics; one that has no scale to learn takes those of the batch. */
export function isFrozenScale(parameters: readonly Parameter[], scale: string): boolean {
  return parameters.some(({ name, frozen }) => frozen && name === scale);
}
