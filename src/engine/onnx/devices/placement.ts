import type { Device } from '../../contract.js';
import { floatOf, intOf, intsOf, stringOf } from '../graph/attributes.js';
import { integersOf } from '../graph/constants.js';
import type { Constant, Graph, Node } from '../graph/ir.js';

/** How the names of nodes that stay on the CPU begin. */
export const ON_CPU = 'on-cpu/';

/** A graph whose nodes have unique names where one of them stays on the CPU. */
export interface Placed {
  readonly graph: Graph;
  /** Names of nodes that stay on the CPU. */
  readonly onCpu: readonly string[];
}

/**
 * Finds the nodes that a device's provider of ONNX Runtime 1.30 computes wrongly, not at all, or less exactly than the 1e-4 that
 * devices agree within. Found by the cases of test/operator-cases.ts, which hold without these nodes.
 */
export function placeNodes(graph: Graph, device: Device): Placed {
  const unfit = UNFIT[device];
  const known = knownValues(graph);
  const stays = new Set(graph.nodes.filter((node) => unfit.get(keyOf(node))?.(node, known) === true));
  if (stays.size === 0) return { graph, onCpu: [] };
  const nodes = graph.nodes.map((node, i) => (stays.has(node) ? { ...node, name: `${ON_CPU}${i}` } : node));
  return {
    graph: { ...graph, nodes },
    onCpu: graph.nodes.flatMap((node, i) => (stays.has(node) ? `${ON_CPU}${i}` : [])),
  };
}

/** What a graph tells of its values without being executed. */
interface Known {
  readonly constant: (name: string | undefined) => Constant | undefined;
  /** Null where the graph does not tell; sizes that depend on what is fed are null. */
  readonly shape: (name: string | undefined) => readonly (number | null)[] | null;
}

function knownValues({ constants, inputs }: Graph): Known {
  const declared = new Map(inputs.map(({ name, shape }) => [name, shape]));
  const constant = (name = ''): Constant | undefined => constants.get(name);
  return {
    constant,
    shape: (name = '') =>
      constants.get(name)?.shape ?? declared.get(name)?.map((size) => (typeof size === 'number' ? size : null)) ?? null,
  };
}

function keyOf({ domain, op }: Node): string {
  return domain === '' ? op : `${domain}.${op}`;
}

type Unfit = (node: Node, known: Known) => boolean;

const always: Unfit = () => true;

const NOTHING_REDUCED = ['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceSumSquare'].map(
  (op) => [op, reducesNothing] as const,
);

const UNFIT_ON_WEBGPU: ReadonlyMap<string, Unfit> = new Map<string, Unfit>([
  // WGSL lets their absolute error be 2^-11 and more (W3C, WebGPU Shading Language, 15.7.4.1).
  ...['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan'].map((op) => [op, always] as const),
  // log(x + sqrt(x^2 + 1)), which cancels below zero.
  ['Asinh', always],
  // Not shifted by the largest value, so that it overflows.
  ['ReduceLogSumExp', always],
  // Wrong where an axis has size one in one operand only, and an ellipsis is refused.
  ['Einsum', always],
  ['Pow', (node, { constant }) => !isSingle(constant(node.inputs[1]))],
  ['Slice', stepsBackward],
  ['Split', ({ outputs }) => outputs.length > MOST_OUTPUTS],
  [
    'Resize',
    (node) =>
      intOf(node, 'antialias', 0) === 1 ||
      (modeOf(node) === 'nearest' && coordinatesOf(node) === 'half_pixel_symmetric'),
  ],
  ...NOTHING_REDUCED,
  ['MaxPool', hasIndices],
  ['Conv', (node, known) => groupsOf(node) > 1 && isVolume(node, known)],
  ['ConvTranspose', (node, known) => isVolume(node, known) || hasOneOutputInGroup(node, known)],
  // The shader of the first one serves all of its shape, whatever their epsilon: those with the default one may share it.
  ['InstanceNormalization', (node) => Math.fround(floatOf(node, 'epsilon', 1e-5)) !== Math.fround(1e-5)],
  ['LayerNormalization', hasBroadcastScale],
  ['RMSNormalization', hasBroadcastScale],
  // The inverse deviation, its second output, is not written.
  ['SimplifiedLayerNormalization', (node, known) => (node.outputs[1] ?? '') !== '' || hasBroadcastScale(node, known)],
  ['GRU', hasOtherActivations],
  ['LSTM', (node) => hasOtherActivations(node) || clipsPeepholes(node)],
]);

const UNFIT_ON_CUDA: ReadonlyMap<string, Unfit> = new Map<string, Unfit>([
  ...NOTHING_REDUCED,
  ['LayerNormalization', hasBroadcastScale],
  ['RMSNormalization', hasBroadcastScale],
  ['SimplifiedLayerNormalization', hasBroadcastScale],
  // Of equal values in a window another one than the first is taken.
  ['MaxPool', hasIndices],
  // Wrong where the first lacks a leading axis of the second; Mean is right.
  ...['Sum', 'Max', 'Min'].map((op) => [op, hasMoreThanTwoInputs] as const),
  ...['QuantizeLinear', 'DequantizeLinear'].map((op) => [op, hasScalesOfBlocksOrOfAVector] as const),
  ['Resize', (node) => modeOf(node) === 'linear' && coordinatesOf(node) === 'tf_crop_and_resize'],
]);

const UNFIT: Readonly<Record<Device, ReadonlyMap<string, Unfit>>> = {
  cpu: new Map(),
  webgpu: UNFIT_ON_WEBGPU,
  cuda: UNFIT_ON_CUDA,
};

/** WebGPU promises 8 buffers a shader, and one is the input. */
const MOST_OUTPUTS = 7;

function isSingle(constant: Constant | undefined): boolean {
  return constant !== undefined && constant.shape.every((size) => size === 1);
}

/** By more than one place at a time: the first place is miscounted. */
function stepsBackward(node: Node, { constant }: Known): boolean {
  const [, , , , steps = ''] = node.inputs;
  if (steps === '') return false;
  const known = constant(steps);
  return known === undefined || integersOf(known).some((step) => step < -1);
}

/** `noop_with_empty_axes` still asks for the operation on each element, which is left out. */
function reducesNothing(node: Node): boolean {
  return intOf(node, 'noop_with_empty_axes', 0) === 1;
}

function hasIndices({ outputs }: Node): boolean {
  return (outputs[1] ?? '') !== '';
}

function hasMoreThanTwoInputs({ inputs }: Node): boolean {
  return inputs.length > 2;
}

function modeOf(node: Node): string {
  return stringOf(node, 'mode', 'nearest');
}

function coordinatesOf(node: Node): string {
  return stringOf(node, 'coordinate_transformation_mode', 'half_pixel');
}

/** Both are refused; more than one scale of a value of two axes and more is not. */
function hasScalesOfBlocksOrOfAVector(node: Node, { shape }: Known): boolean {
  const [x, scale] = node.inputs;
  if (intOf(node, 'block_size', 0) > 0) return true;
  if (shape(scale)?.every((size) => size === 1) === true) return false;
  const axes = shape(x)?.length;
  const axis = intOf(node, 'axis', 1);
  // A vector has no other axis than these.
  return axes === undefined ? axis === 0 || axis === -1 : axes === 1;
}

function groupsOf(node: Node): number {
  return intOf(node, 'group', 1);
}

/** Over three axes and more, or over a number of them that the graph does not tell. */
function isVolume(node: Node, { shape }: Known): boolean {
  const weights = shape(node.inputs[1]);
  const axes = weights === null ? intsOf(node, 'kernel_shape')?.length : weights.length - 2;
  return axes === undefined || axes > 2;
}

/** Several inputs and one output a group are taken for a depthwise convolution. */
function hasOneOutputInGroup(node: Node, { shape }: Known): boolean {
  const group = groupsOf(node);
  if (group === 1) return false;
  const weights = shape(node.inputs[1]);
  return weights === null || (weights[1] === 1 && weights[0] !== group);
}

/** Scale and bias have to have all the axes that are normalized, in full. */
function hasBroadcastScale(node: Node, { shape }: Known): boolean {
  const axis = intOf(node, 'axis', -1);
  const rank = shape(node.inputs[0])?.length ?? NaN;
  const axes = axis < 0 ? -axis : rank - axis;
  const [, scale, bias] = node.inputs;
  return [shape(scale), shape(bias)].some((sizes) => sizes !== null && (sizes.includes(1) || sizes.length !== axes));
}

const ACTIVATIONS: ReadonlySet<string> = new Set(['Sigmoid', 'Tanh', 'Relu']);

function hasOtherActivations(node: Node): boolean {
  const activations = node.attributes.get('activations');
  return activations?.kind === 'strings' && activations.value.some((name) => !ACTIVATIONS.has(name));
}

function clipsPeepholes(node: Node): boolean {
  return floatOf(node, 'clip', 0) > 0 && (node.inputs[7] ?? '') !== '';
}
