import type { GraphBuilder } from '../../../graph/builder.js';
import { float32Constant } from '../../../graph/constants.js';
import type { Attribute } from '../../../graph/ir.js';
import { phasesOf } from '../../../passes/blocked/convolution.js';
import { BLOCKED } from '../../../passes/blocked/domain.js';
import { phasedFedWeights, turnedFedWeights, type FedWeights } from '../../../passes/blocked/fed-weights.js';
import { isNarrow, sideBySide } from '../../../passes/blocked/side-by-side.js';
import type { Window } from '../window.js';
import { interleaved } from './blocked-phases.js';
import { pictureOfPhases, plainLayout } from './blocked-layout.js';
import { phaseTaps, rowPhases, suitsPhases } from './phased-conv.js';

/** A blocked convolution whose weights are fed, with the gradient of its output. */
export interface FedConv {
  /** [samples, inputs, height, width]: blocked, or plain where there are fewer inputs than a block has lanes. */
  readonly input: string;
  readonly gradient: string;
  readonly samples: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly axes: readonly [Window, Window];
  readonly block: number;
}

/**
 * The gradient by the weights, in their blocked order: a convolution whose samples are blocks of input channels, whose channels
 * are the samples, and whose kernels are the gradients. The lanes of a block of inputs lie beside each other as positions of
 * a row, so that nothing has to be turned around within a block: a step of one position is `block` of them, and the result
 * comes out as [inputs / block, outputs / block, kernel, lanes of inputs, lanes of outputs].
 *
 * With stride 2 there is one such convolution for each parity of row and column, over every second of them.
 */
export function weightGradient(builder: GraphBuilder, conv: FedConv): string {
  const { inputs, outputs, axes, block } = conv;
  const [rows, columns] = axes.map(phases) as [(TapPhase | null)[], (TapPhase | null)[]];
  const kernel = samplesAsChannels(builder, conv);
  const parts = rows.map((row) =>
    row === null
      ? null
      : joined(
          builder,
          columns.map((column) => (column === null ? null : phaseGradient(builder, conv, kernel, row, column))),
          columns,
          3,
        ),
  );
  const whole = joined(builder, parts, rows, 2);
  const area = axes[0].kernel * axes[1].kernel * block * block;
  const lanes = builder.reshape(whole, [inputs / block, outputs / block, area]);
  return builder.reshape(builder.transpose(lanes, [1, 0, 2]), [outputs, inputs, axes[0].kernel, axes[1].kernel]);
}

/** Weights of a convolution that read inputs of one parity, and where those inputs begin and end. */
interface TapPhase {
  readonly taps: readonly number[];
  readonly stride: number;
  readonly padBegin: number;
  readonly padEnd: number;
  /** Inputs of this parity that are read. */
  readonly size: number;
}

/** Null where no weight reads inputs of a parity. */
function phases({ kernel, stride, padBegin, input, output }: Window): (TapPhase | null)[] {
  return Array.from({ length: stride }, (_, parity) => {
    const taps = Array.from({ length: kernel }, (_, tap) => tap).filter(
      (tap) => modulo(tap - padBegin - parity, stride) === 0,
    );
    const [first] = taps;
    if (first === undefined) return null;
    const begin = padBegin - first;
    const size = output + taps.length - 1;
    return { taps, stride, padBegin: begin, padEnd: Math.max(0, stride * (size - 1) + 1 - input - begin), size };
  });
}

function modulo(a: number, b: number): number {
  return ((a % b) + b) % b;
}

/** [inputs / block, outputs / block, rows, columns, block x block] of the weights of one parity. */
function phaseGradient(builder: GraphBuilder, conv: FedConv, kernel: string, row: TapPhase, column: TapPhase): string {
  const { samples, inputs, outputs, axes, block } = conv;
  const picture = builder.reshape(inputsOfPhase(builder, conv, row, column), [samples, inputs / block, -1]);
  const bySample = builder.reshape(builder.transpose(picture, [1, 0, 2]), [
    inputs / block,
    samples,
    row.size,
    column.size * block,
  ]);
  const found = builder.add(
    BLOCKED,
    'Conv',
    [builder.add(BLOCKED, 'ReorderInput', [bySample], new Map()), kernel],
    attributes({ kernel_shape: [axes[0].output, axes[1].output], dilations: [1, block] }),
  );
  const lanes = [row.taps.length, column.taps.length, block * block];
  return builder.reshape(found, [inputs / block, outputs / block, ...lanes]);
}

/** Padded inputs of one parity: a convolution of each channel with a single one. */
function inputsOfPhase(builder: GraphBuilder, { input, inputs }: FedConv, row: TapPhase, column: TapPhase): string {
  const pads = [row.padBegin, column.padBegin, row.padEnd, column.padEnd];
  if (row.stride === 1 && pads.every((pad) => pad === 0)) return input;
  const ones = builder.constant(float32Constant([inputs, 1, 1, 1], new Float32Array(inputs).fill(1)), 'ones');
  return builder.add(
    BLOCKED,
    'Conv',
    [input, ones],
    new Map([
      ...attributes({ kernel_shape: [1, 1], strides: [row.stride, row.stride], pads }),
      ['group', { kind: 'int', value: inputs }],
    ]),
  );
}

/** The gradient as a kernel: outputs by samples, in blocked order. */
function samplesAsChannels(builder: GraphBuilder, { gradient, samples, outputs, axes, block }: FedConv): string {
  const [height, width] = [axes[0].output, axes[1].output];
  const lanes = builder.reshape(gradient, [samples / block, block, outputs / block, height * width, block]);
  return builder.reshape(builder.transpose(lanes, [2, 0, 3, 1, 4]), [outputs, samples, height, width]);
}

/** Parts of an axis, brought into the order of the kernel. */
function joined(
  builder: GraphBuilder,
  parts: readonly (string | null)[],
  axis: readonly (TapPhase | null)[],
  position: number,
): string {
  const present = parts.filter((part) => part !== null);
  const order = axis.flatMap((phase) => phase?.taps ?? []);
  const [only = ''] = present;
  if (present.length === 1) return only;
  const places = order.map((_, tap) => order.indexOf(tap));
  const all = builder.node('Concat', present, { axis: position });
  return builder.node('Gather', [all, builder.integers(places)], { axis: position });
}

/** The same for a plain input of few channels, each of which is a sample. */
export function weightGradientOfPlain(builder: GraphBuilder, conv: FedConv): string {
  const { input, inputs, outputs, axes, block } = conv;
  const bySample = builder.add(BLOCKED, 'ReorderInput', [builder.transpose(input, [1, 0, 2, 3])], new Map());
  const [rows, columns] = axes;
  const found = builder.add(
    BLOCKED,
    'Conv',
    [bySample, samplesAsChannels(builder, conv)],
    attributes({
      kernel_shape: [rows.output, columns.output],
      dilations: [rows.stride, columns.stride],
      pads: [rows.padBegin, columns.padBegin, surplus(rows), surplus(columns)],
    }),
  );
  const lanes = builder.reshape(found, [inputs, outputs / block, rows.kernel * columns.kernel * block]);
  return builder.reshape(builder.transpose(lanes, [1, 0, 2]), [outputs, inputs, rows.kernel, columns.kernel]);
}

/** Padding with which exactly the positions of the kernel come out; a picture that is not read to its end gives more. */
function surplus({ stride, output, kernel, input, padBegin }: Window): number {
  return stride * (output - 1) + kernel - input - padBegin;
}

/** The gradient by the input, blocked where the input is. */
export function inputGradientOfFed(
  builder: GraphBuilder,
  gradient: string,
  fed: FedWeights,
  axes: readonly Window[],
  samples: number,
): string {
  const [, inputs = 0] = fed.shape;
  const isUnstrided = axes.every(({ stride }) => stride === 1);
  const [height = 0, width = 0] = axes.map((w) => w.input);
  if (isUnstrided && suitsPhases(inputs, height, width)) return phased(builder, gradient, fed, axes);
  const found = isUnstrided ? unstrided(builder, gradient, fed, axes, samples) : strided(builder, gradient, fed, axes);
  return inputs < fed.block ? plainLayout(builder, found, inputs) : found;
}

/** Of one channel: some rows and two columns of its positions as channels of one convolution, see `phasedConv`. */
function phased(builder: GraphBuilder, gradient: string, fed: FedWeights, axes: readonly Window[]): string {
  const [height = 0, width = 0] = axes.map((w) => w.input);
  const rows = rowPhases(height, fed.block);
  const { taps, kernel } = phaseTaps(fed.shape.slice(2), rows);
  const weights = phasedFedWeights(builder, fed, taps, kernel);
  const given = { kernel_shape: kernel, strides: [rows, 2], pads: padsBack(axes) };
  const found = builder.add(BLOCKED, 'Conv', [gradient, weights], attributes(given));
  return pictureOfPhases(builder, found, { channels: 1, height, width, rows });
}

function padsBack(axes: readonly Window[]): number[] {
  const begin = axes.map((w) => w.kernel - 1 - w.padBegin);
  const end = axes.map((w, i) => w.input - w.output + w.kernel - 1 - (begin[i] ?? 0));
  return [...begin, ...end];
}

/** A convolution of stride 1 with turned weights. */
function unstrided(
  builder: GraphBuilder,
  gradient: string,
  fed: FedWeights,
  axes: readonly Window[],
  samples: number,
): string {
  const [rows, columns] = axes;
  if (rows === undefined || columns === undefined) throw new Error('a picture has two axes');
  const [height, width] = [rows.kernel, columns.kernel];
  const taps = Array.from({ length: height * width }, (_, i) => height * width - 1 - i);
  const weights = turnedFedWeights(builder, fed, taps, [height, width]);
  const pads = padsBack(axes);
  const small = {
    ...{ input: gradient, weights, bias: '', samples, pads, block: fed.block },
    inputs: fed.shape[0] ?? 0,
    outputs: filledTo(fed.shape[1] ?? 0, fed.block),
    sizes: [rows.output, columns.output] as const,
    kernel: [height, width] as const,
  };
  if (isNarrow(small)) return sideBySide(builder, small);
  return builder.add(BLOCKED, 'Conv', [gradient, weights], attributes({ kernel_shape: [height, width], pads }));
}

/** Of stride 2: each quarter of the input, by the parity of its row and column, from a convolution of its own. */
function strided(builder: GraphBuilder, gradient: string, fed: FedWeights, axes: readonly Window[]): string {
  const [rows = [], columns = []] = axes.map((w) => phasesOf(w.kernel, w.padBegin, w.input, w.output));
  const [height = 0, width = 0] = axes.map((w) => w.input);
  const kernelWidth = axes[1]?.kernel ?? 0;
  const quarters = rows.flatMap((row) =>
    columns.map((column) => {
      if (row === null || column === null) return null;
      const taps = row.taps.flatMap((y) => column.taps.map((x) => y * kernelWidth + x));
      const kernel = [row.taps.length, column.taps.length] as const;
      const weights = turnedFedWeights(builder, fed, taps, kernel);
      const pads = [row.begin, column.begin, row.end, column.end];
      return builder.add(BLOCKED, 'Conv', [gradient, weights], attributes({ kernel_shape: kernel, pads }));
    }),
  );
  const channels = filledTo(fed.shape[1] ?? 0, fed.block);
  return interleaved(builder, quarters, { channels, height, width, block: fed.block });
}

function filledTo(channels: number, block: number): number {
  return Math.ceil(channels / block) * block;
}

function attributes(given: Readonly<Record<string, readonly number[]>>): ReadonlyMap<string, Attribute> {
  const whole = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], ...given };
  return new Map<string, Attribute>([
    ...Object.entries(whole).map(([name, value]): [string, Attribute] => [name, { kind: 'ints', value }]),
    ['group', { kind: 'int', value: 1 }],
  ]);
}
