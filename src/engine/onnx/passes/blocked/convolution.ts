import { intOf, intsOf, stringOf } from '../../graph/attributes.js';
import type { Constant, Graph, Node } from '../../graph/ir.js';
import { fixedFrom, type Shape } from '../../graph/shape.js';

/** A convolution that has a blocked form, and whose gradient has one too. */
export interface BlockableConv {
  readonly weight: Constant;
  /** Whether it reads the plain layout: images have fewer channels than a block has lanes. */
  readonly readsPlain: boolean;
  /** Whether the gradient by its weights has a blocked form as well: undilated, and not of each channel by itself. */
  readonly hasWeightGradient: boolean;
}

/**
 * Two axes, whole blocks of channels, stride 1, or stride 2 over even sizes; one group, or one for each channel. The gradient
 * by the input is then made of such convolutions as well.
 */
export function blockableConv(node: Node, graph: Graph, input: Shape, block: number): BlockableConv | null {
  const weight = graph.constants.get(node.inputs[1] ?? '');
  const sizes = fixedFrom(input, 2);
  if (weight?.type !== 'float32' || weight.shape.length !== 4 || sizes?.length !== 2) return null;
  const [outputs = 0, inputs = 0, ...kernel] = weight.shape;
  const group = intOf(node, 'group', 1);
  const isDepthwise = group > 1 && group === outputs && inputs === 1;
  const fillsBlocks = outputs % block === 0 && (isDepthwise || inputs % block === 0 || inputs < block);
  if (!fillsBlocks || (group !== 1 && !isDepthwise) || stringOf(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return null;
  const axes = kernel.map((size, axis) => axisOf(node, axis, size, sizes[axis] ?? 0));
  if (!axes.every(hasBlockedGradient) || new Set(axes.map(({ stride }) => stride)).size > 1) return null;
  const readsPlain = !isDepthwise && inputs < block;
  const hasWeightGradient = !isDepthwise && axes.every((axis) => keepsWholePicture(axis, readsPlain));
  return { weight, readsPlain, hasWeightGradient };
}

/** One axis of a strided window. */
interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
  readonly size: number;
}

function axisOf(node: Node, axis: number, kernel: number, size: number): Axis {
  const pads = intsOf(node, 'pads');
  return {
    kernel,
    stride: intsOf(node, 'strides')?.[axis] ?? 1,
    dilation: intsOf(node, 'dilations')?.[axis] ?? 1,
    begin: pads?.[axis] ?? 0,
    end: pads?.[axis + 2] ?? 0,
    size,
  };
}

/**
 * For its weights' gradient the picture is padded so that exactly the positions of the kernel come out of a convolution: none
 * of it may have to be cut off.
 */
function keepsWholePicture({ kernel, stride, dilation, begin, end, size }: Axis, readsPlain: boolean): boolean {
  const output = Math.floor((size + begin + end - kernel) / stride) + 1;
  if (dilation !== 1) return false;
  if (readsPlain) return stride * (output - 1) + kernel - size - begin >= 0;
  const firstTaps = Array.from({ length: stride }, (_, parity) => (begin + parity) % stride);
  return firstTaps.every((tap) => tap >= kernel || begin - tap >= 0);
}

/** Neither padding of the gradient may be negative: it would have to be cut instead. */
function hasBlockedGradient({ kernel, stride, dilation, begin, end, size }: Axis): boolean {
  if (stride === 1) return Math.max(begin, end) <= dilation * (kernel - 1);
  if (stride !== 2 || dilation !== 1 || size % 2 !== 0) return false;
  const output = Math.floor((size + begin + end - kernel) / 2) + 1;
  return phasesOf(kernel, begin, size, output).every(
    (phase) => phase === null || Math.min(phase.begin, phase.end) >= 0,
  );
}

/**
 * The gradient of a window of stride 2 at every second input, from the even or the odd one on: a window of stride 1 over the
 * gradient of the output, with every second weight. Input 2 i + p is read by output o with weight k = 2 i + p - 2 o + begin.
 */
export interface Phase {
  /** Positions of the weights in the order in which the window meets the outputs. */
  readonly taps: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Both phases of one axis; null where no weight reads those inputs. */
export function phasesOf(kernel: number, begin: number, size: number, output: number): readonly (Phase | null)[] {
  return [0, 1].map((phase) => {
    const all = Array.from({ length: kernel }, (_, k) => kernel - 1 - k);
    const taps = all.filter((k) => (k - phase - begin) % 2 === 0);
    const [first] = taps;
    if (first === undefined) return null;
    // Weight k meets output i + (p + begin - k) / 2; descending weights meet ascending outputs.
    const before = -(phase + begin - first) / 2;
    return { taps, begin: before, end: size / 2 - output - before + taps.length - 1 };
  });
}
