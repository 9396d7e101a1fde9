import { intOf, intsOf } from '../../graph/attributes.js';
import { GraphBuilder } from '../../graph/builder.js';
import { float32Constant } from '../../graph/constants.js';
import type { Attribute, Graph, Node } from '../../graph/ir.js';
import { fixedFrom } from '../../graph/shape.js';
import type { Trace } from '../../graph/trace.js';
import { eachChannel } from './channels.js';
import { BLOCKED } from './domain.js';

/** A blocked convolution of stride 1 over small pictures. */
export interface SmallConv {
  readonly input: string;
  readonly weights: string;
  /** Empty where there is none. */
  readonly bias: string;
  readonly samples: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly sizes: readonly [number, number];
  readonly kernel: readonly [number, number];
  /** [top, left, bottom, right] */
  readonly pads: readonly number[];
  readonly block: number;
}

/** The kernels work on rows: 512 channels of 4 x 4 took half the time side by side, of 7 x 7 three quarters, of 8 x 8 all. */
const NARROW = 7;
/** Samples beside each other. Eight take a few percent more, two a third. */
const TOGETHER = [16, 8] as const;

export function isNarrow({ samples, sizes, kernel }: Pick<SmallConv, 'samples' | 'sizes' | 'kernel'>): boolean {
  return sizes[1] <= NARROW && kernel[1] > 1 && togetherOf(samples) !== undefined;
}

function togetherOf(samples: number): number | undefined {
  return TOGETHER.find((count) => samples % count === 0);
}

/**
 * Several samples interleaved along the width, so that a row is long enough for the kernels: a neighbour of the same sample is
 * as many positions away as there are samples, which is the dilation of the convolution.
 */
export function sideBySide(builder: GraphBuilder, conv: SmallConv): string {
  const { samples, inputs, outputs, sizes, kernel, pads, block } = conv;
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  const together = togetherOf(samples) ?? 1;
  const groups = samples / together;
  const [height, width] = [sizes[0], sizes[1] + left + right];
  const [newHeight, newWidth] = [height + top + bottom - kernel[0] + 1, width - kernel[1] + 1];
  const rows = builder.reshape(padded(builder, conv), [groups, together, (inputs / block) * height, width, block]);
  const wide = builder.reshape(builder.transpose(rows, [0, 2, 3, 1, 4]), [groups, inputs, height, width * together]);
  const attributes = ints({
    kernel_shape: kernel,
    strides: [1, 1],
    dilations: [1, together],
    pads: [top, 0, bottom, 0],
  });
  const operands = conv.bias === '' ? [wide, conv.weights] : [wide, conv.weights, conv.bias];
  const found = builder.add(BLOCKED, 'Conv', operands, new Map([...attributes, ['group', { kind: 'int', value: 1 }]]));
  const apart = builder.reshape(found, [groups, (outputs / block) * newHeight, newWidth, together, block]);
  return builder.reshape(builder.transpose(apart, [0, 3, 1, 2, 4]), [samples, outputs, newHeight, newWidth]);
}

/** With zeros to the left and to the right. */
function padded(builder: GraphBuilder, { input, inputs, pads }: SmallConv): string {
  const [, left = 0, , right = 0] = pads;
  if (left === 0 && right === 0) return input;
  const ones = builder.constant(float32Constant([inputs, 1, 1, 1], new Float32Array(inputs).fill(1)), 'ones');
  const attributes = new Map([...eachChannel(inputs), ...ints({ pads: [0, left, 0, right] })]);
  return builder.add(BLOCKED, 'Conv', [input, ones], attributes);
}

function ints(given: Readonly<Record<string, readonly number[]>>): [string, Attribute][] {
  return Object.entries(given).map(([name, value]) => [name, { kind: 'ints', value }]);
}

/**
 * Blocked convolutions over small pictures, side by side.
 *
 * @param trace of the values whose shapes are known; convolutions of others stay as they are
 * @param samples in each execution
 */
export function narrowSideBySide(graph: Graph, trace: Trace, samples: number, block: number): Graph {
  const builder = new GraphBuilder(graph, []);
  for (const node of graph.nodes) {
    const conv = smallConvOf(node, trace, samples, block);
    if (conv === null) builder.append(node);
    else builder.rename(sideBySide(builder, conv), node.outputs[0] ?? '');
  }
  return builder.build(graph.outputs);
}

function smallConvOf(node: Node, trace: Trace, samples: number, block: number): SmallConv | null {
  const [input = '', weights = '', bias = '', sum = ''] = node.inputs;
  const shape = fixedFrom(trace.get(input)?.shape ?? [], 1);
  const [inputs = 0, height = 0, width = 0] = shape ?? [];
  const outputs = fixedFrom(trace.get(node.outputs[0] ?? '')?.shape ?? [], 1)?.[0];
  const kernel = intsOf(node, 'kernel_shape') ?? [];
  const [kernelHeight = 0, kernelWidth = 0] = kernel;
  if (node.domain !== BLOCKED || node.op !== 'Conv' || shape === null || outputs === undefined) return null;
  const isPlain = [...(intsOf(node, 'strides') ?? []), ...(intsOf(node, 'dilations') ?? [])].every(
    (step) => step === 1,
  );
  const standsAlone = sum === '' && !node.attributes.has('activation') && intOf(node, 'group', 1) === 1;
  if (!isPlain || !standsAlone || inputs % block !== 0) return null;
  const conv = {
    ...{ input, weights, bias, samples, inputs, outputs, block },
    sizes: [height, width] as const,
    kernel: [kernelHeight, kernelWidth] as const,
    pads: intsOf(node, 'pads') ?? [],
  };
  return isNarrow(conv) ? conv : null;
}
